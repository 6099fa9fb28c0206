"""The cluster's one real node: the kubelet and a bridge for its pods."""

import json
from pathlib import Path

from tests.cluster.machine import cgroups, containerd
from tests.cluster.machine.binaries import Binaries
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.network import Network

GPUS = 4


def configure(state: Path, name: str, network: Network) -> None:
    (state / "net.d").mkdir()
    (state / "net.d" / "bridge.conflist").write_text(json.dumps(bridge(network)))
    (state / "kubelet.json").write_text(json.dumps(kubelet_configuration(state, name)))


def bridge(network: Network) -> dict[str, object]:
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": network.pods}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    plugin = {"type": "bridge", "bridge": "pods", "isGateway": True, "hairpinMode": True, "ipam": addresses}
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [plugin]}


def kubelet_configuration(state: Path, name: str) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{containerd.SOCKET}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroups.path(name),
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": [],
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(state / "certificates" / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "clusterDNS": ["127.0.0.1"],  # there is no name server: a look-up fails at once
        "resolvConf": "",
        "makeIPTablesUtilChains": False,
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
        "imageGCHighThresholdPercent": 100,  # images are loaded by hand: none may go
        "evictionHard": {"memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%"},
        "serializeImagePulls": False,
        "kubeAPIQPS": 500,
        "kubeAPIBurst": 1000,
        "registryPullQPS": 0,
        "eventRecordQPS": 0,
    }


def kubelet(binaries: Binaries, state: Path, name: str, network: Network) -> list[str]:
    return [
        str(binaries["kubelet"]),
        f"--config={state / 'kubelet.json'}",
        f"--kubeconfig={state / 'kubelet.kubeconfig'}",
        f"--hostname-override={name}",
        f"--node-ip={network.node}",
    ]


def wait_until_ready(cluster: Cluster, name: str) -> None:
    """Wait until pods can run on the node of this name, and let it offer GPUs."""
    gpus = {"nvidia.com/gpu": str(GPUS)}
    resources = json.dumps({"status": {"capacity": gpus, "allocatable": gpus}})
    cluster.kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"node/{name}")
    cluster.kubectl("patch", "node", name, "--subresource=status", "--type=merge", "-p", resources)
    cluster.kubectl("wait", "--for=create", "--timeout=60s", "serviceaccount/default")
