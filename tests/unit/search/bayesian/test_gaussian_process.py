"""Predictions of a Gaussian process."""

import numpy as np
import pytest
from tests.unit.search.bayesian.references import (
    Columns,
    reference_process,
    some_data,
    some_parameters,
    tensor,
)

from tunewright.search.bayesian.gaussian_process import Data, GaussianProcess, Parameters
from tunewright.search.bayesian.trend import CONSTANT, Trend

NUMBERS = np.array([False, False, False])
MIXED = np.array([False, True, False, True])


@pytest.mark.parametrize("count", [2, 25])
@pytest.mark.parametrize("categorical", [NUMBERS, MIXED])
def test_mean_and_deviation_are_those_of_the_reference(categorical: Columns, count: int) -> None:
    data, parameters = some_data(1, count, categorical), some_parameters(2, len(categorical))
    rows = np.vstack([some_data(3, 30, categorical).rows, data.rows])
    mean, deviation = GaussianProcess(data, parameters).predict(rows)
    posterior = reference_process(data, parameters).posterior(tensor(rows))
    np.testing.assert_allclose(mean, posterior.mean.detach().numpy()[:, 0], atol=1e-6)
    np.testing.assert_allclose(deviation, posterior.variance.detach().numpy()[:, 0] ** 0.5, atol=1e-6)


def test_far_from_all_data_the_mean_goes_back_to_their_level_and_the_deviation_to_the_kernels() -> None:
    data = Data(np.full((50, 1), 0.1), np.full(50, 3.0), np.array([False]), CONSTANT)
    parameters = Parameters(np.array([8.0]), 0.0, -9.0)
    mean, deviation = GaussianProcess(data, parameters).predict(np.array([[0.9]]))
    # Of a value of 3 half belongs to the constant, half to the process: they are as uncertain.
    assert mean[0] == pytest.approx(1.5, rel=1e-3)
    assert deviation[0] == pytest.approx((1 + 0.5) ** 0.5, rel=1e-3)


def test_a_trend_is_regressed_with_its_weights_prior() -> None:
    """Against the posterior of Bayesian linear regression with correlated errors, by the book's formulas."""
    rng = np.random.default_rng(4)
    rows, values = rng.random((12, 2)), rng.standard_normal(12)
    trend = Trend([lambda x: np.cos(4 * x[:, 0])], np.array([0.3, 0.8]), np.array([1.0, 0.25]))
    parameters = Parameters(np.array([1.0, 2.0]), -0.5, -3.0)
    new = rng.random((5, 2))
    mean, deviation = GaussianProcess(Data(rows, values, np.zeros(2, bool), trend), parameters).predict(new)

    kernel = parameters.kernel(np.zeros(2, bool))
    features, at_new = trend.features(rows), trend.features(new)
    inverse = np.linalg.inv(kernel.matrix(rows, rows) + np.exp(-3.0) * np.eye(12))
    precision = np.diag(1 / trend.variances) + features.T @ inverse @ features
    weights = np.linalg.solve(precision, features.T @ inverse @ values + trend.means / trend.variances)
    cross = kernel.matrix(new, rows)
    rest = at_new - cross @ inverse @ features
    np.testing.assert_allclose(
        mean, at_new @ weights + cross @ inverse @ (values - features @ weights), rtol=1e-5
    )
    variance = (
        kernel.variance
        - np.einsum("ij,jk,ik->i", cross, inverse, cross)
        + np.einsum("ij,jk,ik->i", rest, np.linalg.inv(precision), rest)
    )
    np.testing.assert_allclose(deviation, variance**0.5, rtol=1e-5)


def test_believing_changes_no_mean_and_makes_surer() -> None:
    data, parameters = some_data(1, 10, NUMBERS), Parameters(np.full(3, 2.0), 0.0, -9.0)
    process, rows = GaussianProcess(data, parameters), some_data(3, 20, NUMBERS).rows
    believed = process.believing(rows[:2], process.predict(rows[:2])[0])
    np.testing.assert_allclose(believed.predict(rows)[0], process.predict(rows)[0], atol=1e-6)
    assert (believed.predict(rows)[1] <= process.predict(rows)[1] + 1e-9).all()
    assert (believed.predict(rows[:2])[1] < 0.6 * process.predict(rows[:2])[1]).all()


def test_equal_rows_with_unequal_values_are_no_obstacle() -> None:
    rows = np.full((30, 2), 0.5)
    values = np.linspace(-2, 2, 30)
    process = GaussianProcess(
        Data(rows, values, np.zeros(2, bool), CONSTANT), Parameters(np.zeros(2), 4.0, -14.0)
    )
    mean, deviation = process.predict(rows[:1])
    assert mean[0] == pytest.approx(0, abs=1e-3)
    assert 0 < deviation[0] < 1e-2


def test_a_vector_of_parameters_and_back() -> None:
    parameters = some_parameters(1, 4)
    again = Parameters.of(parameters.vector())
    np.testing.assert_array_equal(again.vector(), parameters.vector())
    assert (again.variance, again.noise) == (parameters.variance, parameters.noise)
