"""By which metric a run ranks its epochs, and which of its values are better."""

from __future__ import annotations

from collections.abc import Sequence

from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.catalog import METRICS, Task

_LOWER_IS_BETTER = ("loss", "rmse", "generalization_gap", "overfitting")


def ranking_metric(objectives: Sequence[str], task: Task) -> str:
    """The study's first objective; without one the validation accuracy, or a regression's rmse.

    Raises BadInputError for an objective that is not reported in this task.
    """
    for name in objectives:
        if name not in METRICS[task]:
            raise BadInputError(
                f"TUNEWRIGHT_OBJECTIVES: {name} is not reported in a {task}, which the targets of the data"
                f" make; there are {', '.join(METRICS[task])}"
            )
    if objectives:
        return objectives[0]
    return "validation_accuracy" if task == "classification" else "validation_rmse"


def score(metric: str, value: float) -> float:
    """The metric's value, turned so that higher is better."""
    return -value if metric.endswith(_LOWER_IS_BETTER) else value
