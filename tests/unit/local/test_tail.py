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


def test_a_hole_of_any_size_takes_no_time(path: Path) -> None:
    append(path, b"first\n")
    os.truncate(path, 2**40)
    append(path, b"\nlast\n")
    begin = time.process_time()
    assert all_lines(Tail(path))[-1] == b"last"
    os.truncate(path, 2**41)
    assert all_lines(Tail(path))[-1] == b"last"
    assert time.process_time() - begin < 1


def test_a_long_file_is_read_to_its_end(path: Path) -> None:
    append(path, b"x\n" * 2**19 + b"last\n")
    follower = Tail(path)
    assert all_lines(follower)[-1] == b"last"


class TestRotation:
    @pytest.fixture
    def older(self, tmp_path: Path) -> Path:
        return tmp_path / "older"

    def rotate(self, path: Path, older: Path) -> None:
        draft = path.with_name("draft")
        draft.touch()
        path.replace(older)
        draft.replace(path)

    def test_a_line_across_it(self, path: Path, older: Path) -> None:
        follower = Tail(path, older)
        append(path, b"one\ntw")
        assert all_lines(follower) == [b"one"]
        append(path, b"o\nth")
        self.rotate(path, older)
        append(path, b"ree\n")
        assert all_lines(follower) == [b"two", b"three"]
        assert not follower.behind()
        append(path, b"four\n")
        assert all_lines(follower) == [b"four"]

    def test_between_its_two_steps(self, path: Path, older: Path) -> None:
        follower = Tail(path, older)
        append(path, b"one\n")
        follower.lines()
        append(path, b"two\n")
        path.replace(older)
        assert all_lines(follower) == [b"two"]
        append(path, b"three\n")
        assert all_lines(follower) == [b"three"]

    def test_nothing_is_read_twice(self, path: Path, older: Path) -> None:
        follower = Tail(path, older)
        lines = []
        for number in range(20):
            append(path, b"%d\n" % number)
            if number % 3 == 0:
                self.rotate(path, older)
            lines += all_lines(follower)
        assert lines == [b"%d" % number for number in range(20)]

    def test_one_that_begins_late_reads_both(self, path: Path, older: Path) -> None:
        append(path, b"one\n")
        self.rotate(path, older)
        append(path, b"two\n")
        assert all_lines(Tail(path, older)) == [b"one", b"two"]

    def test_one_that_was_overtaken_goes_on_with_the_oldest(self, path: Path, older: Path) -> None:
        follower = Tail(path, older)
        append(path, b"one\nunfin")
        follower.lines()
        append(path, b"ished\nlost\n")
        for line in (b"two\n", b"three\n"):
            self.rotate(path, older)
            append(path, line)
        assert all_lines(follower) == [b"two", b"three"]


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
