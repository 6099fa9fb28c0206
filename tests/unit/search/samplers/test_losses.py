"""Objectives as one column of losses."""

import numpy as np
import pytest

from tunewright.api.study import Direction, Objective
from tunewright.search.history import Evaluated
from tunewright.search.samplers.losses import Losses, losses_of

LOSS = Objective(metric="loss", direction=Direction.MINIMIZE)
ACCURACY = Objective(metric="accuracy", direction=Direction.MAXIMIZE)


def losses(*values: float | tuple[float, ...] | None, objectives: list[Objective], seed: int = 0) -> Losses:
    trials = [Evaluated({}, (v,) if isinstance(v, int | float) else v) for v in values]
    return losses_of(trials, objectives, np.random.default_rng(seed))


@pytest.mark.parametrize(("objective", "sign"), [(LOSS, 1), (ACCURACY, -1)])
def test_they_are_standardised_and_can_be_undone(objective: Objective, sign: int) -> None:
    found = losses(3.0, 1.0, 2.0, objectives=[objective])
    assert found.values.mean() == pytest.approx(0)
    assert found.values.std() == pytest.approx(1)
    assert found.scale is not None
    assert found.origin is not None
    assert found.values * found.scale + found.origin == pytest.approx([3.0, 1.0, 2.0])
    assert list(np.argsort(found.values)) == [1, 2, 0][::sign]


def test_a_failure_is_as_bad_as_the_worst() -> None:
    found = losses(0.2, None, 0.5, 0.4, objectives=[LOSS])
    assert found.values[1] == found.values[2] == found.values.max()


def test_a_failure_is_worse_than_trials_that_are_all_alike() -> None:
    found = losses(0.2, None, 0.2, objectives=[LOSS])
    assert found.values[1] > found.values[0] == found.values[2]


def test_one_diverged_training_does_not_flatten_the_rest() -> None:
    found = losses(0.1, 0.2, 0.3, 0.4, 1e12, objectives=[LOSS])
    assert list(np.argsort(found.values)) == [0, 1, 2, 3, 4]
    assert found.values[1] - found.values[0] > 0.2


@pytest.mark.parametrize("values", [(2.0,), (2.0, 2.0, 2.0), (0.0, 0.0), (1e308, -1e308), (5e-324, 0.0)])
def test_they_are_finite_whatever_the_values(values: tuple[float, ...]) -> None:
    assert np.isfinite(losses(*values, None, objectives=[LOSS]).values).all()


def test_of_several_objectives_what_none_beats_is_best_under_some_weights() -> None:
    """Augmented Chebyshev sums reach every part of a front, and prefer nothing that is beaten."""
    table = [(0.0, 0.0), (0.5, 0.8), (1.0, 1.0), (0.6, 0.7), (1.0, 0.5)]
    best = {
        int(np.argmin(losses(*table, objectives=[LOSS, ACCURACY], seed=seed).values)) for seed in range(60)
    }
    assert best == {0, 1, 2}
    found = losses(*table, objectives=[LOSS, ACCURACY])
    assert found.scale is None
    assert found.origin is None
