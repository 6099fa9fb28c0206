"""What of this machine attempts can use: its CUDA devices and its processor cores."""

import math
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_PATIENCE = 20.0
_UUID = re.compile(r"UUID: *((?:GPU|MIG)-[\w/-]+)")


def gpus() -> list[str]:
    """The CUDA devices, each as CUDA_VISIBLE_DEVICES names it; CUDA_VISIBLE_DEVICES itself is honoured."""
    return visible(os.environ, present())


def present() -> list[str]:
    """The UUIDs of all devices in this machine; of one cut into MIG slices those of its slices."""
    try:
        listing = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=_PATIENCE, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return sorted(
            uuid
            for information in Path("/proc/driver/nvidia/gpus").glob("*/information")
            for uuid in _UUID.findall(information.read_text(errors="replace"))
        )
    return parse_listing(listing)


def parse_listing(text: str) -> list[str]:
    """The UUIDs in what `nvidia-smi -L` prints."""
    devices: list[str] = []
    for line in text.splitlines():
        for uuid in _UUID.findall(line):
            if uuid.startswith("MIG-") and devices and devices[-1].startswith("GPU-"):
                devices.pop()  # cut into slices, it cannot be used whole
            devices.append(uuid)
    return devices


def visible(environment: Mapping[str, str], devices: Sequence[str]) -> list[str]:
    """Those of `devices` that CUDA_VISIBLE_DEVICES leaves, by its own names for them.

    As in CUDA, the first name that names no device ends the list.
    """
    chosen = environment.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return list(devices)
    names: list[str] = []
    for name in (part.strip() for part in chosen.split(",")):
        by_index = name.isascii() and name.isdigit() and int(name) < len(devices)
        by_uuid = name.startswith(("GPU-", "MIG-")) and any(device.startswith(name) for device in devices)
        if not (by_index or by_uuid) or name in names:
            break
        names.append(name)
    return names


def threads(parallelism: int) -> int:
    """Threads for each of `parallelism` attempts, at least 1: together they have a core per thread."""
    return max(1, int(cores() / parallelism))


def cores() -> float:
    """Processor cores that this process may use: by its affinity and its control group's quota."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(float(allowed), quota(Path("/")))


def quota(root: Path) -> float:
    """Cores that the control groups of this process allow; infinite where nothing limits them.

    Args:
        root: holds `proc/self/cgroup` and `sys/fs/cgroup`.
    """
    limit = math.inf
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / controllers
        group = top / path.lstrip("/")
        for directory in (group, *group.parents):
            if directory.is_relative_to(top):
                limit = min(limit, _legacy_quota(directory) if controllers else _unified_quota(directory))
    return limit


def _unified_quota(directory: Path) -> float:
    """Of a group of cgroup v2."""
    return _ratio(_text(directory / "cpu.max"))


def _legacy_quota(directory: Path) -> float:
    """Of a group of cgroup v1."""
    return _ratio(f"{_text(directory / 'cpu.cfs_quota_us')} {_text(directory / 'cpu.cfs_period_us')}")


def _ratio(text: str) -> float:
    """Of `<time> <period>`, as in `150000 100000`; infinite where no time is given, or `max` or -1."""
    try:
        time, period = (int(number) for number in text.split())
        return time / period if time > 0 else math.inf
    except (ValueError, ZeroDivisionError):
        return math.inf


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
