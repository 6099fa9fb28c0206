"""The terms of what a configuration is worth."""

import math

import numpy as np
import pytest
from scipy.stats import norm, qmc
from tests.unit.search.bayesian.references import (
    ExpectedHypervolumeImprovement,
    Hypervolume,
    ModelListGP,
    NondominatedPartitioning,
    reference_process,
    some_data,
    some_parameters,
    tensor,
)

from tunewright.search.bayesian.acquisition import log_expected_improvement
from tunewright.search.bayesian.gaussian_process import Data, GaussianProcess, Parameters
from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.surrogate import Surrogate
from tunewright.search.bayesian.trend import CONSTANT
from tunewright.search.bayesian.worth import (
    Cheapness,
    Expectation,
    Feasibility,
    HypervolumeImprovement,
    Improvement,
    Worth,
)

NUMBERS = np.array([False, False])
ROWS = some_data(9, 12, NUMBERS).rows


def a_surrogate(data: int, *seeds: int) -> Surrogate:
    return Surrogate(
        tuple(GaussianProcess(some_data(data, 10, NUMBERS), some_parameters(seed, 2)) for seed in seeds)
    )


def normal_numbers(count: int, width: int) -> Array:
    numbers: Array = norm.ppf(qmc.Sobol(width, rng=1).random(count))
    return numbers


def directions_of(objectives: int, count: int = 1024) -> Array:
    directions = np.maximum(np.abs(normal_numbers(count, objectives)), 1e-6)
    unit: Array = directions / np.linalg.norm(directions, axis=1)[:, None]
    return unit


def ball(objectives: int) -> float:
    """The volume of that part of the unit ball whose points have positive entries."""
    return float(np.pi ** (objectives / 2) / (2**objectives * math.gamma(objectives / 2 + 1)))


def test_improvement_is_the_mean_over_the_processes() -> None:
    surrogate, least = a_surrogate(1, 1, 2, 3), np.array([-1.0, -0.8, -1.2])
    means, deviations = surrogate.predict(ROWS)
    each = [np.exp(log_expected_improvement(*of)) for of in zip(means, deviations, least, strict=True)]
    np.testing.assert_allclose(
        Improvement(surrogate, least, np.zeros((1, 3))).of(ROWS), np.log(np.mean(each, axis=0))
    )


def test_a_bold_improvement_counts_deviations_more_than_once_and_stays_bold() -> None:
    surrogate, least = a_surrogate(1, 1, 2, 3), np.array([-1.0, -0.8, -1.2])
    means, deviations = surrogate.predict(ROWS)
    of_each = zip(means, 2 * deviations, least, strict=True)
    expected = np.log(np.mean([np.exp(log_expected_improvement(*each)) for each in of_each], axis=0))
    worth = Worth([Improvement(surrogate, least, np.zeros((1, 3))), Feasibility(surrogate, 0.0)])
    kept = Feasibility(surrogate, 0.0).of(ROWS)
    np.testing.assert_allclose(worth.bold(2.0).of(ROWS), expected + kept)
    ended = ROWS[:1]
    np.testing.assert_allclose(
        worth.bold(2.0).believing(ended).of(ROWS), worth.believing(ended).bold(2.0).of(ROWS)
    )


def test_where_a_trial_is_pending_little_improvement_is_expected() -> None:
    """At the very best place, which is predicted to be better than all so far."""
    rows = np.array([[0.0], [0.2], [0.4], [0.8], [1.0]])
    data = Data(rows, (rows[:, 0] - 0.6) ** 2 * 10 - 1, np.array([False]), CONSTANT)
    surrogate = Surrogate((GaussianProcess(data, Parameters(np.array([2.0]), 1.0, -10.0)),))
    improvement = Improvement(surrogate, surrogate.predict(rows)[0].min(axis=1), np.zeros((1, 1)))
    line = np.linspace(0, 1, 101)[:, None]
    first = line[improvement.of(line).argmax()]
    believed = improvement.believing(first[None])
    second = line[believed.of(line).argmax()]
    assert abs(second[0] - first[0]) > 0.02
    assert believed.of(first[None])[0] < improvement.of(first[None])[0] - 2


@pytest.mark.parametrize("objectives", [2, 3])
def test_the_hypervolume_won_by_sure_values_is_exact(objectives: int) -> None:
    """Against an exact computation, where nothing is uncertain."""
    rng = np.random.default_rng(3)
    front = 0.3 + 0.7 * rng.random((6, objectives))
    reference = np.full(objectives, 1.1)
    candidates = rng.random((8, objectives))
    places = np.linspace(0, 1, 8)[:, None]
    certain = [
        Surrogate(
            (
                GaussianProcess(
                    Data(places, values, np.array([False]), CONSTANT), Parameters(np.array([6.0]), 0.0, -16.0)
                ),
            )
        )
        for values in candidates.T
    ]
    term = HypervolumeImprovement.beyond(
        certain, front, reference, directions_of(objectives, 8192), np.zeros((1, objectives))
    )
    exact = Hypervolume(ref_point=tensor(-reference))
    before = exact.compute(tensor(-front))
    won = [exact.compute(tensor(-np.vstack([front, each]))) - before for each in candidates]
    assert max(won) > 0.05
    np.testing.assert_allclose(np.exp(term.of(places)) * ball(objectives), won, atol=0.005)


def test_the_hypervolume_expected_to_be_won_is_that_of_the_reference() -> None:
    datas = [some_data(1, 10, NUMBERS), some_data(2, 10, NUMBERS)]
    parameters = [some_parameters(1, 2), some_parameters(2, 2)]
    surrogates = [Surrogate((GaussianProcess(*each),)) for each in zip(datas, parameters, strict=True)]
    values = np.column_stack([data.values for data in datas])
    reference = values.max(axis=0) + 0.1
    term = HypervolumeImprovement.beyond(
        surrogates, values, reference, directions_of(2), normal_numbers(512, 2)
    )
    model = ModelListGP(
        *(reference_process(*each, sign=-1.0) for each in zip(datas, parameters, strict=True))
    )
    expected = ExpectedHypervolumeImprovement(
        model,
        ref_point=(-reference).tolist(),
        partitioning=NondominatedPartitioning(ref_point=tensor(-reference), Y=tensor(-values)),
    )(tensor(ROWS)[:, None, :])
    np.testing.assert_allclose(
        np.exp(term.of(ROWS)) * ball(2), expected.detach().numpy(), rtol=0.1, atol=0.01
    )


def test_where_no_hypervolume_can_be_won_the_more_promising_row_is_still_worth_more() -> None:
    surrogates = [a_surrogate(1, 1), a_surrogate(2, 2)]
    perfect = np.full((1, 2), -9.0)
    term = HypervolumeImprovement.beyond(
        surrogates, perfect, np.array([5.0, 5.0]), directions_of(2, 32), normal_numbers(8, 2)
    )
    hope = sum(mean - deviation for mean, deviation in (each.moments(ROWS) for each in surrogates))
    np.testing.assert_array_equal(np.argsort(term.of(ROWS)), np.argsort(-np.asarray(hope)))


def test_a_pending_trial_wins_its_hypervolume_beforehand() -> None:
    surrogates = [a_surrogate(1, 1), a_surrogate(2, 2)]
    values = np.array([[0.5, 0.5]])
    term = HypervolumeImprovement.beyond(
        surrogates, values, np.array([2.0, 2.0]), directions_of(2, 64), normal_numbers(16, 2)
    )
    best = ROWS[[term.of(ROWS).argmax()]]
    assert term.believing(best).of(best)[0] < term.of(best)[0] - 1
    assert (term.believing(best).of(ROWS) <= term.of(ROWS) + 0.5).all()


def test_feasibility_is_the_mean_probability_over_the_processes() -> None:
    surrogate = a_surrogate(1, 1, 2)
    means, deviations = surrogate.predict(ROWS)
    expected = np.log(norm.cdf(0.3, means, deviations).mean(axis=0))
    term = Feasibility(surrogate, 0.3)
    np.testing.assert_allclose(term.of(ROWS), expected)
    assert term.believing(ROWS) is term


def test_of_equally_good_rows_the_cheaper_one_is_worth_more_by_the_ratio_of_their_times() -> None:
    """Values are logarithms of seconds in units of their deviation: here e^2 times as long at 1 as at 0."""
    rows = np.array([[0.0], [1.0]])
    data = Data(rows, np.array([-1.0, 1.0]), np.array([False]), CONSTANT)
    surrogate = Surrogate((GaussianProcess(data, Parameters(np.array([3.0]), 1.0, -14.0)),))
    short, long = Cheapness(surrogate, scale=1.0).of(rows)
    assert short - long == pytest.approx(2, abs=0.01)


def test_terms_are_added_up_and_believe_together() -> None:
    improvement = Improvement(a_surrogate(1, 1), np.array([-1.0]), np.zeros((1, 1)))
    feasibility = Feasibility(a_surrogate(2, 2), 0.0)
    prior = Expectation([0], np.array([0.0, 1.0]), [np.array([-3.0, 0.0])], 0.5)
    worth = Worth([improvement, feasibility, prior])
    np.testing.assert_allclose(
        worth.of(ROWS), improvement.of(ROWS) + feasibility.of(ROWS) + 0.5 * (3 * ROWS[:, 0] - 3)
    )
    believed = Worth([improvement.believing(ROWS[:1]), feasibility, prior])
    np.testing.assert_allclose(worth.believing(ROWS[:1]).of(ROWS), believed.of(ROWS))
    assert (Worth([]).of(ROWS) == 0).all()


def test_a_surrogate_that_may_be_wrong_forbids_nothing() -> None:
    sure = Feasibility(a_surrogate(1, 2), -50.0)
    doubted = Feasibility(sure.surrogate, sure.limit, chance=0.02)
    assert (sure.of(ROWS) < -20).all()
    np.testing.assert_allclose(np.exp(doubted.of(ROWS)), 0.02, rtol=1e-3)
    likely = Feasibility(sure.surrogate, 50.0, chance=0.02)
    np.testing.assert_allclose(likely.of(ROWS), 0.0, atol=1e-6)
