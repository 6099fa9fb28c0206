"""A machine within the machine: own processes, mounts and network; they go when its first process goes."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.machine.commands import run
from tests.cluster.machine.processes import Process

LAUNCH = Path(__file__).with_name("launch.py")

KERNEL = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1000000,
    "kernel/keys/root_maxbytes": 25000000,
}
"""What a kubelet sets on its machine. It finds files with these values there, and leaves the kernel alone."""


def start(
    argv: Sequence[str], log: Path, groups: list[str], join: int | None, keep: Sequence[int] = ()
) -> Process:
    """Start a detached process in the namespaces of process `join`, or as the first of new ones.

    `keep` are open files (locks) that it holds as long as it lives.
    """
    order = {"argv": list(argv), "log": str(log), "groups": groups, "join": join}
    command = [sys.executable, "-I", "-S", str(LAUNCH), json.dumps(order)]
    return Process.of(int(run(command, keep=keep)))


def enter(init: Process, *command: str) -> list[str]:
    """The command line that runs `command` inside, in the foreground."""
    return ["nsenter", "-t", str(init.pid), "-m", "-n", "-p", "--", *command]


def furnish(init: Process, state: Path, store: Path) -> None:
    """Give the new machine its own /proc, /run and /var/log, and its own folders in /var/lib."""
    script = f"""
        mount --make-rprivate /
        mount -t proc proc /proc
        mount -t tmpfs -o mode=755 tmpfs /run
        mkdir -p /run/lock /run/kernel /run/above/new /run/above/work
        mkdir -p '{state}/log' '{state}/cni' '{state}/kubelet'
        mount -t overlay -o lowerdir=/var/lib,upperdir=/run/above/new,workdir=/run/above/work overlay /var/lib
        mkdir -p /var/lib/containerd /var/lib/cni /var/lib/kubelet
        mount --bind '{store}' /var/lib/containerd
        mount --bind '{state}/cni' /var/lib/cni
        mount --bind '{state}/kubelet' /var/lib/kubelet
        mount --bind '{state}/log' /var/log
        ip link set lo up
        echo 1 > /proc/sys/net/ipv4/ip_forward
    """
    for number, (name, value) in enumerate(KERNEL.items()):
        script += f"echo {value} > /run/kernel/{number}; mount --bind /run/kernel/{number} /proc/sys/{name}\n"
    run(enter(init, "sh", "-ec", script))
