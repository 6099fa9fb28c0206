"""Container stores: containerd's folders, kept between clusters so that an image is imported once."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.machine import places


@contextmanager
def free() -> Iterator[tuple[Path, int]]:
    """The first store that no cluster uses, and its lock: whoever holds that open file has the store."""
    number = 0
    while True:
        store = places.cache() / "stores" / str(number)
        store.mkdir(parents=True, exist_ok=True)
        lock = os.open(store / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            number += 1
            continue
        else:
            yield store, lock
            return
        finally:
            os.close(lock)
