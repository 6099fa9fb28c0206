"""The disk that a study lies on: a reserve that attempts must leave, and a ballast to throw off."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

BALLAST_SIZE = 4 * 2**20

_RESERVE = 64 * 2**20
_RESERVED_SHARE = 0.01


def reserve_of(total: int) -> int:
    """Bytes to be left free on a file system of `total` bytes: 64 MiB or 1 %, but at most a quarter."""
    return int(min(max(_RESERVE, _RESERVED_SHARE * total), total / 4))


class Disk:
    """The file system that holds a directory.

    Attributes:
        reserve: how many of its bytes are to be left free.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.reserve = reserve_of(shutil.disk_usage(directory).total)

    def full(self) -> bool:
        """Whether less than the reserve is free."""
        return shutil.disk_usage(self._directory).free < self.reserve


def used_by(paths: Iterable[Path]) -> int:
    """Bytes on the disk of the files and of all below the directories."""
    total = 0
    for path in paths:
        with suppress(OSError):
            total += path.lstat().st_blocks * 512
        for parent, directories, files in os.walk(path):
            for name in (*directories, *files):
                with suppress(OSError):
                    total += Path(parent, name).lstat().st_blocks * 512
    return total


def remove(paths: Iterable[Path]) -> None:
    """Remove the files, and the directories with all below them, as far as that can be done."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()


class Ballast:
    """A file that takes room for the store's last words: removed where the disk is full, so that they fit."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> None:
        """Take the room, where it is not taken and there is enough."""
        if self._path.exists() or shutil.disk_usage(self._path.parent).free < 2 * BALLAST_SIZE:
            return
        with suppress(OSError):
            self._path.write_bytes(bytes(BALLAST_SIZE))

    def drop(self) -> bool:
        """Give the room back; False if it was not taken."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
