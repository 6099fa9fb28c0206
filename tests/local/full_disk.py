"""A small file system to fill."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.local.attempts import kill_attempts

MIB = 2**20


@contextmanager
def small_disk(point: Path, size: int) -> Iterator[Path]:
    """A file system of `size` bytes, mounted at `point`."""
    point.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", point], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield point
    finally:
        kill_attempts(point)
        subprocess.run(["umount", "--lazy", point], check=True)


def fill(directory: Path) -> Path:
    """A file that takes all the room that is left."""
    path = directory / "filler"
    with path.open("wb", buffering=0) as file:
        for size in (MIB, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return path
