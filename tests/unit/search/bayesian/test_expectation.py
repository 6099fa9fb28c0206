"""The users' priors."""

import math

import numpy as np
import pytest
from scipy.stats import lognorm, norm
from tests.unit.search.spaces import a_space

from tunewright.search.bayesian.expectation import INFLUENCE, expectation_of
from tunewright.search.bayesian.rows import Rows
from tunewright.search.bayesian.worth import Expectation
from tunewright.search.conformance import PRIORS

SPACE = a_space(
    momentum={
        "type": "float",
        "min": 0.0,
        "max": 1.0,
        "prior": {"distribution": "normal", "mean": 0.7, "deviation": 0.2},
    },
    plain={"type": "float", "min": 0.0, "max": 1.0},
    rate={
        "type": "float",
        "min": 1e-6,
        "max": 1.0,
        "prior": {"distribution": "logNormal", "mean": math.log(1e-3), "deviation": 1.0},
    },
)
ROWS = Rows(SPACE, SPACE)


def the_term(trials: int) -> Expectation:
    (term,) = expectation_of(SPACE, ROWS, trials)
    return term


def test_it_is_the_density_of_the_priors() -> None:
    """Against scipy's densities; of a log-normal one that of the logarithm."""
    momenta, rates = np.linspace(0.3, 0.98, 15), np.geomspace(1e-4, 1e-2, 15)
    rows = ROWS.encode(
        [
            {"momentum": float(momentum), "plain": 0.2, "rate": float(rate)}
            for momentum, rate in zip(momenta, rates, strict=True)
        ]
    )
    found = the_term(int(INFLUENCE)).of(rows)
    log_rate = lognorm(s=1.0, scale=1e-3).logpdf(rates) + np.log(rates)
    expected = norm(0.7, 0.2).logpdf(momenta) + log_rate
    np.testing.assert_allclose(found - found[7], expected - expected[7], atol=0.02)


def test_parameters_without_a_prior_have_no_say() -> None:
    rows = np.full((9, 3), 0.5)
    rows[:, 1] = np.linspace(0, 1, 9)
    assert np.ptp(the_term(3).of(rows)) == 0
    plain = a_space(x={"type": "float", "min": 0, "max": 1})
    assert expectation_of(plain, Rows(plain, plain), 3) == []


@pytest.mark.parametrize("trials", [1, 10, 1000])
def test_its_weight_falls_with_the_number_of_trials(trials: int) -> None:
    rows = np.random.default_rng(0).random((20, 3))
    np.testing.assert_allclose(the_term(trials).of(rows), the_term(10).of(rows) * 10 / trials)


def test_it_is_finite_and_at_most_0_wherever_a_prior_may_be() -> None:
    rows = Rows(PRIORS, PRIORS)
    (term,) = expectation_of(PRIORS, rows, 0)
    found = term.of(rows.drawn(np.random.default_rng(0).random((200, 3))))
    assert np.isfinite(found).all()
    assert (found <= 0).all()


def test_what_others_end_with_says_nothing_new_of_it() -> None:
    term = the_term(3)
    assert term.believing(np.full((1, 3), 0.5)) is term
