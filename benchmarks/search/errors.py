"""What a command cannot do."""


class BenchmarkError(Exception):
    """A command cannot be done; the message says why, in a line."""
