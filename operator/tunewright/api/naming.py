"""How names of Tunewright become names elsewhere."""

import re


def environment_name(parameter: str) -> str:
    """The environment variable that carries a parameter: `learning-rate` becomes `HP_LEARNING_RATE`."""
    return "HP_" + re.sub(r"[^A-Z0-9_]", "_", parameter.upper())
