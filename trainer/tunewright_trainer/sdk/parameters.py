"""What the study wants this attempt to do."""

from __future__ import annotations

from typing import Any

from tunewright_trainer.sdk.environment import Environment
from tunewright_trainer.sdk.stopping import the_stop_request


def parameters(**defaults: Any) -> dict[str, Any]:
    """The given defaults, with the study's values over them.

    A conditional parameter that is inactive in this trial keeps its default. Raises ValueError where
    TUNEWRIGHT_PARAMETERS is no JSON object.
    """
    the_stop_request()
    return {**defaults, **Environment.read().parameters}


def final_test() -> bool:
    """Whether this attempt is the final test evaluation: the only one that may touch the test data."""
    return Environment.read().final_test
