"""Finding the parameters of a Gaussian process that are plausible, given its data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky
from scipy.optimize import minimize

from tunewright.search.bayesian.gaussian_process import JITTER, Data, Parameters
from tunewright.search.bayesian.kernel import Array, Differences

SCALE_SPREAD = 3**0.5
"""Of the logarithm of a length scale."""
CATEGORY_CENTRE, CATEGORY_SPREAD = -0.7, 1.5
"""Of the logarithm of a category's weight, where there is a single column."""
VARIANCE_SPREAD = 1.0
"""Of the logarithm of the kernel's variance, about 0."""
NOISE_CENTRE, NOISE_SPREAD = -6.0, 2.0
"""Of the logarithm of the noise's variance."""
BOUND = 4.0
"""How many of its standard deviations a parameter may lie from where it is expected."""
FIRST_ITERATIONS, NEXT_ITERATIONS = 60, 15
"""Of the search for the mode: from afar, and from where it was before one more trial."""
NOISY = 2.0
"""The noise's entry of the point where the search for the mode begins: from little noise it may end where
noise is taken for a function of very short length scales."""
MOVES = 3
"""Of the Markov chain, from the mode to each draw."""
LEAPS, LEAP, UNHURRIED = 5, 0.25, 10
"""Of a move: the number and length of its leaps, and up to how many values they are that long."""


@dataclass(frozen=True)
class Beliefs:
    """Where the parameters of a process are expected before anything is seen: independent normal laws.

    The length scale of a number grows with the root of the number of columns, as distances in the cube do.
    Source: Hvarfner et al., Vanilla Bayesian Optimization Performs Great in High Dimensions, ICML 2024; the
    centre here is the mode of their law.

    Attributes:
        centre, spread: mean and standard deviation of each parameter, in the order of `Parameters.vector`.
    """

    centre: Array
    spread: Array

    @classmethod
    def about(cls, categorical: NDArray[np.bool_]) -> "Beliefs":
        """For these columns."""
        breadth = math.log(max(len(categorical), 1)) / 2
        scale = 2**0.5 - 3 + breadth
        weights = np.where(categorical, CATEGORY_CENTRE - breadth, -2 * scale)
        spread = np.where(categorical, CATEGORY_SPREAD, 2 * SCALE_SPREAD)
        return cls(
            np.concatenate([weights, [0.0, NOISE_CENTRE]]),
            np.concatenate([spread, [VARIANCE_SPREAD, NOISE_SPREAD]]),
        )


class Posterior:
    """How plausible the parameters of a process are: a density over points.

    The entries of a point are expected to be standard normal before anything is seen.
    """

    def __init__(self, data: Data) -> None:
        self._data = data
        self._beliefs = Beliefs.about(data.categorical)
        self._differences = Differences.of(data.rows, data.rows, data.categorical)
        features = data.trend.features(data.rows)
        self._residual = data.values - features @ data.trend.means
        self._trend = features * data.trend.variances @ features.T
        self._trend[np.diag_indices_from(self._trend)] += JITTER

    @property
    def values(self) -> int:
        """How many values the data have."""
        return len(self._residual)

    @property
    def size(self) -> int:
        """How many entries a point has."""
        return len(self._beliefs.centre)

    def parameters(self, point: Array) -> Parameters:
        """The parameters at a point."""
        return Parameters.of(self._beliefs.centre + self._beliefs.spread * point)

    def energy(self, point: Array) -> tuple[float, Array]:
        """The negative logarithm of the density, but for a constant, and its gradient.

        Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, chapter 5.4.
        """
        parameters = self.parameters(point)
        noise = math.exp(parameters.noise)
        matrix, slopes = parameters.kernel(self._data.categorical).with_slopes(self._differences)
        total = matrix + self._trend
        total[np.diag_indices_from(total)] += noise
        factor = cholesky(total, lower=True, check_finite=False, overwrite_a=True)
        inverse = cho_solve((factor, True), np.eye(len(total)), check_finite=False)
        alpha = inverse @ self._residual
        energy = 0.5 * self._residual @ alpha + np.log(np.diag(factor)).sum() + 0.5 * point @ point
        outer = 0.5 * (inverse - np.outer(alpha, alpha))
        gradient = np.concatenate([slopes.weighted(outer), [(outer * matrix).sum(), noise * np.trace(outer)]])
        return float(energy), gradient * self._beliefs.spread + point


def mode_of(posterior: Posterior, before: Sequence[float] | None) -> Array:
    """The point of greatest density, looked for from where much is noise, and from where it was before."""
    noisy = np.zeros(posterior.size)
    noisy[-1] = NOISY
    starts = [(noisy, FIRST_ITERATIONS)]
    if before is not None and len(before) == posterior.size:
        known = np.clip(np.asarray(before, dtype=np.float64), -BOUND, BOUND)
        starts.append((known, NEXT_ITERATIONS))
    found = [
        minimize(
            posterior.energy,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-BOUND, BOUND)] * posterior.size,
            options={"maxiter": iterations},
        )
        for start, iterations in starts
    ]
    mode: Array = min(found, key=lambda each: float(each.fun)).x
    return mode


def drawn(posterior: Posterior, mode: Array, count: int, rng: np.random.Generator) -> list[Array]:
    """Points about as dense as the density says, by Hamiltonian Monte Carlo from its mode.

    The chains are short: they tell how uncertain the parameters are, not more.
    Source: Neal, MCMC Using Hamiltonian Dynamics, Handbook of Markov Chain Monte Carlo, 2011.
    """
    points = [mode] * count
    for _ in range(MOVES):
        points = [_moved(posterior, point, rng) for point in points]
    return points


def _moved(posterior: Posterior, point: Array, rng: np.random.Generator) -> Array:
    energy, gradient = posterior.energy(point)
    momentum = rng.standard_normal(len(point))
    before = energy + 0.5 * momentum @ momentum
    # The more values, the narrower the density.
    step = LEAP * rng.uniform(0.3, 1.5) * min(1.0, UNHURRIED / posterior.values) ** 0.5
    place = point
    for _ in range(LEAPS):
        momentum = momentum - 0.5 * step * gradient
        place = np.clip(place + step * momentum, -BOUND, BOUND)
        energy, gradient = posterior.energy(place)
        momentum = momentum - 0.5 * step * gradient
    accepted = math.log(1 - rng.random()) < before - energy - 0.5 * momentum @ momentum
    return place if accepted else point
