"""A cluster of this machine, from `up` to `down`."""

import re
import ssl
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.machine import (
    binaries,
    certificates,
    cgroups,
    containerd,
    controlplane,
    images,
    namespaces,
    network,
    node,
    packages,
    places,
    stores,
)
from tests.cluster.machine.bare import MachineCluster
from tests.cluster.machine.binaries import Binaries
from tests.cluster.machine.commands import CommandError
from tests.cluster.machine.errors import Unavailable
from tests.cluster.machine.processes import Process
from tests.cluster.machine.record import Record

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?")
FIRST = ("etcd", "kube-apiserver", "containerd")
THEN = ("kube-controller-manager", "kube-scheduler", "kubelet")
"""They give up when there is no API server, so they come after it."""


def up(name: str) -> MachineCluster:
    """The cluster of this name, ready to use: started, or mended where some of it has died.

    Raises:
        Unavailable: a cluster cannot run here.
        ValueError: the name is not one that a cluster can have.
        TimeoutError: a part of it does not get ready; the message has the last words of each.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"--name {name}: a cluster's name has at most 32 of the characters a-z, 0-9 and -")
    packages.ensure(packages.TO_RUN)
    found = binaries.find()
    with places.locked("lifecycle"):
        record = Record.read(name)
        if record is None or not record.init.alive():
            remove(name)
            try:
                record = create(name, found)
            except (CommandError, PermissionError) as failed:
                remove(name)
                raise Unavailable(f"this machine lets no cluster be made: {one_line(failed)}") from None
        cluster = MachineCluster(record, found)
        try:
            run(cluster)
        except (TimeoutError, CommandError) as failed:
            raise TimeoutError("\n".join([str(failed), *last_words(record)])) from failed
    return cluster


def one_line(failed: Exception) -> str:
    return str(failed).splitlines()[-1]


def last_words(record: Record) -> Iterator[str]:
    """The last line of each part's log."""
    for component in record.components:
        lines = record.log(component).read_text(errors="replace").splitlines() or ["(nothing)"]
        state = "runs" if record.runs(component) else "has ended"
        yield f"{component} {state} and said last: {lines[-1]}"


def create(name: str, found: Binaries) -> Record:
    """A new machine within the machine, with its files, and nothing running on it yet."""
    state = places.state(name)
    state.mkdir(parents=True, mode=0o700)
    net = network.free()
    certificates.make(state / "certificates", controlplane.served_addresses(net))
    controlplane.configure(state, name, net)
    containerd.configure(state)
    node.configure(state, name, net)
    groups = cgroups.make(name)
    with stores.free() as (store, lock):
        init = namespaces.start([str(found["pause"])], state / "init.log", groups, None, keep=[lock])
    namespaces.furnish(init, state, store)
    network.connect(net, init.pid)
    record = Record(name, net, store, init)
    record.write()
    return record


def run(cluster: MachineCluster) -> None:
    """Start what does not run, in its order, and wait until all of it works."""
    record = cluster.record
    fresh = not record.components
    start(cluster, *FIRST)
    containerd.wait_until_ready(record.init)
    if fresh and containerd.forget_containers(record.init):
        cluster.kill("containerd")
        cluster.start("containerd")
        containerd.wait_until_ready(record.init)
    if containerd.PAUSE_IMAGE not in containerd.images(record.init):
        archive = record.state / "pause.tar"
        images.of_program(containerd.PAUSE_IMAGE, cluster.binaries["pause"], archive)
        containerd.load(record.init, archive)
    wait_for_api_server(record)
    start(cluster, *THEN)
    start(cluster, *record.dead())
    # A kubelet that registers takes resources that no device plugin vouches for away from its node.
    wait_for_line(record.log("kubelet"), b"Successfully registered node")
    node.wait_until_ready(cluster, record.name)


def start(cluster: MachineCluster, *components: str) -> None:
    for component in components:
        if not cluster.record.runs(component):
            cluster.start(component)


def wait_for_api_server(record: Record, within: float = 60.0) -> None:
    trust = ssl.create_default_context(cafile=str(record.state / "certificates" / "ca.crt"))
    direct = urllib.request.ProxyHandler({})
    opener = urllib.request.build_opener(direct, urllib.request.HTTPSHandler(context=trust))
    until = time.monotonic() + within
    while True:
        try:
            with opener.open(f"https://{record.network.node}/readyz", timeout=5):
                return
        except OSError as failed:
            if time.monotonic() > until or not record.runs("kube-apiserver"):
                raise TimeoutError(f"the API server does not get ready: {failed}") from None
        time.sleep(0.1)


def wait_for_line(log: Path, line: bytes, within: float = 60.0) -> None:
    until = time.monotonic() + within
    while line not in log.read_bytes():
        if time.monotonic() > until:
            raise TimeoutError(f"{line.decode()!r} is not said in {log}")
        time.sleep(0.1)


def down(name: str) -> bool:
    """Remove every trace of a cluster; says whether there was one."""
    with places.locked("lifecycle"):
        return remove(name)


def remove(name: str) -> bool:
    record = Record.read(name)
    if record is not None:
        record.init.kill()
        network.disconnect(record.network)
    for pid in cgroups.members(name):  # of a start that was cut off before it was recorded
        try:
            Process.of(pid).kill()
        except FileNotFoundError:
            continue
    cgroups.remove(name)
    return places.forget(name)


def names() -> list[str]:
    """The clusters that are up, or were when this machine or they died."""
    return sorted(folder.name for folder in places.states().iterdir()) if places.states().is_dir() else []
