"""Several processes of the same values."""

import numpy as np
import pytest
from tests.unit.search.bayesian.references import some_data, some_parameters

from tunewright.search.bayesian.gaussian_process import GaussianProcess
from tunewright.search.bayesian.surrogate import Surrogate

NUMBERS = np.array([False, False])
DATA = some_data(1, 10, NUMBERS)
ROWS = some_data(2, 5, NUMBERS).rows


def a_surrogate(*seeds: int) -> Surrogate:
    return Surrogate(tuple(GaussianProcess(DATA, some_parameters(seed, 2)) for seed in seeds))


def test_its_moments_are_those_of_the_mixture() -> None:
    surrogate = a_surrogate(1, 2, 3)
    means, deviations = surrogate.predict(ROWS)
    assert means.shape == deviations.shape == (3, 5)
    rng = np.random.default_rng(0)
    which = rng.integers(3, size=200_000)
    drawn = means[which, 0] + deviations[which, 0] * rng.standard_normal(len(which))
    mean, deviation = surrogate.moments(ROWS)
    assert mean[0] == pytest.approx(drawn.mean(), abs=0.01)
    assert deviation[0] == pytest.approx(drawn.std(), rel=0.01)


def test_one_process_is_its_own_mixture() -> None:
    np.testing.assert_allclose(
        a_surrogate(4).moments(ROWS), GaussianProcess(DATA, some_parameters(4, 2)).predict(ROWS)
    )


def test_each_process_believes_what_it_predicts_itself() -> None:
    surrogate = a_surrogate(1, 2)
    before, after = surrogate.predict(ROWS), surrogate.believing(ROWS).predict(ROWS)
    np.testing.assert_allclose(after[0], before[0], atol=1e-6)
    assert (after[1] < before[1]).all()


def test_what_is_imagined_lies_where_the_scores_say() -> None:
    surrogate = a_surrogate(1, 2, 3)
    means, deviations = surrogate.predict(ROWS[:1])
    scores = np.linspace(-1, 1, len(means))
    imagined, values = surrogate.imagining(ROWS[0], scores)
    np.testing.assert_allclose(values, means[:, 0] + scores * deviations[:, 0])
    np.testing.assert_allclose(imagined.predict(ROWS[:1])[0][:, 0], values, atol=0.1)
    assert (imagined.predict(ROWS[:1])[1] < deviations).all()
