"""The observations file."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunewright.metrics.lines import parse_line
from tunewright.metrics.observations import Observation

OTHERWISE = 5


def test_a_report() -> None:
    line = b'{"step":3,"time":1699.2,"metrics":{"validation_accuracy":0.93,"loss":1e-3}}'
    expected = Observation(3, {"validation_accuracy": 0.93, "loss": 0.001}, 1_699_200)
    assert parse_line(line, OTHERWISE) == expected


def test_nan_and_infinities() -> None:
    line = b'{"step":0,"time":1,"metrics":{"a":"NaN","b":"Infinity","c":"-Infinity","d":NaN}}'
    observation = parse_line(line, OTHERWISE)
    assert observation is not None
    a, b, c, d = observation.values.values()
    assert math.isnan(a) and b == math.inf and c == -math.inf and math.isnan(d)


@pytest.mark.parametrize("time", ["null", '"NaN"', '"noon"', "1e300", "NaN", "Infinity", "[]"])
def test_a_time_that_is_none(time: str) -> None:
    observation = parse_line(f'{{"step":1,"time":{time},"metrics":{{"a":1}}}}'.encode(), OTHERWISE)
    assert observation == Observation(1, {"a": 1.0}, OTHERWISE)


def test_no_time_and_an_unreadable_metric() -> None:
    assert parse_line(b'{"step":1,"metrics":{"a":1,"b":"x"}}', OTHERWISE) == Observation(
        1, {"a": 1.0}, OTHERWISE
    )


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b"garbage",
        b"\x00\xff\xfe",
        b'{"step":1,"metrics":{"a":1',
        b'{"step":1}',
        b'{"step":1,"metrics":{}}',
        b'{"step":1,"metrics":{"a":"x"}}',
        b'{"step":1,"metrics":[1]}',
        b'{"step":-1,"metrics":{"a":1}}',
        b'{"metrics":{"a":1}}',
        b'["step"]',
        b"null",
        b"[" * 60_000,
        b'{"step":' + b"9" * 60_000 + b',"metrics":{"a":1}}',
    ],
)
def test_garbage(line: bytes) -> None:
    assert parse_line(line, OTHERWISE) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_harmless(line: bytes) -> None:
    assert parse_line(line, OTHERWISE) is None


@given(
    step=st.integers(0, 2**53 - 1),
    time=st.floats(0, 4e9),
    value=st.floats(allow_nan=False, allow_infinity=False),
    cut=st.integers(1, 1000),
)
def test_a_torn_line_is_never_taken_for_another(step: int, time: float, value: float, cut: int) -> None:
    line = f'{{"step":{step},"time":{time!r},"metrics":{{"a":{value!r}}}}}'.encode()
    assert parse_line(line, OTHERWISE) == Observation(step, {"a": value}, round(time * 1000))
    assert parse_line(line[:-cut], OTHERWISE) is None
