"""What a sampler that learns does while there is nothing yet to learn from."""

from typing import Annotated

from pydantic import Field

from tunewright.api.base import Int, Model
from tunewright.search.history import History

MIN_SUCCESSES = 2


class StartupSettings(Model):
    """The settings of a sampler that learns from ended trials."""

    startup_trials: Annotated[Int, Field(ge=1, le=1_000)] = Field(
        10, description="Until this many trials have ended, it covers the space evenly, as sobol does."
    )


def starting(history: History, settings: StartupSettings) -> bool:
    """Whether too few trials have ended to learn from; of failures alone nothing is learnt."""
    if len(history) < settings.startup_trials:
        return True
    return sum(trial.values is not None for trial in history) < MIN_SUCCESSES
