"""Expected improvement and probabilities, however small."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from tests.unit.search.bayesian.references import (
    LogExpectedImprovement,
    reference_process,
    some_data,
    some_parameters,
    tensor,
)

from tunewright.search.bayesian.acquisition import log_expected_improvement, log_probability_below

NUMBERS = np.array([False, False])


@pytest.mark.parametrize("least", [3.0, 0.0, -1.0, -5.0, -40.0, -1e3, -1e6])
def test_expected_improvement_is_that_of_the_reference_far_into_its_tail(least: float) -> None:
    process = reference_process(some_data(1, 12, NUMBERS), some_parameters(2, 2))
    rows = tensor(some_data(3, 20, NUMBERS).rows)
    posterior = process.posterior(rows)
    mean, deviation = (each.detach().numpy()[:, 0] for each in (posterior.mean, posterior.variance.sqrt()))
    expected = LogExpectedImprovement(process, best_f=least, maximize=False)(rows[:, None, :])
    np.testing.assert_allclose(
        log_expected_improvement(mean, deviation, least), expected.detach().numpy(), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("z", [2.0, 0.0, -0.9, -1.1, -4.0])
def test_expected_improvement_is_the_integral_that_it_says(z: float) -> None:
    expected, _ = quad(lambda y: (2.0 - y) * norm.pdf(y, 2 - 1.5 * z, 1.5), -20, 2)
    found = log_expected_improvement(np.array([2 - 1.5 * z]), np.array([1.5]), 2.0)
    assert np.exp(found[0]) == pytest.approx(expected, rel=1e-6)


def test_it_rises_without_a_break_from_the_farthest_tail_to_certainty() -> None:
    means = np.concatenate([np.geomspace(1e9, 1e-6, 4000), -np.geomspace(1e-6, 1e6, 1000)])
    logs = log_expected_improvement(means, np.ones(len(means)), 0.0)
    assert np.isfinite(logs).all()
    assert (np.diff(logs) > 0).all()
    assert logs[-1] == pytest.approx(np.log(1e6))


def test_without_any_doubt_it_is_the_improvement_itself() -> None:
    found = log_expected_improvement(np.array([1.0]), np.array([1e-6]), 3.0)
    assert found[0] == pytest.approx(np.log(2))


def test_the_probability_of_a_limit_is_the_normal_laws() -> None:
    mean = np.array([0.0, 1.0, 5.0, 300.0])
    np.testing.assert_allclose(
        log_probability_below(mean, np.full(4, 2.0), 0.5), norm.logcdf(0.5, mean, 2.0), rtol=1e-9
    )
