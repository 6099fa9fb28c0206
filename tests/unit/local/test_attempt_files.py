"""The records in an attempt's directory."""

import json
from pathlib import Path

import pytest

from tunewright.engine.facts import Cause
from tunewright.local import shim
from tunewright.local.attempt_files import AttemptFiles, ExitRecord, ProcessRecord

EXIT = {"ended_at": 5, "code": -9, "cause": "OutOfMemory", "message": "é✓"}


@pytest.fixture
def files(tmp_path: Path) -> AttemptFiles:
    return AttemptFiles(tmp_path)


def test_before_it_began(files: AttemptFiles) -> None:
    assert (files.process(), files.exit(), files.begun(), files.last_sign_of_life()) == (
        None,
        None,
        False,
        None,
    )
    assert files.last_logged_line() == ""


def test_what_the_shim_writes_is_read(files: AttemptFiles, tmp_path: Path) -> None:
    shim.write_record(tmp_path / shim.PROCESS, {"pid": 7, "start_time": None, "started_at": 5})
    shim.write_record(tmp_path / shim.EXIT, EXIT)
    assert files.process() == ProcessRecord(7, None, 5)
    assert files.exit() == ExitRecord(5, -9, Cause.OUT_OF_MEMORY, "é✓")
    assert files.begun()


@pytest.mark.parametrize("cause", [shim.DEADLINE, shim.OUT_OF_MEMORY, shim.CANNOT_START, shim.DISK_FULL])
def test_the_shim_names_causes_as_the_engine_does(cause: str) -> None:
    assert cause in set(Cause)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        json.dumps(EXIT)[:-1],
        json.dumps({**EXIT, "cause": "?"}),
        "[" * 4096,
        "\0" * 9000,
    ],
)
def test_a_record_that_cannot_be_read_is_none(files: AttemptFiles, tmp_path: Path, text: str) -> None:
    for name in (shim.PROCESS, shim.EXIT):
        (tmp_path / name).write_text(text)
    assert (files.process(), files.exit()) == (None, None)
    assert files.begun()


def test_a_loss_is_recorded(files: AttemptFiles) -> None:
    record = files.record_loss(7, "gone")
    assert files.exit() == record == ExitRecord(7, None, Cause.DISRUPTED, "gone")


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (b"", ""),
        (b"one\ntwo \n\n \n", "two"),
        (b"one\rtwo", "two"),
        (b"x" * 10_000, "x" * 4096),
        ("é✓\n".encode(), "é✓"),
        (b"\xff\n", "\ufffd"),
    ],
)
def test_the_last_line_of_the_log(files: AttemptFiles, log: bytes, line: str) -> None:
    files.log.write_bytes(log)
    assert files.last_logged_line() == line


def test_the_last_line_of_a_log_that_was_just_begun_anew(files: AttemptFiles) -> None:
    files.older_log.write_text("one\ntwo\n")
    files.log.touch()
    assert files.last_logged_line() == "two"
    files.log.write_text("three\n")
    assert files.last_logged_line() == "three"


def test_what_is_not_ours(files: AttemptFiles, tmp_path: Path) -> None:
    for name in (shim.LOCK, shim.PROCESS, shim.EXIT, shim.LOG, shim.OLDER_LOG, "observations.jsonl", "core"):
        (tmp_path / name).touch()
    assert {path.name for path in files.not_ours()} == {"observations.jsonl", "core"}
