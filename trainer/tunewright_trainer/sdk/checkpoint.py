"""Checkpoints: directories that appear whole or not at all. The newest one is kept.

One process writes at a time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tunewright_trainer.sdk.environment import Environment
from tunewright_trainer.sdk.stopping import the_stop_request

_PREFIX = "checkpoint-"


@contextmanager
def saving() -> Iterator[Path]:
    """A new, empty directory to write a checkpoint into: published when the block ends, dropped if it raises.

    With no TUNEWRIGHT_CHECKPOINT_DIR it is a temporary one that is dropped in any case.
    """
    the_stop_request()
    directory = Environment.read().checkpoint_directory
    if directory is None:
        with tempfile.TemporaryDirectory() as scratch:
            yield Path(scratch)
        return
    directory.mkdir(parents=True, exist_ok=True)
    draft = directory / ".draft"
    shutil.rmtree(draft, ignore_errors=True)  # a killed attempt's
    draft.mkdir()
    try:
        yield draft
        _flush(draft)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    older = _published(directory)
    number = int(older[-1].name.removeprefix(_PREFIX)) + 1 if older else 1
    draft.rename(directory / f"{_PREFIX}{number:08d}")
    _sync(directory)
    for path in older:
        shutil.rmtree(path)


def latest() -> Path | None:
    """The directory of the newest checkpoint, or None.

    Looks in TUNEWRIGHT_CHECKPOINT_DIR first, then in TUNEWRIGHT_CHECKPOINT_FROM.
    """
    the_stop_request()
    environment = Environment.read()
    for directory in (environment.checkpoint_directory, environment.checkpoint_source):
        published = _published(directory) if directory is not None else []
        if published:
            return published[-1]
    return None


def _published(directory: Path) -> list[Path]:
    return sorted(directory.glob(f"{_PREFIX}{'[0-9]' * 8}"))


def _flush(directory: Path) -> None:
    """Puts all below the directory on the disk, so that a rename cannot outlive its content."""
    for parent, _, names in os.walk(directory):
        for name in names:
            _sync(Path(parent, name))
        _sync(Path(parent))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
