"""Where a cluster's files are: what may be built again, and what is gone after `down`."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache() -> Path:
    """Built binaries and container stores: kept between clusters, safe to delete when none runs."""
    named = os.environ.get("TUNEWRIGHT_CLUSTER_CACHE")
    if named:
        return Path(named).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tunewright" / "cluster"


def states() -> Path:
    """One folder per cluster, deleted by `down`."""
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return base / "tunewright" / "cluster"


def state(name: str) -> Path:
    return states() / name


def forget(name: str) -> bool:
    """Delete a cluster's folder, and those above it that are empty then; says whether it was there."""
    if not state(name).exists():
        return False
    shutil.rmtree(state(name))
    for folder in (states(), states().parent):
        if any(folder.iterdir()):
            break
        folder.rmdir()
    return True


@contextmanager
def locked(what: str) -> Iterator[None]:
    """One process at a time does `what` (`build`, `lifecycle`); the kernel lets go when the process dies."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
