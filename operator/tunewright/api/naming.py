"""How names of Tunewright become names elsewhere."""

import re

STUDY_NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
MAX_STUDY_NAME = 63  # of a label's value in Kubernetes: the study's name is one of its trials' labels


def environment_name(parameter: str) -> str:
    """The environment variable that carries a parameter: `learning-rate` becomes `HP_LEARNING_RATE`."""
    return "HP_" + re.sub(r"[^A-Z0-9_]", "_", parameter.upper())
