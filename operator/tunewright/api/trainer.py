"""The built-in trainer, as far as a study knows it."""

from tunewright.api.base import Scalar
from tunewright.api.study import StudySpec
from tunewright_trainer.catalog import HYPERPARAMETERS


def trainer_defaults(spec: StudySpec) -> dict[str, Scalar]:
    """The built-in trainer's default of each hyperparameter of the study's model; empty for a template."""
    if spec.trial is None or spec.trial.trainer is None:
        return {}
    model = spec.trial.trainer.model
    return {name: each.default for name, each in HYPERPARAMETERS.items() if model in each.models}
