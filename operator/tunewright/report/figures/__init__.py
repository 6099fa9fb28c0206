"""The figures of the HTML report, one per module, each a function from the view to a Drawing."""
