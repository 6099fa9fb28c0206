"""Metrics in what a program prints."""

import math
import time

import pytest
import regex

from tunewright.metrics.log import DEFAULT_PATTERN, MAX_LENGTH, LogReader, LogSearch
from tunewright.metrics.observations import Observation


def parse(line: str) -> Observation | None:
    return LogReader().parse(line.encode(), 5)


@pytest.mark.parametrize(
    ("line", "step", "values"),
    [
        ("accuracy=0.9", 1, {"accuracy": 0.9}),
        ("accuracy: 0.9, loss : 1.5e-3", 1, {"accuracy": 0.9, "loss": 0.0015}),
        ("loss=-.5 gain=+2 lr=1E5 n=3.", 1, {"loss": -0.5, "gain": 2.0, "lr": 1e5, "n": 3.0}),
        ("epoch=3 loss=0.5", 3, {"loss": 0.5}),
        ("Epoch 3/10: loss: 0.5", 3, {"loss": 0.5}),
        ("Epoch [3/10] loss=0.5", 3, {"loss": 0.5}),
        ("Epoch 3. loss=0.5", 3, {"loss": 0.5}),
        ("step 120 - loss=0.5", 120, {"loss": 0.5}),
        ("global_step=120 loss=0.5", 120, {"loss": 0.5}),
        ("epoch: 2 step: 500 loss: 0.5", 2, {"loss": 0.5}),
        ("total_epochs=30 loss=0.5", 1, {"total_epochs": 30.0, "loss": 0.5}),
        ("\x1b[32mval/acc=0.9\x1b[0m", 1, {"val/acc": 0.9}),
        ("2026-01-31 12:30:01 INFO val.f1-score=0.5", 1, {"val.f1-score": 0.5}),
        ("acc: 93%", 1, {"acc": 93.0}),
        ("{'loss': 0.5, 'acc': 1, 'epoch': 3}", 3, {"loss": 0.5, "acc": 1.0}),
        ('{"loss": 0.5, "global_step": 7, "acc":1}', 7, {"loss": 0.5, "acc": 1.0}),
        ("at 12:30:01 version=1.2.3 took: 12ms t: 12:30", 1, {}),
        ("loss: 1,234.5 gain=12,345 n=1,2", 1, {}),
        ("loss=1,gain=2, n=3,", 1, {"loss": 1.0, "gain": 2.0, "n": 3.0}),
        ("nothing here", 1, {}),
        ("ünïcödé ✓ loss=0.5", 1, {"loss": 0.5}),
        ("", 1, {}),
    ],
)
def test_lines(line: str, step: int, values: dict[str, float]) -> None:
    assert parse(line) == (Observation(step, values, 5) if values else None)


def test_nan_and_infinities() -> None:
    observation = parse("loss=nan gain: inf bad=-Infinity")
    assert observation is not None
    assert math.isnan(observation.values["loss"])
    assert (observation.values["gain"], observation.values["bad"]) == (math.inf, -math.inf)


def test_without_a_step_lines_that_hold_a_metric_are_counted() -> None:
    reader = LogReader()
    lines = ["loss=3", "saving", "loss=2", "epoch 9", "loss=1"]
    observations = [reader.parse(line.encode(), 0) for line in lines]
    assert [each.step for each in observations if each] == [1, 2, 3]


def test_an_expression_of_the_users_own() -> None:
    reader = LogReader(regex.compile(r"(?P<name>\w+) is now (?P<value>\S+)|(?P<other>x)"))
    assert reader.parse(b"accuracy is now 0.9, x, loss is now bad", 0) is None  # "0.9," is no number
    observation = reader.parse(b"x accuracy is now 0.9 loss is now bad", 7)
    assert observation == Observation(1, {"accuracy": 0.9}, 7)


def test_the_default_expression_is_legal_in_a_study() -> None:
    assert {"name", "value"} <= DEFAULT_PATTERN.groupindex.keys()


@pytest.mark.parametrize(
    "piece", ["a", "a=", "a=1", "1", "epoch ", "\x1b[", "a:" + " " * 9, "=", "ä", "1.", "-"]
)
def test_a_line_of_any_length_takes_a_bounded_time(piece: str) -> None:
    line = (piece * (10**6 // len(piece))).encode()
    before = time.process_time()
    LogReader().parse(line, 0)
    assert time.process_time() - before < 0.5


def test_an_expression_that_takes_exponential_time_is_stopped() -> None:
    reader = LogReader(regex.compile(r"(?P<name>(a|aa)+)=(?P<value>\d)"))
    before = time.process_time()
    with pytest.raises(TimeoutError):
        reader.parse(b"a" * 200, 0, 0.1)
    assert time.process_time() - before < 1


def test_what_lies_beyond_the_limit_is_not_searched() -> None:
    assert parse("x" * MAX_LENGTH + " loss=1") is None


def test_a_search() -> None:
    search = LogSearch(DEFAULT_PATTERN, lambda: 0.0)
    lines = [(b"loss=1", 5), (b"hello", 6), (b"loss=2", 7)]
    assert search.observations(lines, 1.0) == [
        Observation(1, {"loss": 1.0}, 5),
        Observation(2, {"loss": 2.0}, 7),
    ]
    assert search.observations(lines[:1], 1.0) == [Observation(3, {"loss": 1.0}, 5)]
    assert not search.given_up


def test_a_search_that_takes_too_long_is_given_up_for_good() -> None:
    times = iter(range(100))
    search = LogSearch(DEFAULT_PATTERN, lambda: float(next(times)))
    assert len(search.observations([(b"loss=1", 5)] * 50, 10.0)) == 9
    assert search.given_up
    assert search.observations([(b"loss=1", 5)], 1_000.0) == []
