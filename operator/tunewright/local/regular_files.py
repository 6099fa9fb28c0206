"""Reading files that an attempt may have replaced by anything: a pipe would block, a link lead anywhere."""

import os
import stat
from pathlib import Path


def status_of(path: Path) -> os.stat_result | None:
    """The status of a regular file; None where there is none of that name."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def opened(path: Path) -> int | None:
    """A descriptor that reads a regular file, to be closed; None where there is no such file."""
    if status_of(path) is None:
        return None
    try:
        # Between the look and this it may have been replaced: opening must not block, nor follow a link.
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None


def read_file(path: Path, size: int, offset: int = 0) -> bytes:
    """At most `size` bytes of a regular file, from `offset` on; nothing where there is no such file."""
    descriptor = opened(path)
    if descriptor is None:
        return b""
    try:
        return os.pread(descriptor, size, offset)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
