"""Transforms between values and the unit interval, both ways."""

import math
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tunewright.api.parameters import Parameter
from tunewright.search.axis import Axis, axis_of

UNITS = st.floats(0, 1)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def a_parameter(**fields: Any) -> Parameter:
    return Parameter.model_validate({"name": "x", **fields})


def an_axis(**fields: Any) -> Axis:
    return axis_of(a_parameter(**fields))


@st.composite
def continuous(draw: st.DrawFn) -> Parameter:
    """A float parameter without a step, of any range, scale or prior."""
    kind = draw(st.sampled_from(["linear", "log", "reverseLog", "normal", "logNormal"]))
    positive = kind in ("log", "reverseLog", "logNormal")
    ends = st.floats(min_value=5e-324, allow_infinity=False) if positive else FINITE
    low, high = sorted(draw(st.tuples(ends, ends)))
    assume(low < high and math.isfinite(high - low))
    fields: dict[str, Any] = {"type": "float", "min": low, "max": high}
    if kind in ("normal", "logNormal"):
        a, b = (math.log(low), math.log(high)) if positive else (low, high)
        # From ranges far out in a tail to ranges within which the law is all but uniform.
        deviation = (b - a) * draw(st.floats(1e-3, 1e3) | st.floats(1e-3, 1e18))
        assume(deviation > 0 and math.isfinite(deviation))
        mean = draw(st.floats(-7.9, 7.9)) * deviation + draw(st.sampled_from([a, b]))
        assume(math.isfinite(mean) and max(a - mean, mean - b) <= 8 * deviation)
        fields["prior"] = {"distribution": kind, "mean": mean, "deviation": deviation}
    else:
        fields["scale"] = kind
    return a_parameter(**fields)


@st.composite
def whole(draw: st.DrawFn) -> Parameter:
    """An int parameter on any scale, of as many values as the unit interval can tell apart."""
    scale = draw(st.sampled_from(["linear", "log", "reverseLog"]))
    least, greatest = (-(2**52), 2**52 - 1) if scale == "linear" else (1, 2**40)
    low, high = sorted(draw(st.tuples(*[st.integers(least, greatest)] * 2)))
    return a_parameter(type="int", min=low, max=high, scale=scale)


@given(continuous(), UNITS)
@settings(max_examples=300)
def test_a_proposed_float_is_legal_and_comes_back_as_itself(parameter: Parameter, u: float) -> None:
    axis = axis_of(parameter)
    value = axis.from_unit(u)
    assert type(value) is float
    assert parameter.contains(value)
    assert axis.from_unit(axis.to_unit(value)) == value


@given(continuous())
def test_bounds_come_back_as_themselves(parameter: Parameter) -> None:
    axis = axis_of(parameter)
    assert axis.from_unit(0.0) == axis.from_unit(axis.to_unit(parameter.low)) == parameter.low
    assert axis.from_unit(1.0) == axis.from_unit(axis.to_unit(parameter.high)) == parameter.high


@given(continuous(), UNITS, UNITS)
def test_greater_units_are_greater_values(parameter: Parameter, u: float, v: float) -> None:
    axis = axis_of(parameter)
    assert float(axis.from_unit(min(u, v))) <= float(axis.from_unit(max(u, v)))


def test_an_int_between_floats_comes_back_as_itself() -> None:
    axis = an_axis(type="int", min=-(2**52), max=3_185_198_775)
    assert [axis.from_unit(axis.to_unit(value)) for value in range(-5, 6)] == list(range(-5, 6))


@given(st.integers(1, 10**7 - 1), st.integers(-300, 292), st.sampled_from(["log", "linear", "reverseLog"]))
def test_a_float_of_seven_digits_comes_back_as_itself(digits: int, exponent: int, scale: str) -> None:
    value = float(f"{digits}e{exponent}")
    low, high = (1e-300, 1e300) if scale == "log" else (value * 0.37, value * 41.0)
    assume(math.isfinite(high) and low <= value <= high)
    axis = an_axis(type="float", min=low, max=high, scale=scale)
    assert axis.from_unit(axis.to_unit(value)) == value


def test_proposed_floats_have_few_digits() -> None:
    axis = an_axis(type="float", min=1e-5, max=0.3, scale="log")
    assert axis.from_unit(axis.to_unit(1e-3)) == 1e-3
    drawn = [axis.from_unit(i / 997) for i in range(998)]
    assert max(len(Decimal(repr(value)).as_tuple().digits) for value in drawn) <= 12


@given(whole(), st.data())
@settings(max_examples=300)
def test_every_int_comes_back_as_itself(parameter: Parameter, data: st.DataObject) -> None:
    value = data.draw(st.integers(int(parameter.low), int(parameter.high)))
    axis = axis_of(parameter)
    back = axis.from_unit(axis.to_unit(value))
    assert type(back) is int
    assert back == value


@given(st.integers(0, 2**53))
@example(2**53)
@example(2**53 - 1)
@example(2**52)
def test_ints_up_to_two_to_the_53_come_back_as_themselves(value: int) -> None:
    axis = an_axis(type="int", min=0, max=2**53)
    assert axis.from_unit(axis.to_unit(value)) == value


@given(st.integers(-1000, 1000), st.integers(1, 300), st.integers(0, 10_000), st.data())
def test_steps_are_decimals_and_come_back_as_themselves(
    low: int, step: int, count: int, data: st.DataObject
) -> None:
    first, width = Decimal(low) / 100, Decimal(step) / 100
    high = float(first + width * count)
    axis = an_axis(type="float", min=float(first), max=high, step=float(width))
    index = data.draw(st.integers(0, count))
    value = float(first + width * index)
    assert axis.count == count + 1
    assert axis.from_unit(axis.to_unit(value)) == value


@given(st.floats(1e-300, 1e300), st.floats(0, 1), UNITS)
def test_steps_of_any_size_are_legal(low: float, part: float, u: float) -> None:
    high = low + part * (sys.float_info.max - low)
    step = (high - low) / 7
    assume(step > 0 and step > math.ulp(high))
    parameter = a_parameter(type="float", min=low, max=high, step=step)
    assert parameter.contains(axis_of(parameter).from_unit(u))


def test_the_last_step_may_lie_below_the_maximum() -> None:
    axis = an_axis(type="float", min=0.1, max=1.0, step=0.4)
    assert axis.count == 3
    assert [axis.from_unit(u) for u in (0.0, 0.34, 0.67, 1.0)] == [0.1, 0.5, 0.9, 0.9]


def test_uniform_units_give_every_step_the_same_share() -> None:
    axis = an_axis(type="int", min=1, max=5)
    drawn = [axis.from_unit((i + 0.5) / 1000) for i in range(1000)]
    assert {value: drawn.count(value) for value in drawn} == {1: 200, 2: 200, 3: 200, 4: 200, 5: 200}


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ({"type": "bool"}, [False, True]),
        ({"type": "categorical", "values": [1, True, "1", 2.5]}, [1, True, "1", 2.5]),
        ({"type": "ordinal", "values": [16, 8, 4]}, [16, 8, 4]),
        ({"type": "int", "min": 7, "max": 7}, [7]),
        ({"type": "float", "min": 0.25, "max": 0.25}, [0.25]),
        ({"type": "float", "min": 0.25, "max": 0.25, "scale": "log"}, [0.25]),
    ],
)
def test_listed_values_keep_their_type(fields: dict[str, Any], values: list[Any]) -> None:
    axis = an_axis(**fields)
    assert axis.count == len(values)
    for value in values:
        back = axis.from_unit(axis.to_unit(value))
        assert (type(back), back) == (type(value), value)


def test_one_and_one_point_nought_are_the_same_listed_value() -> None:
    axis = an_axis(type="categorical", values=[2, 1, "a"])
    back = axis.from_unit(axis.to_unit(1.0))
    assert (type(back), back) == (int, 1)


@pytest.mark.parametrize("fields", [{}, {"step": 0.5}])
def test_a_prior_gives_its_quantiles(fields: dict[str, float]) -> None:
    from scipy.stats import truncnorm

    axis = an_axis(
        type="float",
        min=-1,
        max=4,
        prior={"distribution": "normal", "mean": 1.0, "deviation": 2.0},
        **fields,
    )
    margin = fields.get("step", 0.0) / 2
    law = truncnorm((-1 - margin - 1) / 2, (4 + margin - 1) / 2, loc=1, scale=2)
    for i in range(1, 100):
        assert abs(axis.from_unit(i / 100) - law.ppf(i / 100)) <= 1e-9 + margin * 1.001


def test_a_log_normal_prior_is_one_of_the_logarithm() -> None:
    prior = {"distribution": "logNormal", "mean": math.log(1e-3), "deviation": 1.0}
    axis = an_axis(type="float", min=1e-9, max=1.0, prior=prior)
    assert axis.from_unit(0.5) == pytest.approx(1e-3)
    assert axis.from_unit(0.8413447460685429) == pytest.approx(math.e * 1e-3)


@given(st.integers(60, 140))
def test_ints_with_a_prior_come_back_as_themselves(value: int) -> None:
    prior = {"distribution": "normal", "mean": 100, "deviation": 10}
    axis = an_axis(type="int", min=1, max=10_000, prior=prior)
    assert axis.from_unit(axis.to_unit(value)) == value
