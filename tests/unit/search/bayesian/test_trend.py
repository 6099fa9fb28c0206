"""What is known of a quantity's course beforehand."""

import numpy as np

from tunewright.search.bayesian.trend import CONSTANT, Trend

ROWS = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])


def test_without_functions_it_is_a_constant() -> None:
    np.testing.assert_array_equal(CONSTANT.features(ROWS), np.ones((3, 1)))
    assert (CONSTANT.means.tolist(), CONSTANT.variances.tolist()) == ([0.0], [1.0])


def test_functions_of_rows_come_after_the_constant() -> None:
    trend = Trend([lambda rows: rows[:, 0], lambda rows: rows.sum(axis=1)], np.zeros(3), np.ones(3))
    np.testing.assert_allclose(trend.features(ROWS), [[1, 0.1, 0.3], [1, 0.3, 0.7], [1, 0.5, 1.1]])
    assert trend.features(ROWS[:0]).shape == (0, 3)
