"""Which file system a study lies on, and whether it can hold one."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import psutil

from tunewright.api.problems import InvalidInput, Problem

_NETWORK = re.compile(
    r"(fuse\.)?(9p|afp\w*|afs|beegfs|ceph\w*|cifs|coda|davfs2?|glusterfs|gpfs|lustre|ncpfs|nfs\d?|panfs|pvfs2"
    r"|smb\w*|vboxsf|webdav)"
    r"|fuse\.(gcsfuse|goofys|juicefs|mfs|rclone|s3fs|seaweedfs|sshfs)"
)


class Mount(NamedTuple):
    """A mounted file system: where, and of which type."""

    point: str
    type: str


def mounts() -> list[Mount]:
    """All mounted file systems, the latest last."""
    return [Mount(each.mountpoint, each.fstype) for each in psutil.disk_partitions(all=True)]


def mount_of(path: Path, among: Iterable[Mount]) -> Mount | None:
    """The mount that holds the absolute path: the one deepest down, and of those at one point the latest."""
    best: Mount | None = None
    for mount in among:
        deeper = best is None or len(Path(mount.point).parts) >= len(Path(best.point).parts)
        if deeper and path.is_relative_to(mount.point):
            best = mount
    return best


def is_network(type_: str) -> bool:
    """Whether it is the type of a network file system, where locks and SQLite's shared memory may fail."""
    return _NETWORK.fullmatch(type_.lower()) is not None


def require_local(directory: Path) -> None:
    """Check that the directory, or what will hold it, is on this machine's own disk.

    Raises:
        InvalidInput: it is on a network file system.
    """
    mount = mount_of(directory.resolve(), mounts())
    if mount is not None and is_network(mount.type):
        message = (
            f"is on a network file system ({mount.type}, mounted at {mount.point}), where a study can be "
            "damaged; choose another --dir, on a local disk"
        )
        raise InvalidInput([Problem("", message)], str(directory))
