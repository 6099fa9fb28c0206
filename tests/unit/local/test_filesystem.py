"""Which file systems can hold a study."""

from pathlib import Path

import pytest

from tunewright.api.problems import InvalidInput
from tunewright.local import filesystem
from tunewright.local.filesystem import Mount, is_network, mount_of, mounts, require_local

MOUNTS = [
    Mount("/", "ext4"),
    Mount("/home", "autofs"),
    Mount("/home", "nfs4"),
    Mount("/home/me/disk", "xfs"),
    Mount("/mnt/c", "9p"),
    Mount("/srv", "ext4"),
]


@pytest.mark.parametrize(
    ("path", "point", "type_"),
    [
        ("/", "/", "ext4"),
        ("/tmp/x", "/", "ext4"),
        ("/home", "/home", "nfs4"),
        ("/home/me/study", "/home", "nfs4"),
        ("/home/me/disk/study", "/home/me/disk", "xfs"),
        ("/homestead", "/", "ext4"),
        ("/mnt/c/Users", "/mnt/c", "9p"),
        ("/srv", "/srv", "ext4"),
    ],
)
def test_the_mount_that_holds_a_path(path: str, point: str, type_: str) -> None:
    assert mount_of(Path(path), MOUNTS) == Mount(point, type_)
    assert mount_of(Path(path), []) is None


def test_the_mounts_of_this_machine() -> None:
    assert mount_of(Path("/"), mounts()) is not None


@pytest.mark.parametrize(
    "type_",
    [
        "nfs",
        "nfs4",
        "NFS",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "lustre",
        "ceph",
        "beegfs",
        "glusterfs",
        "gpfs",
        "afpfs",
        "webdav",
        "fuse.sshfs",
        "fuse.s3fs",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.juicefs",
        "vboxsf",
    ],
)
def test_network(type_: str) -> None:
    assert is_network(type_)


@pytest.mark.parametrize(
    "type_",
    [
        "ext4",
        "xfs",
        "btrfs",
        "zfs",
        "tmpfs",
        "overlay",
        "apfs",
        "hfs",
        "ntfs",
        "fuseblk",
        "fuse.ntfs-3g",
        "fuse.mergerfs",
        "virtiofs",
    ],
)
def test_local(type_: str) -> None:
    assert not is_network(type_)
    assert not is_network("")


def test_a_link_counts_by_where_it_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = tmp_path / "remote"
    remote.mkdir()
    link = tmp_path / "link"
    link.symlink_to(remote)
    monkeypatch.setattr(filesystem, "mounts", lambda: [Mount("/", "ext4"), Mount(str(remote), "fuse.sshfs")])
    require_local(tmp_path / "not/there/yet")
    with pytest.raises(InvalidInput, match="is on a network file system"):
        require_local(link / "not/there/yet")
