"""The last word."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunewright.api.trial import MetricSummary
from tunewright.metrics.last_word import readings_of_last_word
from tunewright.metrics.readings import NONE, Readings
from tunewright_trainer.sdk.last_word import compose
from tunewright_trainer.sdk.record import Record

WORD = {
    "v": 2,
    "final": True,
    "metrics": {"accuracy": [[7, 0.9], [1, 0.5], None], "loss": [None, None, None, 2]},
    "curve": {"accuracy": [[1, 0.5], [7, 0.9]]},
}
ACCURACY = MetricSummary(last=0.9, last_step=7, min=0.5, min_step=1, max=0.9, max_step=7)
READINGS = Readings(
    {"accuracy": ACCURACY}, frozenset({"loss"}), curves={"accuracy": ((1, 0.5), (7, 0.9))}, final=True
)


def test_a_last_word() -> None:
    assert readings_of_last_word(json.dumps(WORD).encode()) == READINGS


@given(st.lists(st.tuples(st.integers(0, 2**40), st.floats()), min_size=1))
def test_what_the_sdk_writes_is_read_exactly(reports: list[tuple[int, float]]) -> None:
    reports.sort(key=lambda report: report[0])
    record = Record()
    for step, value in reports:
        record.add(step, {"loss": value})
    readings = readings_of_last_word(compose(record, ["loss"], final=False))
    finite = [(step, value) for step, value in reports if math.isfinite(value)]
    assert readings.final is False
    assert readings.not_finite == (frozenset({"loss"}) if len(finite) < len(reports) else frozenset())
    if finite:
        least = min(finite, key=lambda point: point[1])
        greatest = max(finite, key=lambda point: point[1])
        assert readings.metrics["loss"] == MetricSummary(
            last=finite[-1][1],
            last_step=finite[-1][0],
            min=least[1],
            min_step=least[0],
            max=greatest[1],
            max_step=greatest[0],
        )
    else:
        assert readings.metrics == {}


def test_before_the_first_report() -> None:
    assert readings_of_last_word(compose(Record(), ["accuracy"], final=False)) == Readings(final=False)


@pytest.mark.parametrize("padding", [b"", b" " * 100, b"\n", b'"curve":{"accuracy":[[1,0.5]]}}'])
def test_what_a_longer_word_left_behind_is_passed_over(padding: bytes) -> None:
    assert readings_of_last_word(json.dumps(WORD).encode() + padding) == READINGS


@pytest.mark.parametrize("text", [b"", b"\n", b"\0\0\0"])
def test_nothing_was_said(text: bytes) -> None:
    assert readings_of_last_word(text) == NONE


@pytest.mark.parametrize(
    "text",
    [
        b"garbage",
        b'{"v":2,"final":true',
        b'{"final":"true"}',
        b'{"final":1}',
        b"[]",
        b"x" * 10**6,
        b"[" * 10**6,
    ],
)
def test_garbage_is_not_final(text: bytes) -> None:
    assert readings_of_last_word(text) == Readings(final=False)


@pytest.mark.parametrize(
    "entry",
    [
        0.9,
        None,
        [],
        {"last": 1},
        [0.9],
        [[1]],
        [["1", 0.9]],
        [[1, "NaN"]],
        [[-1, 0.9]],
        [[1, 0.9, 2]],
        [None, [1, 0.9], [1, 0.9]],
        [None, None, None, 0],
        [None, None, None, "many"],
    ],
)
def test_a_metric_that_cannot_be_read_is_left_out(entry: Any) -> None:
    word = {**WORD, "metrics": {"accuracy": WORD["metrics"]["accuracy"], "odd": entry, "": entry}}  # type: ignore[index]
    readings = readings_of_last_word(json.dumps(word).encode())
    assert (readings.metrics, readings.not_finite) == ({"accuracy": ACCURACY}, frozenset())


@pytest.mark.parametrize("curve", [None, [], {"accuracy": 1}, {"accuracy": [[1], 2, [3, "NaN"], None]}])
def test_a_curve_that_cannot_be_read_is_left_out(curve: Any) -> None:
    readings = readings_of_last_word(json.dumps({**WORD, "curve": curve}).encode())
    assert (readings.curves, readings.metrics) == ({}, {"accuracy": ACCURACY})


@given(st.integers(1, 200))
def test_a_torn_word_is_not_final(cut: int) -> None:
    assert not readings_of_last_word(json.dumps(WORD).encode()[:-cut]).final
