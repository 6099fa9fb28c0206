"""The kernel over numbers and categories."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from tests.unit.search.bayesian.references import (
    Columns,
    reference_kernel,
    some_data,
    some_parameters,
    tensor,
)

from tunewright.search.bayesian.kernel import Array, Differences, Kernel

NUMBERS = np.array([False, False, False])
CATEGORIES = np.array([True, True])
MIXED = np.array([False, True, False, True, True])


@pytest.mark.parametrize("categorical", [NUMBERS, MIXED])
def test_the_matrix_is_that_of_the_reference(categorical: Columns) -> None:
    left, right = some_data(1, 9, categorical).rows, some_data(2, 7, categorical).rows
    kernel = some_parameters(3, len(categorical)).kernel(categorical)
    expected = reference_kernel(kernel)(tensor(left), tensor(right)).to_dense().detach().numpy()
    np.testing.assert_allclose(kernel.matrix(left, right), expected, rtol=1e-9)


@pytest.mark.parametrize("categorical", [NUMBERS, CATEGORIES, MIXED])
def test_the_matrix_with_slopes_is_the_same(categorical: Columns) -> None:
    rows = some_data(1, 9, categorical).rows
    kernel = some_parameters(3, len(categorical)).kernel(categorical)
    matrix, _ = kernel.with_slopes(Differences.of(rows, rows, categorical))
    np.testing.assert_allclose(matrix, kernel.matrix(rows, rows), rtol=1e-6)


@pytest.mark.parametrize("categorical", [NUMBERS, CATEGORIES, MIXED])
def test_slopes_are_the_derivatives_by_the_logarithms_of_the_weights(categorical: Columns) -> None:
    rows = some_data(1, 9, categorical).rows
    factors = np.random.default_rng(5).standard_normal((9, 9))
    logs = some_parameters(3, len(categorical)).weights

    def weighted(logs: Array) -> float:
        return float(np.sum(factors * Kernel(np.exp(logs), 1.7, categorical).matrix(rows, rows)))

    _, slopes = Kernel(np.exp(logs), 1.7, categorical).with_slopes(Differences.of(rows, rows, categorical))
    expected = approx_fprime(logs, weighted, 1e-6)
    np.testing.assert_allclose(slopes.weighted(factors), expected, rtol=1e-3, atol=1e-4)


def test_equal_rows_have_the_variance_whatever_the_scales() -> None:
    """With the finest scales, differences of equal rows cancel to next to nothing, never below it."""
    rows = np.random.default_rng(0).random((40, 6))
    kernel = Kernel(np.full(6, 1e7), 2.5, np.zeros(6, dtype=bool))
    np.testing.assert_allclose(np.diag(kernel.matrix(rows, rows)), 2.5, rtol=1e-6)


def test_categories_that_differ_count_by_their_weight_however_far_their_numbers() -> None:
    kernel = Kernel(np.array([0.5, 2.0]), 1.0, CATEGORIES)
    rows = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0], [-1.0, 2.0]])
    np.testing.assert_allclose(kernel.matrix(rows[:1], rows)[0], np.exp([0.0, -0.5, -0.5, -2.5]))
