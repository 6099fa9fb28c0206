"""A trial's value of each objective, and when a target is reached."""

import pytest
from tests.builders import a_trial

from tunewright.api.study import Direction, Objective, Summary
from tunewright.api.trial import MetricSummary
from tunewright.engine.objectives import target_reached, values_of, vector

ACCURACY = Objective(metric="accuracy", direction=Direction.MAXIMIZE, target=0.9)
LOSS = Objective(metric="loss", direction=Direction.MINIMIZE, target=0.1)
SIZE = Objective(metric="size", direction=Direction.MINIMIZE)

SUMMARY = MetricSummary(last=2.0, last_step=9, min=1.0, min_step=3, max=4.0, max_step=5)


@pytest.mark.parametrize(
    ("direction", "summary", "value"),
    [
        (Direction.MAXIMIZE, Summary.BEST, 4.0),
        (Direction.MINIMIZE, Summary.BEST, 1.0),
        (Direction.MAXIMIZE, Summary.LAST, 2.0),
        (Direction.MINIMIZE, Summary.LAST, 2.0),
    ],
)
def test_a_trials_value_is_its_best_observation_or_its_last(
    direction: Direction, summary: Summary, value: float
) -> None:
    objective = Objective(metric="accuracy", direction=direction, summary=summary)

    assert values_of({"accuracy": SUMMARY, "other": SUMMARY}, [objective]) == {"accuracy": value}


def test_an_objective_that_was_not_reported_has_no_value() -> None:
    assert values_of({"accuracy": SUMMARY}, [ACCURACY, LOSS]) == {"accuracy": 4.0}


def test_a_vector_has_all_objectives_in_their_order_or_is_none() -> None:
    trial = a_trial(0, accuracy=0.5)

    assert vector(trial, [ACCURACY]) == (0.5,)
    assert vector(trial, [ACCURACY, LOSS]) is None
    assert vector(a_trial(0, objectives={"loss": 1.0, "accuracy": 0.5}), [ACCURACY, LOSS]) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("values", "objectives", "reached"),
    [
        ((0.9,), [ACCURACY], True),
        ((0.91,), [ACCURACY], True),
        ((0.89,), [ACCURACY], False),
        ((0.1,), [LOSS], True),
        ((0.11,), [LOSS], False),
        ((0.9, 0.1), [ACCURACY, LOSS], True),
        ((0.9, 0.2), [ACCURACY, LOSS], False),
        ((0.8, 0.1), [ACCURACY, LOSS], False),
        ((0.9, 1e9), [ACCURACY, SIZE], True),
        ((0.8, 0.0), [ACCURACY, SIZE], False),
        ((0.0,), [SIZE], False),
    ],
)
def test_the_target_of_every_objective_that_has_one_must_be_reached(
    values: tuple[float, ...], objectives: list[Objective], reached: bool
) -> None:
    assert target_reached(values, objectives) is reached
