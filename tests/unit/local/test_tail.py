"""New lines of a file, whatever is written to it."""

import os
import time
from pathlib import Path

import pytest

from tunewright.local import tail
from tunewright.local.tail import MAX_LINE, Tail


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def all_lines(follower: Tail) -> list[bytes]:
    lines = []
    while follower.behind():
        lines += follower.lines()
    return lines


def test_lines_as_they_come(path: Path) -> None:
    follower = Tail(path)
    assert not follower.behind()
    assert follower.lines() == []
    append(path, b"one\ntw")
    assert follower.behind()
    assert follower.lines() == [b"one"]
    assert not follower.behind()
    append(path, b"o\n\nthree\r\nfour\rfi")
    assert follower.lines() == [b"two", b"", b"three", b"", b"four"]
    assert (follower.rest(), follower.rest()) == (b"fi", b"")


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 1000])
def test_the_same_lines_however_they_are_cut(path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(tail, "MAX_READ", chunk)
    append(path, "é\n\nlonger line ✓\nend".encode())
    follower = Tail(path)
    assert all_lines(follower) == ["é".encode(), b"", "longer line ✓".encode()]
    assert follower.rest() == b"end"


def test_an_endless_line_takes_no_memory(path: Path) -> None:
    append(path, b"x" * (3 * tail.MAX_READ) + b"\nshort\n" + b"y" * MAX_LINE)
    follower = Tail(path)
    assert all_lines(follower) == [b"x" * MAX_LINE, b"short"]
    assert follower.rest() == b"y" * MAX_LINE


def test_a_huge_file_is_given_up(path: Path) -> None:
    append(path, b"first\n")
    os.truncate(path, 2**40)
    begin = time.process_time()
    assert all_lines(Tail(path)) == [b"first"]
    assert time.process_time() - begin < 10


def test_a_file_that_is_cut_is_read_again(path: Path) -> None:
    follower = Tail(path)
    append(path, b"one\ntwo\nthr")
    follower.lines()
    path.write_bytes(b"new\n")
    assert follower.lines() == [b"new"]


def test_what_is_no_file_is_not_read(tmp_path: Path, path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    append(path, b"line\n")
    (tmp_path / "link").symlink_to(path)
    (tmp_path / "socket").symlink_to("/dev/zero")
    for name in ("pipe", "directory", "link", "socket", "nothing"):
        follower = Tail(tmp_path / name)
        assert not follower.behind()
        assert follower.lines() == []


def test_when_it_was_written(path: Path) -> None:
    append(path, b"x")
    os.utime(path, ns=(0, 1_234_567_891_000_000))
    follower = Tail(path)
    follower.behind()
    assert follower.written_at == 1_234_567_891
