"""The trials that a model is fitted to."""

import random

import numpy as np
from tests.unit.search.spaces import a_space

from tunewright.api.constraint import Constraint
from tunewright.api.study import Direction, Objective
from tunewright.search.bayesian.rows import Rows
from tunewright.search.bayesian.trials import MAX_TRIALS, Trials, losses_of
from tunewright.search.conformance import LOSS, TWO
from tunewright.search.history import Evaluated, History
from tunewright.search.sampler import Request

SPACE = a_space(x={"type": "float", "min": 0, "max": 1})
ROWS = Rows(SPACE, SPACE)
ACCURACY = [Objective(metric="accuracy", direction=Direction.MAXIMIZE)]
SPEED = Constraint(metric="seconds", max=5.0)


def a_request(history: History, objectives: list[Objective] = LOSS, **fields: object) -> Request:
    return Request(SPACE, objectives, history, [], 1, 1, **fields)  # type: ignore[arg-type]


def test_losses_are_the_lower_the_better_in_either_direction() -> None:
    trials = [Evaluated({"x": 0.1}, (1.0, 0.9)), Evaluated({"x": 0.2}, (2.0, 0.5))]
    np.testing.assert_array_equal(losses_of(trials, TWO), [[1, -0.9], [2, -0.5]])


def test_they_are_told_apart_by_what_they_ended_with() -> None:
    history = History(
        [
            Evaluated({"x": 0.1}, None),
            Evaluated({"x": 0.2}, (2.0,), (3.0,)),
            Evaluated({"x": 0.3}, (3.0,), (7.0,)),
            Evaluated({"x": 0.4}, (4.0,), (None,)),
        ]
    )
    trials = Trials.of(a_request(history, constraints=[SPEED]), ROWS)
    np.testing.assert_allclose(trials.rows[:, 0], [0.1, 0.2, 0.3, 0.4])
    assert trials.succeeded.tolist() == [False, True, True, True]
    assert trials.losses.tolist() == [[2], [3], [4]]
    assert trials.feasible.tolist() == [True, False, False]  # What is not known is no success.


def test_without_constraints_all_that_succeeded_is_feasible() -> None:
    history = History([Evaluated({"x": 0.1}, (1.0,)), Evaluated({"x": 0.2}, (2.0,))])
    assert Trials.of(a_request(history), ROWS).feasible.tolist() == [True, True]


def test_of_a_long_history_the_best_and_the_latest_are_kept_in_their_order() -> None:
    rng = random.Random(3)
    losses = [None if rng.random() < 0.2 else rng.random() for _ in range(5 * MAX_TRIALS)]
    configurations = [{"x": rng.random()} for _ in losses]
    for objectives in (LOSS, ACCURACY):
        history = History(
            Evaluated(configuration, None if loss is None else (loss,))
            for configuration, loss in zip(configurations, losses, strict=True)
        )
        trials = Trials.of(a_request(history, objectives), ROWS)
        assert len(trials.trials) == MAX_TRIALS
        xs = [each["x"] for each in configurations]
        places = [xs.index(float(trial.configuration["x"])) for trial in trials.trials]
        assert places == sorted(places)
        valued = [loss for loss in losses if loss is not None]
        best = sorted(valued, reverse=objectives is ACCURACY)[: MAX_TRIALS // 2]
        kept = {trial.values[0] for trial in trials.trials if trial.values is not None}
        assert kept.issuperset(best)
        assert set(range(len(losses) - MAX_TRIALS // 4, len(losses))) <= set(places)


def test_few_that_succeeded_are_all_kept_among_many_that_failed() -> None:
    history = History(
        Evaluated({"x": place / 1000}, (1.0,) if place in (3, 9) else None) for place in range(900)
    )
    trials = Trials.of(a_request(history), ROWS)
    assert trials.succeeded.sum() == 2
    assert len(trials.trials) == MAX_TRIALS


def test_the_best_are_first_of_all_those_that_keep_the_constraints() -> None:
    """Early trials that keep them are worse than all the others."""
    early = [Evaluated({"x": 0.001 * place}, (9.0,), (1.0,)) for place in range(5)]
    later = [Evaluated({"x": 0.9}, (0.001 * place,), (50.0,)) for place in range(2 * MAX_TRIALS)]
    trials = Trials.of(a_request(History([*early, *later]), constraints=[SPEED]), ROWS)
    assert trials.feasible.sum() == 5
