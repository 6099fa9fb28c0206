"""Values made to look normal, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import yeojohnson
from sklearn.preprocessing import PowerTransformer

from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.transforms import Transform

finite = st.floats(allow_nan=False, allow_infinity=False)


def skewed(seed: int, count: int = 40) -> Array:
    values: Array = np.exp(np.random.default_rng(seed).standard_normal(count) * 0.7)
    return values


def within_reach(values: Array) -> Array:
    """The values that are not drawn in."""
    median = np.median(values)
    kept: Array = values[values <= median + 3 * (median - values.min())]
    return kept


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_it_is_the_power_transform_of_yeo_and_johnson(sign: float) -> None:
    values = within_reach(sign * skewed(1))
    scores = (values - values.mean()) / values.std()
    transform = Transform.of(values)
    expected = PowerTransformer("yeo-johnson").fit_transform(scores[:, None])[:, 0]
    np.testing.assert_allclose(transform(values), expected, atol=1e-4)
    powered = yeojohnson(scores, transform.power)
    np.testing.assert_allclose(transform(values), (powered - powered.mean()) / powered.std(), atol=1e-9)


@pytest.mark.parametrize("power", [-2.0, 0.0, 0.5, 1.0, 2.0, 3.5])
def test_each_power_is_scipys_and_its_inverse_leads_back(power: float) -> None:
    values = np.linspace(-4, 3, 29)
    transform = Transform(np.inf, 1.0, 0.0, 1.0, power, 0.0, 1.0)
    np.testing.assert_allclose(transform(values), yeojohnson(values, power), atol=1e-12)
    np.testing.assert_allclose(transform.inverse(transform(values)), values, atol=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_the_inverse_leads_back_to_all_that_is_not_drawn_in(values: list[float]) -> None:
    transform = Transform.of(np.array(values))
    kept = np.array(values)[np.array(values) <= transform.limit]
    scale = max(np.abs(kept).max(), 1e-300)
    np.testing.assert_allclose(transform.inverse(transform(kept)) / scale, kept / scale, atol=1e-6)


@given(st.lists(finite, min_size=1, max_size=30))
def test_the_order_stays_and_the_numbers_are_those_of_a_process(values: list[float]) -> None:
    array = np.array(values)
    numbers = Transform.of(array)(array)
    assert np.isfinite(numbers).all()
    assert np.abs(numbers).max() < 100
    order = np.argsort(array)
    assert (np.diff(numbers[order]) >= -1e-9).all()
    if numbers.std() > 1e-6:
        assert numbers.mean() == pytest.approx(0, abs=1e-3)
        assert numbers.std() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("diverged", [1e3, 1e9, 1e15, 1e300])
def test_diverged_trainings_hide_nothing_of_the_others(diverged: float) -> None:
    values = np.array([0.1, 0.2, 0.3, 0.4, 0.5, diverged, diverged / 2])
    numbers = Transform.of(values)(values)
    assert numbers[5] == pytest.approx(numbers[6])
    assert (np.diff(numbers[:6]) > 0.2).all()


def test_values_far_from_zero_keep_their_differences() -> None:
    values = 1e6 + np.linspace(0, 1, 20)
    np.testing.assert_allclose(
        Transform.of(values)(values), Transform.of(values - 1e6)(values - 1e6), atol=1e-3
    )


def test_the_middle_between_two_values_stays_their_middle() -> None:
    """As of failures and successes, however rare either."""
    for ones in (1, 10, 39):
        values = np.array([1.0] * ones + [0.0] * (40 - ones))
        low, middle, high = Transform.of(values, threshold=0.5)(np.array([0.0, 0.5, 1.0]))
        assert middle == pytest.approx((low + high) / 2)


def test_two_values_or_equal_ones_are_left_as_they_are() -> None:
    np.testing.assert_allclose(Transform.of(np.array([3.0, 5.0]))(np.array([3.0, 5.0])), [-1, 1])
    assert (Transform.of(np.full(9, 7.0))(np.full(9, 7.0)) == 0).all()
    np.testing.assert_allclose(Transform.of(np.full(9, 7.0)).inverse(np.zeros(1)), [7.0])


@pytest.mark.parametrize(
    "values",
    [
        [-40.2, -40.1, -40.0, -39.9, -39.8, 30.0, 31.0],
        [-40.0, -35.0, -30.0],
        [-40.0, -40.0, -40.0],
        [-40.0, -40.0, -40.0, 1e12],
        [5.0, 10.0, 1000.0],
    ],
    ids=["far apart", "all better", "all the same", "one diverged", "all worse"],
)
def test_a_threshold_stays_where_it_is_among_the_values(values: list[float]) -> None:
    array = np.array(values)
    transform = Transform.of(array, threshold=0.0)
    (threshold,) = transform(np.zeros(1))
    better = array < 0
    assert (transform(array[better]) < threshold - 1e-6).all()
    assert (transform(array[~better]) > threshold + 1e-6).all()


def test_what_lies_beyond_floating_point_is_infinite() -> None:
    values = np.array([-8e307, 8e307, 0.0, 1.0, 2.0])
    found = Transform.of(values).inverse(np.array([-50.0, 0.0, 50.0]))
    assert np.isfinite(found[1])
    assert not np.isfinite(found[[0, 2]]).all()
