"""The metric that ranks a run's epochs, and its direction."""

import pytest

from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.builtin.ranking import ranking_metric, score
from tunewright_trainer.catalog import Task


@pytest.mark.parametrize(
    ("objectives", "task", "metric"),
    [
        ((), "classification", "validation_accuracy"),
        ((), "regression", "validation_rmse"),
        (("validation_loss", "train_loss"), "classification", "validation_loss"),
        (("validation_r2",), "regression", "validation_r2"),
    ],
)
def test_the_first_objective_ranks(objectives: tuple[str, ...], task: Task, metric: str) -> None:
    assert ranking_metric(objectives, task) == metric


def test_an_objective_that_the_task_does_not_report_is_refused() -> None:
    with pytest.raises(BadInputError, match="validation_rmse is not reported in a classification") as refused:
        ranking_metric(("validation_loss", "validation_rmse"), "classification")
    assert "there are train_loss, validation_loss, train_accuracy" in str(refused.value)


@pytest.mark.parametrize("metric", ["train_loss", "validation_rmse", "generalization_gap", "overfitting"])
def test_of_some_metrics_lower_is_better(metric: str) -> None:
    assert score(metric, 1.0) > score(metric, 2.0)


@pytest.mark.parametrize("metric", ["validation_accuracy", "validation_r2"])
def test_of_the_others_higher_is_better(metric: str) -> None:
    assert score(metric, 1.0) < score(metric, 2.0)
