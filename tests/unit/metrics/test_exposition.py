"""The page that the SDK serves."""

import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from tunewright.metrics.curves import summary_of
from tunewright.metrics.exposition import Page, parse_page
from tunewright.metrics.readings import Readings
from tunewright_trainer.sdk.exposition import RecordCollector
from tunewright_trainer.sdk.record import Record


def page_of(record: Record, trial: str | None = "digits-ab-3", attempt: int | None = 2) -> bytes:
    """As it is served."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RecordCollector(record, threading.Lock(), trial, attempt))
    return generate_latest(registry)


@given(st.lists(st.tuples(st.integers(0, 2**53 - 1), st.floats()), min_size=1))
def test_is_read_exactly(reports: list[tuple[int, float]]) -> None:
    reports.sort(key=lambda report: report[0])
    record = Record(milestones=(5,))
    for step, value in reports:
        record.add(step, {"a/b.c-d": value})
    readings = parse_page(page_of(record)).readings
    points = [(step, value) for step, value in reports if math.isfinite(value)]
    assert readings.metrics == ({"a/b.c-d": summary_of(points)} if points else {})
    assert readings.not_finite == ({"a/b.c-d"} if len(points) < len(reports) else set())


def test_before_the_first_report() -> None:
    assert parse_page(page_of(Record())) == Page(("digits-ab-3", "2"), Readings())


def test_of_a_program_that_was_not_told_whose_it_is() -> None:
    assert parse_page(page_of(Record(), None, None)).attempt is None


def test_what_else_is_on_the_page_is_passed_over() -> None:
    record = Record()
    record.add(3, {"loss": 0.5})
    others = b'python_info{version="3"} 1\nbroken{ 1\n' + b"x" * 10**6 + b"\ntunewright_other 1\n\xff\n"
    assert parse_page(others + page_of(record) + others) == parse_page(page_of(record))


@pytest.mark.parametrize(
    "line",
    [
        b'tunewright_metric{name="gain"} 1',
        b'tunewright_metric_step{name="gain"} 1',
        b'tunewright_metric{name=""} 1',
        b'tunewright_metric{name="' + b"n" * 64 + b'"} 1',
        b"tunewright_metric 1",
        b"tunewright_metric{" + b"n" * 1000,
    ],
)
def test_a_metric_that_is_not_whole_is_left_out(line: bytes) -> None:
    record = Record()
    record.add(3, {"loss": 0.5})
    assert parse_page(page_of(record) + line + b"\n") == parse_page(page_of(record))


@pytest.mark.parametrize("step", ["-1", "1.5", "NaN", "+Inf", "1e300"])
def test_a_step_that_is_none(step: str) -> None:
    record = Record()
    record.add(3, {"loss": 0.5})
    page = page_of(record).replace(
        b'metric_step{name="loss"} 3.0', f'metric_step{{name="loss"}} {step}'.encode()
    )
    assert parse_page(page).readings.metrics == {}


@pytest.mark.parametrize(
    "page", [b"", b"<html>", b"\xff\x00" * 10, b"python_info 1\n", b"# TYPE tunewright_"]
)
def test_another_page(page: bytes) -> None:
    with pytest.raises(ValueError, match="the page has no metric tunewright_metric"):
        parse_page(page)


@pytest.mark.parametrize(
    "line",
    ["tunewright_metric{", 'tunewright_metric{name="a} 1', 'tunewright_metric{name="a"} one', "tunewright_"],
)
def test_a_broken_page(line: str) -> None:
    with pytest.raises(ValueError, match="the page is not in Prometheus' text format"):
        parse_page(page_of(Record()) + line.encode() + b"\n")


@given(st.text(st.sampled_from('abc_{}"=,\\ 1.eN#\t+-\n'), max_size=80))
def test_garbage_is_refused_or_passed_over(rest: str) -> None:
    page = f"# TYPE tunewright_metric gauge\ntunewright_metric{rest}\n".encode()
    try:
        assert parse_page(page).readings.metrics == {}
    except ValueError as error:
        assert "\n" not in str(error)
