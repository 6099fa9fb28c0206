"""The control groups of one cluster: its processes are in `machine`, its pods in what the kubelet makes."""

import errno
import time
from pathlib import Path

ROOT = "tunewright"


def hierarchies() -> list[Path]:
    """Where control groups are mounted: one folder per controller (version 1), or one for all (version 2)."""
    return mounted("cgroup") or mounted("cgroup2")


def mounted(kind: str) -> list[Path]:
    mounts = [line.split(" - ") for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [Path(mount.split()[4]) for mount, source in mounts if source.split()[0] == kind]


def path(name: str) -> str:
    """The group of the cluster's pods and processes, from a hierarchy's root."""
    return f"/{ROOT}/{name}"


def make(name: str) -> list[str]:
    """Make the groups; answers the files through which a process enters `machine`."""
    entries = []
    for hierarchy in hierarchies():
        group = hierarchy
        for part in (ROOT, name, "machine"):
            pass_on(group, part)
            group = group / part
        entries.append(str(group / "cgroup.procs"))
    return entries


def pass_on(parent: Path, child: str) -> None:
    """Make a child group that can be used as its parent can."""
    controllers = parent / "cgroup.controllers"
    if controllers.exists():
        for controller in controllers.read_text().split():
            (parent / "cgroup.subtree_control").write_text(f"+{controller}")
    (parent / child).mkdir(exist_ok=True)
    for name in ("cpuset.cpus", "cpuset.mems"):  # version 1: a new group has none and takes no process
        file = parent / child / name
        if not controllers.exists() and file.exists() and not file.read_text().strip():
            file.write_text((parent / name).read_text())


def members(name: str) -> list[int]:
    """The pids of all processes of the cluster, its pods' too."""
    for hierarchy in hierarchies():
        files = (hierarchy / ROOT / name).rglob("cgroup.procs")
        return [int(pid) for file in files for pid in file.read_text().split()]
    return []


def remove(name: str, within: float = 10.0) -> None:
    """Remove the groups of a cluster whose processes have ended.

    Raises:
        TimeoutError: a process is still in one of them.
    """
    until = time.monotonic() + within
    for hierarchy in mounted("cgroup") + mounted("cgroup2"):  # runc uses a second version beside the first
        root = hierarchy / ROOT
        while not emptied(root / name):
            if time.monotonic() > until:
                raise TimeoutError(f"control group {root / name} is still in use")
            time.sleep(0.05)
        if root.is_dir() and not any(child.is_dir() for child in root.iterdir()):
            root.rmdir()


def emptied(group: Path) -> bool:
    """Remove a group and those in it; False where the kernel still counts a process in it."""
    if not group.is_dir():
        return True
    inner = sorted((child for child in group.rglob("*") if child.is_dir()), reverse=True)
    for folder in [*inner, group]:
        try:
            folder.rmdir()
        except OSError as failed:
            if failed.errno != errno.EBUSY:
                raise
            return False
    return True


def memory(name: str) -> int:
    """Bytes that the cluster's processes and pods hold, without the page cache."""
    for hierarchy in hierarchies():
        stat = hierarchy / ROOT / name / "memory.stat"
        if stat.exists():
            fields = dict(line.split() for line in stat.read_text().splitlines())
            return int(fields.get("total_rss") or fields["anon"])
    return 0
