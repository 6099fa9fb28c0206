"""The built-in trainer: `python -m tunewright_trainer`."""
