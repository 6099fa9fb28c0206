"""What an attempt has reported, from whatever it wrote."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
import regex

from tunewright.local.attempt_files import AttemptFiles
from tunewright.local.reports import MAX_SEARCH, Reports
from tunewright.metrics.gathering import MAX_METRICS
from tunewright.metrics.log import DEFAULT_PATTERN

BEGAN = 1_000_000
NOW = 2_000_000


@pytest.fixture
def files(tmp_path: Path) -> AttemptFiles:
    return AttemptFiles(tmp_path)


def report(files: AttemptFiles, step: int, seconds: float = 1500.0, **metrics: float | str) -> None:
    with files.observations.open("a") as file:
        file.write(json.dumps({"step": step, "time": seconds, "metrics": metrics}) + "\n")
    os.utime(files.observations, ns=(0, 1_700_000 * 10**6))


def last_word(files: AttemptFiles, final: bool = False, **metrics: list[Any]) -> None:
    files.last_word.write_text(json.dumps({"v": 2, "final": final, "metrics": metrics, "curve": {}}))


def read(files: AttemptFiles, *objectives: str, log_pattern: regex.Pattern[str] | None = None) -> Reports:
    reports = Reports(files, objectives, log_pattern)
    while reports.behind():
        reports.read(BEGAN, NOW)
    return reports


def test_reports(files: AttemptFiles) -> None:
    report(files, 1, loss=0.5, accuracy=0.7)
    report(files, 2, loss=0.25)
    reports = read(files)
    loss = reports.metrics["loss"]
    assert (loss.last, loss.last_step, loss.max, loss.max_step) == (0.25, 2, 0.5, 1)
    assert reports.curves() == {"loss": [(1, 0.5), (2, 0.25)], "accuracy": [(1, 0.7)]}
    assert (reports.not_finite, reports.reported_at, reports.note()) == (frozenset(), 1_500_000, "")


def test_nothing(files: AttemptFiles) -> None:
    reports = read(files)
    assert reports.finish(BEGAN, NOW) is None
    assert (reports.metrics, reports.curves(), reports.reported_at, reports.note()) == ({}, {}, None, "")


def test_values_that_are_not_finite(files: AttemptFiles) -> None:
    report(files, 1, loss=0.5, gain="-Infinity")
    report(files, 2, loss="NaN")
    reports = read(files)
    assert reports.not_finite == {"loss", "gain"}
    assert reports.metrics["loss"].last == 0.5
    assert reports.curves() == {"loss": [(1, 0.5)]}


@pytest.mark.parametrize(
    ("seconds", "reported_at"),
    [(1000.0, 1_000_000), (999.0, 1_700_000), (2000.0, 2_000_000), (2001.0, 1_700_000), (1e300, 1_700_000)],
)
def test_a_time_that_cannot_be_is_replaced_by_the_files(
    files: AttemptFiles, seconds: float, reported_at: int
) -> None:
    report(files, 1, seconds, loss=0.5)
    assert read(files).reported_at == reported_at


def test_a_file_from_the_future_counts_as_written_now(files: AttemptFiles) -> None:
    report(files, 1, 0, loss=0.5)
    os.utime(files.observations, ns=(0, 9_000_000 * 10**6))
    assert read(files).reported_at == NOW


def test_reported_at_does_not_go_back(files: AttemptFiles) -> None:
    report(files, 1, 1600, loss=0.5)
    report(files, 2, 1500, loss=0.5)
    assert read(files).reported_at == 1_600_000


def test_garbage_is_passed_over_and_counted(files: AttemptFiles) -> None:
    report(files, 1, loss=0.5)
    with files.observations.open("ab") as file:
        file.write(b"garbage\n\n\xff\xfe\x00\n" + b"x" * 10**6 + b'\n{"step": 2}\n')
    report(files, 3, loss=0.25)
    reports = read(files)
    assert reports.curves() == {"loss": [(1, 0.5), (3, 0.25)]}
    assert reports.note() == "lines of observations.jsonl that hold no observation: 4"


def test_a_torn_line_waits_for_its_end(files: AttemptFiles) -> None:
    line = b'{"step": 2, "metrics": {"loss": 0.25}}\n'
    report(files, 1, loss=0.5)
    reports = read(files)
    for cut in (line[:10], line[10:25], line[25:]):
        with files.observations.open("ab") as file:
            file.write(cut)
        assert reports.metrics["loss"].last_step == 1
        reports.read(BEGAN, NOW)
    assert reports.metrics["loss"].last_step == 2


@pytest.mark.parametrize("cut", [1, 10])
def test_a_line_torn_by_the_end_is_no_garbage(files: AttemptFiles, cut: int) -> None:
    report(files, 1, loss=0.5)
    report(files, 2, loss=0.25)
    os.truncate(files.observations, files.observations.stat().st_size - cut)
    reports = read(files)
    reports.finish(BEGAN, NOW)
    assert reports.metrics["loss"].last_step == (2 if cut == 1 else 1)
    assert reports.note() == ""


def test_the_last_word_adds_what_the_file_lacks(files: AttemptFiles) -> None:
    report(files, 1, loss=0.5)
    last_word(
        files,
        final=True,
        loss=[[4, 0.25], [3, 0.125], [2, 1.0]],
        gain=[[4, 2.0], None, None, 1],
        norm=[None] * 3 + [2],
    )
    reports = read(files)
    assert reports.finish(BEGAN, NOW) is True
    loss = reports.metrics["loss"]
    assert (loss.last, loss.last_step, loss.min, loss.min_step) == (0.25, 4, 0.125, 3)
    assert (loss.max, loss.max_step) == (1.0, 2)
    assert reports.curves() == {"loss": [(1, 0.5), (4, 0.25)], "gain": [(4, 2.0)]}
    assert reports.not_finite == {"gain", "norm"}


def test_the_last_word_repeats_what_the_file_has(files: AttemptFiles) -> None:
    report(files, 1, loss=0.5)
    last_word(files, loss=[[1, 0.5], None, None])
    reports = read(files)
    assert reports.finish(BEGAN, NOW) is False
    assert reports.curves() == {"loss": [(1, 0.5)]}


def test_a_huge_last_word_is_garbage(files: AttemptFiles) -> None:
    files.last_word.write_bytes(b'{"final": true, "x": "' + b"x" * 10**6 + b'"}')
    assert read(files).finish(BEGAN, NOW) is False


def test_files_that_are_none(files: AttemptFiles) -> None:
    os.mkfifo(files.last_word)
    os.mkfifo(files.observations)
    assert read(files).finish(BEGAN, NOW) is None


def test_too_many_metrics_do_not_crowd_out_the_objective(files: AttemptFiles) -> None:
    for index in range(MAX_METRICS + 6):
        report(files, index, **{f"m{index}": 1.0})
    report(files, 99, accuracy=0.9, m0=2.0)
    reports = read(files, "accuracy")
    assert len(reports.metrics) == MAX_METRICS + 1
    assert (reports.metrics["accuracy"].last, reports.metrics["m0"].last) == (0.9, 2.0)
    assert reports.note() == f"of its metrics only the first {MAX_METRICS} were taken in"


def test_from_the_log(files: AttemptFiles) -> None:
    files.log.write_text(
        "starting\nepoch 1 loss=0.5\n\x1b[1mepoch 2\x1b[0m loss=nan\rhello\nepoch 3 loss=0.25"
    )
    os.utime(files.log, ns=(0, 1_700_000 * 10**6))
    report(files, 9, loss=9.0)
    reports = read(files, log_pattern=DEFAULT_PATTERN)
    assert reports.finish(BEGAN, NOW) is None
    assert reports.curves() == {"loss": [(1, 0.5), (3, 0.25)]}
    assert (reports.not_finite, reports.reported_at, reports.note()) == (frozenset({"loss"}), 1_700_000, "")


def test_a_log_whose_expression_takes_too_long_is_searched_no_further(files: AttemptFiles) -> None:
    lines = ["a=1", "a" * 200, "a=2", "a=3"]
    files.log.write_text("\n".join(lines))
    begin = time.process_time()
    reports = read(files, log_pattern=regex.compile(r"(?P<name>(a|aa)+)=(?P<value>\d)"))
    assert time.process_time() - begin < 2 * MAX_SEARCH
    with files.log.open("a") as file:
        file.write("\na=4\n")
    assert not reports.behind()
    reports.read(BEGAN, NOW)
    reports.finish(BEGAN, NOW)
    assert reports.metrics["a"].max == 1
    assert reports.note() == "its log was searched no further: metrics.pattern takes too long"
