"""How alike two configurations are: one kernel over numbers and categories."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ROOT_5 = 5**0.5


@dataclass(frozen=True)
class Differences:
    """How two sets of rows differ, column by column; what a kernel needs to know of them.

    Attributes:
        squared: of shape (columns, n, m): the squared difference of two numbers, or 1 for two categories that
            are not the same.
    """

    squared: Array

    @classmethod
    def of(cls, left: Array, right: Array, categorical: NDArray[np.bool_]) -> "Differences":
        """`left` of shape (n, columns), `right` of shape (m, columns)."""
        gaps = left.T[:, :, None] - right.T[:, None, :]
        squared = gaps * gaps
        squared[categorical] = squared[categorical] > 0
        return cls(squared)


@dataclass(frozen=True)
class Kernel:
    """variance * Matern52(r) * exp(-h): r over the numeric columns, h the weights of differing categories.

    A number's weight is its length scale to the power of -2: r^2 is the weighted sum of squared differences.

    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, chapter 4.2.

    Attributes:
        weights: one per column, at least 0.
        variance: the kernel's value for equal rows.
        categorical: which columns are categories.
    """

    weights: Array
    variance: float
    categorical: NDArray[np.bool_]

    def matrix(self, left: Array, right: Array) -> Array:
        """The kernel between rows, of shape (n, m)."""
        numeric = ~self.categorical
        scale = np.sqrt(self.weights[numeric])
        a, b = left[:, numeric] * scale, right[:, numeric] * scale
        r2 = np.maximum((a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2 * a @ b.T, 0)
        t = ROOT_5 * np.sqrt(r2)
        exponent = t
        for column in np.flatnonzero(self.categorical):
            exponent = exponent + self.weights[column] * (left[:, column, None] != right[None, :, column])
        matrix: Array = self.variance * (1 + t + t * t / 3) * np.exp(-exponent)
        return matrix

    def with_slopes(self, differences: Differences) -> "tuple[Array, Slopes]":
        """The matrix, and what its derivatives by the logarithms of the weights are made of."""
        numeric = ~self.categorical
        t = ROOT_5 * np.sqrt(np.tensordot(self.weights[numeric], differences.squared[numeric], 1))
        decay = np.exp(-t - np.tensordot(self.weights[~numeric], differences.squared[~numeric], 1))
        matrix = self.variance * (1 + t + t * t / 3) * decay
        return matrix, Slopes(self, differences, -self.variance * 5 / 6 * (1 + t) * decay, -matrix)


@dataclass(frozen=True)
class Slopes:
    """The derivatives of a kernel's matrix by the logarithms of its weights.

    Attributes:
        kernel, differences: of what.
        numeric, categorical: the derivative by r^2 and by h, of the matrix's shape.
    """

    kernel: Kernel
    differences: Differences
    numeric: Array
    categorical: Array

    def weighted(self, factors: Array) -> Array:
        """For each column, the sum over all entries of `factors` times the derivative."""
        columns = self.differences.squared.shape[0]
        sums = np.empty(columns)
        for kind, slope in (
            (~self.kernel.categorical, self.numeric),
            (self.kernel.categorical, self.categorical),
        ):
            sums[kind] = np.tensordot(self.differences.squared[kind], factors * slope, 2)
        return sums * self.kernel.weights
