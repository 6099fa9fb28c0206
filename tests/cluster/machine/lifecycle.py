"""A cluster of this machine from `up` to `down`, and what is recorded of it in between."""

import fcntl
import hashlib
import json
import os
import re
import ssl
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.machine import (
    binaries,
    certificates,
    cgroups,
    controlplane,
    images,
    kwok,
    namespaces,
    network,
    node,
    packages,
    places,
)
from tests.cluster.machine.binaries import Binaries
from tests.cluster.machine.cluster import Cluster, CommandError
from tests.cluster.machine.network import Network
from tests.cluster.machine.processes import Process

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?")


@dataclass
class Record:
    """What is known of a cluster from outside, in `cluster.json` of its state folder."""

    name: str
    network: Network
    store: Path
    """containerd's folder: the images stay in it when the cluster goes."""
    init: Process
    components: dict[str, Process] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return places.state(self.name)

    def write(self) -> None:
        new = self.state / "cluster.json.new"
        new.write_text(json.dumps(asdict(self), default=str, indent=1))
        new.replace(self.state / "cluster.json")

    @classmethod
    def read(cls, name: str) -> "Record | None":
        try:
            found = json.loads((places.state(name) / "cluster.json").read_text())
        except FileNotFoundError:
            return None
        components = {key: Process(**value) for key, value in found["components"].items()}
        return cls(
            name, Network(**found["network"]), Path(found["store"]), Process(**found["init"]), components
        )

    def dead(self) -> list[str]:
        return [name for name, process in self.components.items() if not process.alive()]


class MachineCluster(Cluster):
    """A cluster that this machine runs: the control plane and one real node in namespaces of their own."""

    def __init__(self, record: Record, found: Binaries) -> None:
        kubeconfig = record.state / f"{controlplane.ADMIN}.kubeconfig"
        super().__init__(record.name, kubeconfig, found["kubectl"], found["helm"])
        self.record = record
        self.binaries = found
        self.node_name = record.name
        self.audit_log = record.state / "audit.log"

    def load_image(self, archive: Path) -> None:
        """As the base class says; nothing is done where this very file is loaded already."""
        file = archive.stat()
        identity = hashlib.sha256(
            f"{archive.resolve()} {file.st_size} {file.st_mtime_ns}".encode()
        ).hexdigest()
        note = self.record.store / "loaded" / identity
        before = node.images(self.record.init)
        if note.exists() and json.loads(note.read_text()).items() <= before.items():
            return
        named = node.load(self.record.init, archive)
        after = node.images(self.record.init)
        note.parent.mkdir(exist_ok=True)
        note.write_text(json.dumps({name: after[name] for name in named}))

    def audit_position(self) -> int:
        return self.audit_log.stat().st_size

    def audit(self, since: int = 0) -> list[dict[str, Any]]:
        with self.audit_log.open("rb") as log:
            log.seek(since)
            return [json.loads(line) for line in log if line.endswith(b"\n")]

    def add_kwok_nodes(self, count: int) -> list[str]:
        if "kwok" in self.record.dead() or "kwok" not in self.record.components:
            kwok.install_stages(self, self.binaries)
            self.start("kwok")
        return kwok.add_nodes(self, count)

    def start(self, component: str) -> None:
        """Start a component that does not run; see `argv` for their names."""
        record = self.record
        log = record.state / f"{component}.log"
        groups = cgroups.make(record.name)
        record.components[component] = namespaces.start(self.argv(component), log, groups, record.init.pid)
        record.write()

    def kill(self, component: str) -> None:
        """End a component with SIGKILL, as a crash would; `start` brings it back."""
        self.record.components[component].kill()

    def argv(self, component: str) -> list[str]:
        record, found = self.record, self.binaries
        match component:
            case "etcd":
                return controlplane.etcd(found, record.state)
            case "kube-apiserver":
                return controlplane.api_server(found, record.state, record.network)
            case "kube-controller-manager":
                return controlplane.controller_manager(found, record.state)
            case "kube-scheduler":
                return controlplane.scheduler(found, record.state)
            case "containerd":
                return node.containerd(record.state)
            case "kubelet":
                return node.kubelet(found, record.state, record.name, record.network)
            case "kwok":
                return kwok.argv(found, record.state)
        raise ValueError(f"{component}: no such component")


FIRST = ("etcd", "kube-apiserver", "containerd")
THEN = ("kube-controller-manager", "kube-scheduler", "kubelet")


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
            record = create(name, found)
        cluster = MachineCluster(record, found)
        try:
            run(cluster)
        except (TimeoutError, CommandError) as failed:
            raise TimeoutError("\n".join([str(failed), *last_words(record)])) from failed
    return cluster


def last_words(record: Record) -> Iterator[str]:
    """The last line of each part's log."""
    for component in record.components:
        lines = (record.state / f"{component}.log").read_text(errors="replace").splitlines() or ["(nothing)"]
        state = "runs" if running(record, component) else "has ended"
        yield f"{component} {state} and said last: {lines[-1]}"


def create(name: str, found: Binaries) -> Record:
    """A new machine within the machine, with its files, and nothing running on it yet."""
    state = places.state(name)
    state.mkdir(parents=True, mode=0o700)
    net = network.free()
    certificates.make(state / "certificates", controlplane.served_addresses(net))
    controlplane.configure(state, name, net)
    node.configure(state, name, net)
    with free_store() as (store, lock):
        groups = cgroups.make(name)
        init = namespaces.start([str(found["pause"])], state / "init.log", groups, None, keep=[lock])
    namespaces.furnish(init, state, store)
    network.connect(net, init.pid)
    record = Record(name, net, store, init)
    record.write()
    return record


@contextmanager
def free_store() -> Iterator[tuple[Path, int]]:
    """A container store that no cluster uses, and its lock: whoever holds that file open has the store."""
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


def run(cluster: MachineCluster) -> None:
    """Start what does not run, in its order, and wait until all of it works."""
    record = cluster.record
    fresh = not record.components
    stopped = {component for component in FIRST + THEN if not running(record, component)}
    for component in FIRST:
        if component in stopped:
            cluster.start(component)
    node.wait_for_containerd(record.init)
    if fresh and node.forget_containers(record.init):
        cluster.kill("containerd")
        cluster.start("containerd")
        node.wait_for_containerd(record.init)
    if node.PAUSE_IMAGE not in node.images(record.init):
        archive = images.of_program(node.PAUSE_IMAGE, cluster.binaries["pause"], record.state / "pause.tar")
        node.load(record.init, archive)
    wait_for_api_server(record)
    kubelet_log = record.state / "kubelet.log"
    registered_after = kubelet_log.stat().st_size if kubelet_log.exists() else 0
    for component in THEN:
        if component in stopped:
            cluster.start(component)
    if "kwok" in record.dead():
        cluster.start("kwok")
    if "kubelet" in stopped:
        # A kubelet that registers takes resources that no device plugin vouches for away from its node.
        wait_for_line(kubelet_log, registered_after, b"Successfully registered node")
        node.wait_until_ready(cluster, record.name)


def running(record: Record, component: str) -> bool:
    return component in record.components and record.components[component].alive()


def wait_for_api_server(record: Record, within: float = 60.0) -> None:
    trust = ssl.create_default_context(cafile=str(record.state / "certificates" / "ca.crt"))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
    )
    until = time.monotonic() + within
    while True:
        try:
            with opener.open(f"https://{record.network.node}/readyz", timeout=5):
                return
        except OSError as failed:
            if time.monotonic() > until or not running(record, "kube-apiserver"):
                raise TimeoutError(f"the API server does not get ready: {failed}") from None
        time.sleep(0.1)


def wait_for_line(log: Path, since: int, line: bytes, within: float = 60.0) -> None:
    until = time.monotonic() + within
    while line not in log.read_bytes()[since:]:
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
