"""Nodes that only exist in the API: kwok plays their kubelets, in stages that are objects of the cluster."""

import json
from pathlib import Path

from tests.cluster.machine import controlplane
from tests.cluster.machine.binaries import Binaries
from tests.cluster.machine.cluster import Cluster

OURS = "kwok.x-k8s.io/node"
"""Annotation of the nodes that kwok manages, and key of their taint; its value is `fake`."""

CAPACITY = {"cpu": "64", "memory": "512Gi", "pods": "500", "nvidia.com/gpu": "8"}


def argv(binaries: Binaries, state: Path) -> list[str]:
    return [
        str(binaries["kwok"]),
        f"--kubeconfig={state / controlplane.KWOK}.kubeconfig",
        "--manage-all-nodes=false",
        f"--manage-nodes-with-annotation-selector={OURS}=fake",
        "--enable-crds=Stage",
        "--node-lease-duration-seconds=40",
    ]


def install_stages(cluster: Cluster, binaries: Binaries) -> None:
    """Apply the kind Stage and kwok's own stages: a pod is ready at once, then a Job's is complete."""
    definition, *stages = sorted(binaries.stages.iterdir())
    cluster.kubectl("apply", "--server-side", "-f", str(definition))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(definition))
    cluster.kubectl("apply", "--server-side", *(f"--filename={stage}" for stage in stages))


def add_nodes(cluster: Cluster, count: int) -> list[str]:
    listed = cluster.kubectl("get", "nodes", "-l", "type=kwok", "-o", "name").split()
    names = [f"kwok-{number}" for number in range(len(listed), len(listed) + count)]
    if not names:
        return []
    nodes = {"apiVersion": "v1", "kind": "List", "items": [node(name) for name in names]}
    cluster.kubectl("create", "-f", "-", input=json.dumps(nodes))
    cluster.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "node", *names)
    return names


def node(name: str) -> dict[str, object]:
    labels = {"type": "kwok", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {OURS: "fake"}},
        "spec": {"taints": [{"key": OURS, "value": "fake", "effect": "NoSchedule"}]},
        "status": {"capacity": CAPACITY, "allocatable": CAPACITY},
    }
