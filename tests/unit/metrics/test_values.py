"""Values of metrics, as JSON carries them."""

import math

import pytest

from tunewright.metrics.values import MAX_NAME, number_of, step_of, values_of


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1.0),
        (-0.5, -0.5),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        (math.inf, math.inf),
        (10**400, math.inf),
        (-(10**400), -math.inf),
        (True, None),
        ("1.5", None),
        ("", None),
        (None, None),
        ([1], None),
        ({}, None),
    ],
)
def test_number(value: object, number: float | None) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize("value", ["NaN", math.nan])
def test_not_a_number(value: object) -> None:
    number = number_of(value)
    assert number is not None and math.isnan(number)


@pytest.mark.parametrize(
    ("value", "step"),
    [
        (0, 0),
        (7, 7),
        (7.0, 7),
        (2**53 - 1, 2**53 - 1),
        (-1, None),
        (7.5, None),
        (2**53, None),
        (10**400, None),
        (math.nan, None),
        (math.inf, None),
        (True, None),
        ("7", None),
        (None, None),
    ],
)
def test_step(value: object, step: int | None) -> None:
    assert step_of(value) == step


def test_what_cannot_be_read_is_left_out() -> None:
    longest = "n" * MAX_NAME
    metrics = {"loss": 0.5, "": 1, longest: 2, f"{longest}n": 3, "note": "fine"}
    assert values_of(metrics) == {"loss": 0.5, longest: 2.0}
    assert values_of([1]) == {}
