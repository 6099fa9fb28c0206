"""What of a machine attempts can use."""

import math
import os
from pathlib import Path

import pytest

from tunewright.local.devices import cores, parse_listing, present, quota, threads, visible

TWO = ["GPU-aa11", "GPU-bb22"]


def test_devices_as_nvidia_smi_lists_them() -> None:
    listing = """
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77)
  MIG 1g.5gb      Device  0: (UUID: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f)
  MIG 1g.5gb      Device  1: (UUID: MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-9b0bc9ab-1ff8-d1b3-a7ba-0a0e3e8e55dd)
"""
    assert parse_listing(listing) == [
        "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f",
        "MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb",
        "GPU-9b0bc9ab-1ff8-d1b3-a7ba-0a0e3e8e55dd",
    ]
    assert parse_listing("No devices found.\n") == []


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (None, TWO),
        ("", []),
        ("-1", []),
        ("none", []),
        ("1", ["1"]),
        ("1,0", ["1", "0"]),
        (" 0 , 1", ["0", "1"]),
        ("0,2,1", ["0"]),
        ("0,-1,1", ["0"]),
        ("0,0", ["0"]),
        ("GPU-bb", ["GPU-bb"]),
        ("GPU-cc", []),
        ("²", []),
    ],
)
def test_cuda_visible_devices_is_honoured(chosen: str | None, names: list[str]) -> None:
    environment = {} if chosen is None else {"CUDA_VISIBLE_DEVICES": chosen}
    assert visible(environment, TWO) == names
    assert visible(environment, []) == []


def test_a_machine_whose_tool_says_nothing_useful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", str(tmp_path))
    without = present()
    tool.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'; exit 9\n")
    tool.chmod(0o755)
    assert present() == without
    tool.write_text("#!/bin/sh\necho 'GPU 0: X (UUID: GPU-1-a)'\n")
    assert present() == ["GPU-1-a"]


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({}, math.inf),
        ({"proc/self/cgroup": "0::/\n"}, math.inf),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "200000 100000\n"}, 2.0),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/cpu.max": "200000 100000\n",
                "sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
            },
            2.0,
        ),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "nonsense"}, math.inf),
        (
            {
                "proc/self/cgroup": "3:cpuset:/\n2:cpu,cpuacct:/docker/x\n0::/\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            0.5,
        ),
        (
            {
                "proc/self/cgroup": "2:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            math.inf,
        ),
        ({"proc/self/cgroup": "garbage\n\n:::\n"}, math.inf),
    ],
)
def test_quota_of_a_control_group(tmp_path: Path, files: dict[str, str], limit: float) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert quota(tmp_path) == limit


def test_threads_share_the_cores() -> None:
    assert 0 < cores() <= (os.cpu_count() or 1)
    assert threads(1) == max(1, int(cores()))
    assert threads(10_000) == 1
