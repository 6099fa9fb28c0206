"""A cluster that this machine runs itself, in namespaces of its own."""

import json
from pathlib import Path
from typing import Any

from tests.cluster.machine import cgroups, containerd, controlplane, kwok, namespaces, node
from tests.cluster.machine.binaries import Binaries
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.record import Record


class MachineCluster(Cluster):
    """Control plane and one real node; its parts can be killed and started one by one."""

    def __init__(self, record: Record, found: Binaries) -> None:
        kubeconfig = record.state / f"{controlplane.ADMIN}.kubeconfig"
        super().__init__(record.name, kubeconfig, found["kubectl"], found["helm"])
        self.record = record
        self.binaries = found
        self.node_name = record.name
        self.audit_log = record.state / "audit.log"

    def load_image(self, archive: Path) -> None:
        containerd.load_once(self.record.init, self.record.store, archive)

    def audit_position(self) -> int:
        return self.audit_log.stat().st_size

    def audit(self, since: int = 0) -> list[dict[str, Any]]:
        with self.audit_log.open("rb") as log:
            log.seek(since)
            return [json.loads(line) for line in log if line.endswith(b"\n")]

    def add_kwok_nodes(self, count: int) -> list[str]:
        if not self.record.runs("kwok"):
            kwok.install_stages(self, self.binaries)
            self.start("kwok")
        return kwok.add_nodes(self, count)

    def start(self, component: str) -> None:
        """Start a component (`argv` has their names) that does not run; its last log becomes `.previous`."""
        record = self.record
        log = record.log(component)
        if log.exists():
            log.rename(log.with_suffix(".log.previous"))
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
                return containerd.argv(record.state)
            case "kubelet":
                return node.kubelet(found, record.state, record.name, record.network)
            case "kwok":
                return kwok.argv(found, record.state)
        raise ValueError(f"{component}: no such component")
