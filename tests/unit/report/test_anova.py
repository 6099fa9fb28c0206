"""Shares of variance, of functions whose decomposition is known."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from tunewright.report.anova import interactions, main_effects


def uniform(rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(1).random((rows, columns))


def test_the_share_of_each_parameter_of_a_sum() -> None:
    places = uniform(150, 3)
    shares = main_effects(places, 2 * places[:, 0] + places[:, 1])
    assert shares[0] == pytest.approx(0.8, abs=0.06)  # 4/12 of 5/12
    assert shares[1] == pytest.approx(0.2, abs=0.06)
    assert shares[2] < 0.01


def test_a_parameter_that_is_not_always_active_has_its_part_of_the_whole() -> None:
    places = uniform(200, 3)
    places[:, 0] = (places[:, 0] < 0.5) * 1.0
    places[places[:, 0] == 0, 1] = -0.5
    # Half of the rows have the variance 1/12 due to the second column: 1/24 of 1/24 + 1/4 * 1/4.
    values = np.where(places[:, 0] == 1, places[:, 1], 0.0)
    shares = main_effects(places, values)
    assert shares[1] == pytest.approx((1 / 24) / (1 / 24 + 1 / 16), abs=0.06)
    assert shares[2] < 0.02


def test_of_trials_that_are_all_alike_nothing_is_told() -> None:
    assert main_effects(np.full((20, 2), 0.5), np.arange(20.0)).tolist() == [0, 0]


def test_of_what_was_active_too_rarely_nothing_is_told() -> None:
    places = uniform(60, 2)
    places[5:, 1] = -0.5
    assert main_effects(places, places[:, 0])[1] == 0


class Known:
    """A function of known decomposition: 1/12 of its variance is due to a, and 16/144 to b and c together."""

    def predict(self, rows: np.ndarray, /) -> np.ndarray:
        a, b, c = rows.T
        values: np.ndarray = a + 4 * (b - 0.5) * (c - 0.5)
        return values


def test_the_share_that_two_parameters_have_only_together() -> None:
    shares = interactions(Known(), uniform(1_000, 3), [0, 1, 2])
    assert shares[1, 2] == pytest.approx((1 / 9) / (1 / 9 + 1 / 12), rel=0.1)
    assert shares[0, 1] == pytest.approx(0, abs=1e-9)
    assert shares[0, 2] == pytest.approx(0, abs=1e-9)


def test_of_a_forest_that_has_learned_it_too() -> None:
    places = uniform(1_500, 3)
    forest = RandomForestRegressor(20, random_state=0).fit(places, Known().predict(places))
    shares = interactions(forest, uniform(1_000, 3), [0, 1, 2])
    assert shares[1, 2] > 0.35
    assert max(shares[0, 1], shares[0, 2]) < 0.02


def test_a_forest_that_tells_nothing_apart_has_no_interactions() -> None:
    forest = RandomForestRegressor(5, random_state=0).fit(uniform(20, 2), np.ones(20))
    assert interactions(forest, uniform(10, 2), [0, 1]) == {}
