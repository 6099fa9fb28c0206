"""The disk's reserve, its use, and the ballast."""

import os
from pathlib import Path

import pytest

from tunewright.local.disk import BALLAST_SIZE, Ballast, Disk, remove, reserve_of, used_by

GIB = 2**30
MIB = 2**20


@pytest.mark.parametrize(
    ("total", "reserve"), [(0, 0), (64 * MIB, 16 * MIB), (GIB, 64 * MIB), (100 * GIB, GIB)]
)
def test_reserve(total: int, reserve: int) -> None:
    assert reserve_of(total) == reserve


def test_a_disk_with_room(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    assert disk.reserve > 0
    disk.reserve = 1
    assert not disk.full()
    disk.reserve = 2**62
    assert disk.full()


def test_what_is_used(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    before = used_by([tmp_path])
    (tmp_path / "a/b/file").write_bytes(os.urandom(MIB))
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", GIB)
    (tmp_path / "loop").symlink_to(tmp_path)
    assert 0 <= used_by([tmp_path]) - before - MIB < 100_000
    assert used_by([tmp_path / "nothing"]) == 0
    assert used_by([tmp_path / "a/b/file"]) >= MIB


def test_removing_does_not_follow_links(tmp_path: Path) -> None:
    kept = tmp_path / "kept/file"
    kept.parent.mkdir()
    kept.touch()
    (tmp_path / "link").symlink_to(kept.parent)
    (tmp_path / "directory/deep").mkdir(parents=True)
    (tmp_path / "directory/link").symlink_to(kept.parent)
    remove([tmp_path / "link", tmp_path / "directory", tmp_path / "nothing"])
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert kept.exists()


def test_ballast(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "ballast")
    assert not ballast.drop()
    ballast.load()
    ballast.load()
    assert used_by([tmp_path / "ballast"]) >= BALLAST_SIZE
    assert ballast.drop()
    assert not (tmp_path / "ballast").exists()
