"""What is known of a quantity's course before any of its values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tunewright.search.bayesian.kernel import Array


@dataclass(frozen=True)
class Trend:
    """A weighted sum of a constant and known functions; of the weights a normal law is known.

    Attributes:
        functions: of rows, of shape (m,) each, besides the constant.
        means, variances: of the weights, the constant's first.
    """

    functions: Sequence[Callable[[Array], Array]]
    means: Array
    variances: Array

    def features(self, rows: Array) -> Array:
        """The constant and the functions at rows, of shape (m, weights)."""
        return np.column_stack([np.ones(len(rows)), *(function(rows) for function in self.functions)])


CONSTANT = Trend((), np.zeros(1), np.ones(1))
"""Nothing but a mean, in units of values of mean 0 and deviation 1."""
