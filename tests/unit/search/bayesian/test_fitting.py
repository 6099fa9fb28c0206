"""Finding plausible parameters of a Gaussian process."""

import numpy as np
import pytest
import torch
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal
from tests.unit.search.bayesian.references import (
    Columns,
    SingleTaskGP,
    reference_process,
    some_data,
    some_parameters,
)

from tunewright.search.bayesian.fitting import BOUND, Beliefs, Posterior, drawn, mode_of
from tunewright.search.bayesian.gaussian_process import JITTER, Data, GaussianProcess, Parameters
from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.trend import CONSTANT, Trend

NUMBERS = np.array([False, False, False])
CATEGORIES = np.array([True, True])
MIXED = np.array([False, True, False, True])


def point_of(posterior: Posterior, parameters: Parameters) -> Array:
    """The point at which the posterior has these parameters."""
    centre = posterior.parameters(np.zeros(posterior.size)).vector()
    spread = posterior.parameters(np.ones(posterior.size)).vector() - centre
    point: Array = (parameters.vector() - centre) / spread
    return point


def log_likelihood(process: SingleTaskGP) -> torch.Tensor:
    log: torch.Tensor = process.likelihood(process(*process.train_inputs)).log_prob(process.train_targets)
    return log


def by_logarithm(quantity: torch.Tensor, parameter: torch.Tensor, raw: torch.Tensor) -> Array:
    """The derivative of a quantity by the logarithms of a parameter, which is a function of a raw one."""
    (slope,) = torch.autograd.grad(quantity, raw, retain_graph=True)
    (inner,) = torch.autograd.grad(parameter.sum(), raw)
    result: Array = (slope / inner * parameter.detach()).numpy().ravel()
    return result


@pytest.mark.parametrize("categorical", [NUMBERS, MIXED])
def test_the_likelihood_is_that_of_the_reference(categorical: Columns) -> None:
    data = some_data(1, 15, categorical)
    posterior = Posterior(data)
    for seed in range(3):
        parameters = some_parameters(seed, len(categorical))
        point = point_of(posterior, parameters)
        # Without the constant, and without what is expected beforehand.
        likelihood = point @ point / 2 - posterior.energy(point)[0] - 15 / 2 * np.log(2 * np.pi)
        expected = log_likelihood(reference_process(data, parameters).train())
        assert likelihood == pytest.approx(float(expected.detach()), rel=1e-6)


def test_the_gradient_is_that_of_the_reference() -> None:
    data, parameters = some_data(1, 15, NUMBERS), some_parameters(1, 3)
    posterior = Posterior(data)
    point = point_of(posterior, parameters)
    spread = Beliefs.about(NUMBERS).spread
    _, gradient = posterior.energy(point)

    process = reference_process(data, parameters).train()
    likelihood = log_likelihood(process)
    scaled, noise = process.covar_module.kernels[0], process.likelihood.noise_covar
    matern = scaled.base_kernel
    expected = [
        # A weight is a length scale to the power of -2.
        *(-0.5 * by_logarithm(likelihood, matern.lengthscale, matern.raw_lengthscale)),
        *by_logarithm(likelihood, scaled.outputscale, scaled.raw_outputscale),
        *by_logarithm(likelihood, noise.noise, noise.raw_noise),
    ]
    np.testing.assert_allclose((point - gradient) / spread, expected, rtol=1e-4)


@pytest.mark.parametrize("categorical", [NUMBERS, CATEGORIES, MIXED])
def test_the_gradient_is_that_of_finite_differences(categorical: Columns) -> None:
    rng = np.random.default_rng(1)
    data = some_data(1, 15, categorical)
    trend = Trend([lambda rows: rows[:, 0] ** 2], np.array([0.0, 1.0]), np.array([1.0, 0.25]))
    for known in (CONSTANT, trend):
        posterior = Posterior(Data(data.rows, data.values, categorical, known))
        for _ in range(3):
            point = rng.standard_normal(posterior.size)
            expected = approx_fprime(point, lambda at: posterior.energy(at)[0], 1e-6)  # noqa: B023
            np.testing.assert_allclose(posterior.energy(point)[1], expected, rtol=1e-3, atol=1e-3)


def test_the_density_is_likelihood_times_what_is_expected() -> None:
    """By scipy, of the difference between two points."""
    data = some_data(3, 12, NUMBERS)
    posterior = Posterior(data)
    beliefs = Beliefs.about(NUMBERS)

    def log_density(point: Array) -> float:
        parameters = posterior.parameters(point)
        process_noise = (np.exp(parameters.noise) + JITTER) * np.eye(12)
        matrix = parameters.kernel(NUMBERS).matrix(data.rows, data.rows) + process_noise + 1.0
        prior = multivariate_normal(beliefs.centre, np.diag(beliefs.spread**2))
        likelihood = multivariate_normal(np.zeros(12), matrix)
        return float(likelihood.logpdf(data.values) + prior.logpdf(parameters.vector()))

    one, other = np.random.default_rng(1).standard_normal((2, posterior.size))
    assert posterior.energy(one)[0] - posterior.energy(other)[0] == pytest.approx(
        log_density(other) - log_density(one), rel=1e-6
    )


@pytest.mark.parametrize("categorical", [NUMBERS, CATEGORIES, MIXED])
def test_at_the_mode_the_density_falls_to_all_sides(categorical: Columns) -> None:
    posterior = Posterior(some_data(4, 20, categorical))
    mode = mode_of(posterior, None)
    least, gradient = posterior.energy(mode)
    inside = np.abs(mode) < BOUND - 1e-6
    assert np.abs(gradient[inside]).max() < 0.05
    rng = np.random.default_rng(0)
    near = np.clip(mode + 0.3 * rng.standard_normal((20, posterior.size)), -BOUND, BOUND)
    assert all(posterior.energy(point)[0] > least for point in near)


def test_the_mode_is_found_again_from_where_it_was() -> None:
    posterior = Posterior(some_data(4, 20, MIXED))
    mode = mode_of(posterior, None)
    again = mode_of(posterior, [round(float(entry), 3) for entry in mode])
    assert posterior.energy(again)[0] == pytest.approx(posterior.energy(mode)[0], abs=0.01)


@pytest.mark.parametrize("stored", [[], [0.0] * 3, [1e9] * 6, [-1e9] * 6])
def test_a_stored_point_that_cannot_be_one_does_no_harm(stored: list[float]) -> None:
    posterior = Posterior(some_data(4, 20, MIXED))
    assert np.abs(mode_of(posterior, stored)).max() <= BOUND


def test_the_parameters_of_a_known_process_are_found() -> None:
    """200 values drawn from a process: one column counts, the other does not, and there is noise."""
    rng = np.random.default_rng(7)
    rows, categorical = rng.random((200, 2)), np.zeros(2, bool)
    true = Parameters(np.array([np.log(0.3**-2.0), -6.0]), 0.0, np.log(0.05))
    matrix = true.kernel(categorical).matrix(rows, rows) + 0.05 * np.eye(200)
    values = np.linalg.cholesky(matrix) @ rng.standard_normal(200)
    posterior = Posterior(Data(rows, values, categorical, CONSTANT))
    found = posterior.parameters(mode_of(posterior, None))
    assert found.noise == pytest.approx(np.log(0.05), abs=0.3)
    assert found.weights[0] == pytest.approx(true.weights[0], abs=1.5)
    assert found.weights[1] < found.weights[0] - 2


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("stuck", [False, True])
def test_noise_is_not_taken_for_a_function_of_short_scales(seed: int, stuck: bool) -> None:
    """Of a bowl with as much noise; even if it was, when less was known."""
    rng = np.random.default_rng(seed)
    rows = rng.random((60, 2))
    values = ((rows - 0.4) ** 2).sum(axis=1)
    values = values / values.std() + rng.standard_normal(60)
    data = Data(rows, (values - values.mean()) / values.std(), np.zeros(2, bool), CONSTANT)
    posterior = Posterior(data)
    # Scales of a fiftieth of the range, and little noise.
    short = point_of(posterior, Parameters(np.full(2, np.log(50.0**2)), 0.0, -6.0))
    found = posterior.parameters(mode_of(posterior, short.tolist() if stuck else None))
    assert np.exp(found.noise) > 0.15
    assert found.weights.max() < np.log(10.0**2)


def test_draws_are_spread_as_the_density_is() -> None:
    """A category alone: three parameters, whose moments are integrated over a grid."""
    rng = np.random.default_rng(2)
    rows = rng.integers(0, 3, (12, 1)).astype(float)
    data = Data(rows, rng.standard_normal(12), np.array([True]), CONSTANT)
    posterior = Posterior(data)
    line = np.linspace(-BOUND, BOUND, 15)
    grid = np.stack(np.meshgrid(line, line, line), axis=-1).reshape(-1, 3)
    density = np.exp(-np.array([posterior.energy(point)[0] for point in grid]))
    density /= density.sum()
    mean = density @ grid
    deviation = (density @ (grid - mean) ** 2) ** 0.5

    # From the mode the chains are too short to get all the way; one chain on another are not.
    points = [mode_of(posterior, None)]
    for _ in range(100):
        points += drawn(posterior, points[-1], 4, rng)
    found = np.array(points[40:])
    np.testing.assert_allclose(found.mean(axis=0), mean, atol=0.35)
    np.testing.assert_allclose(found.std(axis=0), deviation, rtol=0.3)


def test_draws_differ_and_are_about_as_dense_as_the_mode() -> None:
    posterior = Posterior(some_data(4, 40, MIXED))
    mode = mode_of(posterior, None)
    points = drawn(posterior, mode, 6, np.random.default_rng(0))
    assert len({tuple(point) for point in points}) >= 4
    assert np.abs(points).max() <= BOUND
    # Of a normal law of d entries, the energy lies about d / 2 above that of the mode.
    excess = np.mean([posterior.energy(point)[0] for point in points]) - posterior.energy(mode)[0]
    assert 0.1 < excess < posterior.size


@pytest.mark.parametrize(
    ("rows", "values"),
    [
        ([[0.5], [0.5]], [-1.0, 1.0]),
        ([[0.1], [0.9]], [0.0, 0.0]),
        ([[0.5]] * 30, [0.0] * 30),
        ([[0.0], [1e-12], [1.0]], [-1e3, 1e3, 0.0]),
    ],
    ids=["two in one place", "constant", "all in one place", "a cliff"],
)
def test_odd_data_have_a_mode_and_draws(rows: list[list[float]], values: list[float]) -> None:
    data = Data(np.array(rows), np.array(values), np.array([False]), CONSTANT)
    posterior = Posterior(data)
    points = drawn(posterior, mode_of(posterior, None), 3, np.random.default_rng(0))
    for point in points:
        mean, deviation = GaussianProcess(data, posterior.parameters(point)).predict(np.array([[0.3], [0.5]]))
        assert np.isfinite(mean).all()
        assert (deviation > 0).all()


def test_length_scales_are_expected_to_grow_with_the_root_of_the_columns() -> None:
    few, many = (Beliefs.about(np.zeros(count, bool)).centre[0] for count in (4, 36))
    # Weights are scales to the power of -2.
    assert few - many == pytest.approx(np.log(9))
