"""A Gaussian process: predictions from rows and their values."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular

from tunewright.search.bayesian.kernel import Array, Kernel
from tunewright.search.bayesian.trend import Trend

JITTER = 1e-8
LEAST_VARIANCE = 1e-12


@dataclass(frozen=True)
class Parameters:
    """What of a process is fitted, as logarithms.

    Attributes:
        weights: the kernel's, one per column.
        variance: the kernel's.
        noise: the noise's variance.
    """

    weights: Array
    variance: float
    noise: float

    def vector(self) -> Array:
        """All of them in one vector."""
        return np.concatenate([self.weights, [self.variance, self.noise]])

    @classmethod
    def of(cls, vector: Array) -> "Parameters":
        """From `vector`."""
        return cls(vector[:-2], float(vector[-2]), float(vector[-1]))

    def kernel(self, categorical: NDArray[np.bool_]) -> Kernel:
        """The kernel."""
        return Kernel(np.exp(self.weights), math.exp(self.variance), categorical)


@dataclass(frozen=True)
class Data:
    """What a process is fitted to.

    Attributes:
        rows: of shape (n, columns).
        values: of shape (n,), about of mean 0 and deviation 1.
        categorical: which columns are categories.
        trend: what is known beforehand of the values' course.
    """

    rows: Array
    values: Array
    categorical: NDArray[np.bool_]
    trend: Trend

    def with_believed(self, rows: Array, values: Array) -> "Data":
        """With more rows."""
        return Data(
            np.vstack([self.rows, rows]),
            np.concatenate([self.values, values]),
            self.categorical,
            self.trend,
        )


class GaussianProcess:
    """Gaussian process regression about a trend whose weights are marginalised out.

    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, chapters 2.2 and 2.7.

    Attributes:
        parameters: of the kernel and the noise.
        trend: what the values vary about.
    """

    def __init__(self, data: Data, parameters: Parameters) -> None:
        self.parameters = parameters
        self.trend = data.trend
        self._data = data
        self._kernel = parameters.kernel(data.categorical)
        self._features = data.trend.features(data.rows)
        matrix = (
            self._kernel.matrix(data.rows, data.rows)
            + self._features * data.trend.variances @ self._features.T
        )
        matrix[np.diag_indices_from(matrix)] += math.exp(parameters.noise) + JITTER
        self._factor = cholesky(matrix, lower=True, check_finite=False)
        residual = data.values - self._features @ data.trend.means
        self._alpha = cho_solve((self._factor, True), residual, check_finite=False)

    def predict(self, rows: Array, features: Array | None = None) -> tuple[Array, Array]:
        """Mean and standard deviation of the value without its noise, of shape (m,) each.

        `features` are the trend's at the rows, where they are known already.
        """
        trend = self.trend
        features = trend.features(rows) if features is None else features
        weighted = features * trend.variances
        cross = self._kernel.matrix(rows, self._data.rows) + weighted @ self._features.T
        half = solve_triangular(self._factor, cross.T, lower=True, check_finite=False)
        variance = self._kernel.variance + (weighted * features).sum(1) - (half * half).sum(0)
        return features @ trend.means + cross @ self._alpha, np.sqrt(np.maximum(variance, LEAST_VARIANCE))

    def believing(self, rows: Array, values: Array) -> "GaussianProcess":
        """The same process, as if rows had ended with these values."""
        return GaussianProcess(self._data.with_believed(rows, values), self.parameters)
