"""The cluster's one real node: containerd, a bridge for its pods, and the kubelet."""

import json
import subprocess
import time
from pathlib import Path

from tests.cluster.machine import cgroups
from tests.cluster.machine.binaries import Binaries
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.namespaces import enter
from tests.cluster.machine.network import Network
from tests.cluster.machine.processes import Process

PAUSE_IMAGE = "localhost/pause:1"
GPUS = 4
SOCKET = "/run/containerd/containerd.sock"
CTR = ("ctr", "-n", "k8s.io")

CONTAINERD = """
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{cni}"
"""


def configure(state: Path, name: str, network: Network) -> None:
    (state / "net.d").mkdir()
    (state / "containerd.toml").write_text(CONTAINERD.format(pause=PAUSE_IMAGE, cni=state / "net.d"))
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
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
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


def containerd(state: Path) -> list[str]:
    return ["containerd", f"--config={state / 'containerd.toml'}"]


def kubelet(binaries: Binaries, state: Path, name: str, network: Network) -> list[str]:
    return [
        str(binaries["kubelet"]),
        f"--config={state / 'kubelet.json'}",
        f"--kubeconfig={state / 'kubelet.kubeconfig'}",
        f"--hostname-override={name}",
        f"--node-ip={network.node}",
    ]


def wait_for_containerd(init: Process, within: float = 20.0) -> None:
    until = time.monotonic() + within
    while True:
        asked = subprocess.run(enter(init, "ctr", "version"), capture_output=True, text=True)
        if asked.returncode == 0:
            return
        if time.monotonic() > until:
            raise TimeoutError(f"containerd does not answer: {asked.stderr.strip()}")
        time.sleep(0.1)


def wait_until_ready(cluster: Cluster, name: str) -> None:
    """Wait until pods can run on the node of this name, and let it offer GPUs."""
    gpus = {"nvidia.com/gpu": str(GPUS)}
    resources = json.dumps({"status": {"capacity": gpus, "allocatable": gpus}})
    cluster.kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"node/{name}")
    cluster.kubectl("patch", "node", name, "--subresource=status", "--type=merge", "-p", resources)
    cluster.kubectl("wait", "--for=create", "--timeout=60s", "serviceaccount/default")


def images(init: Process) -> dict[str, str]:
    """Image name -> digest, of what the node has."""
    listed = subprocess.run(enter(init, *CTR, "images", "ls"), check=True, capture_output=True, text=True)
    return {row.split()[0]: row.split()[2] for row in listed.stdout.splitlines()[1:]}


def load(init: Process, archive: Path) -> list[str]:
    """Import an image archive, as `docker save` or an OCI tool wrote it; answers the names of its images.

    Raises:
        RuntimeError: containerd does not take it.
    """
    with archive.open("rb") as file:
        done = subprocess.run(
            enter(init, *CTR, "images", "import", "-"), stdin=file, capture_output=True, text=True
        )
    if done.returncode != 0:
        raise RuntimeError(f"{archive}: the node does not take this image: {done.stderr.strip()}")
    prune(init)
    return [line.split()[1] for line in done.stdout.splitlines() if line.startswith("unpacking ")]


def prune(init: Process) -> None:
    """Let go of images that have lost their name to a newer one: the kubelet is told to remove none."""
    there = images(init)
    named = {digest for name, digest in there.items() if not name.startswith("sha256:")}
    nameless = [name for name, digest in there.items() if digest not in named]
    if nameless:
        subprocess.run(enter(init, *CTR, "images", "rm", *nameless), check=True, capture_output=True)


def forget_containers(init: Process) -> bool:
    """Remove what a killed cluster left in the container store, images aside; says whether there was any."""
    listed = subprocess.run(
        enter(init, *CTR, "containers", "ls", "-q"), check=True, capture_output=True, text=True
    )
    left = listed.stdout.split()
    if left:
        subprocess.run(enter(init, *CTR, "containers", "rm", *left), check=True, capture_output=True)
    return bool(left)
