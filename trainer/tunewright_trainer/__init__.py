"""What user code imports to be tuned, and the built-in torch trainer."""
