import math

import pytest

from tunewright_trainer.builtin.progress import Progress
from tunewright_trainer.catalog import METRICS


def epoch(progress: Progress, train_loss: float, validation_loss: float, accuracy: float = 0.5) -> bool:
    train = {"loss": train_loss, "accuracy": 0.9}
    return progress.advance(train, {"loss": validation_loss, "accuracy": accuracy}, 0.1)


def test_reports_what_the_catalogue_says() -> None:
    classification, regression = Progress("validation_accuracy"), Progress("validation_rmse")
    epoch(classification, 0.3, 0.4, accuracy=0.7)
    train, validation = {"loss": 1.0, "rmse": 2.0, "r2": 0.5}, {"loss": 2.0, "rmse": 3.0, "r2": 0.25}
    regression.advance(train, validation, 0.1)

    assert set(classification.metrics) == set(METRICS["classification"])
    assert set(regression.metrics) == set(METRICS["regression"])
    assert classification.metrics["generalization_gap"] == pytest.approx(0.2)
    assert regression.metrics["generalization_gap"] == 0.25


def test_overfitting_is_a_validation_loss_that_rose_while_the_training_loss_fell() -> None:
    progress = Progress("validation_accuracy")
    seen = []
    for train_loss, validation_loss in [
        (1.0, 1.0),
        (0.8, 0.5),
        (0.6, 0.54),
        (0.4, 0.56),
        (0.9, 0.9),
        (0.1, 0.5),
    ]:
        epoch(progress, train_loss, validation_loss)
        seen.append(progress.metrics["overfitting"])

    assert seen == [0, 0, 0, 1, 0, 0]


def test_the_best_epoch_is_that_of_the_best_metric_then_of_the_lower_loss() -> None:
    progress = Progress("validation_accuracy")
    best = [
        epoch(progress, 1.0, loss, accuracy)
        for loss, accuracy in [(1, 0.5), (2, 0.8), (3, 0.8), (1.5, 0.8), (0, 0.7)]
    ]

    assert best == [True, True, False, True, False]
    assert progress.best_epoch == 4


@pytest.mark.parametrize(
    ("metric", "best"),
    [
        ("validation_loss", [True, False, True, False]),
        ("validation_accuracy", [True, True, False, True]),
        ("generalization_gap", [True, True, False, True]),
    ],
)
def test_the_best_epoch_is_that_of_the_metric_it_is_ranked_by(metric: str, best: list[bool]) -> None:
    progress = Progress(metric)
    epochs = [(1.0, 0.5), (2.0, 0.7), (0.5, 0.6), (3.0, 0.8)]

    assert [epoch(progress, 1.0, loss, accuracy) for loss, accuracy in epochs] == best


@pytest.mark.parametrize("losses", [(math.nan, 1.0), (1.0, math.nan), (math.inf, 1.0)])
def test_a_loss_that_is_not_finite_shows(losses: tuple[float, float]) -> None:
    progress = Progress("validation_accuracy")
    epoch(progress, 1.0, 1.0)
    assert progress.is_finite

    epoch(progress, *losses)

    assert not progress.is_finite
