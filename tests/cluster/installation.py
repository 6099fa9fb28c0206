"""Tunewright in the cluster, as its chart installs it, with the images of the Dockerfile."""

import json

from tests.cluster.images import archives
from tests.cluster.images.storage import Storage
from tests.cluster.machine.cluster import Cluster

NAMESPACE = "tunewright"
RELEASE = "tunewright"
USER = f"system:serviceaccount:{NAMESPACE}:{RELEASE}"
"""As whom the operator calls the API server."""

_VALUES = {
    "image.repository": "localhost/tunewright/operator",
    "image.pullPolicy": "Never",
    "trainer.image.repository": "localhost/tunewright/trainer",
    "trainer.image.pullPolicy": "Never",
    "operator.scrapeIntervalSeconds": "2",
}


def load_images(cluster: Cluster, *targets: str) -> None:
    """Build images, where something has changed, and give them to the node."""
    storage = Storage.open()
    for target in targets:
        for archive in archives.make(target, storage, archives.directory()):
            cluster.load_image(archive)


def install(cluster: Cluster, **values: str) -> None:
    """Install the release, or upgrade it, and wait until the operator is ready."""
    settings = [f"--set={name}={value}" for name, value in {**_VALUES, **values}.items()]
    where = ("--namespace", NAMESPACE, "--create-namespace")
    wait = ("--wait", "--timeout=120s")
    # Other tests of the session apply the kinds without helm.
    cluster.helm(
        *("upgrade", "--install", RELEASE, "charts/tunewright", "--take-ownership"), *where, *wait, *settings
    )


def uninstall(cluster: Cluster) -> None:
    """Remove the release, as a user does, and wait until its operator has ended: helm does not."""
    pods = operator_pods(cluster)
    cluster.helm("uninstall", RELEASE, "--namespace", NAMESPACE, "--wait")
    for pod in pods:
        cluster.kubectl("wait", "-n", NAMESPACE, f"pod/{pod}", "--for=delete", "--timeout=60s")


def operator_pods(cluster: Cluster) -> list[str]:
    """The names of the operator's pods."""
    listed = cluster.kubectl(
        *("get", "pods", "-n", NAMESPACE, "-l", "app.kubernetes.io/name=tunewright"), "-o", "json"
    )
    return [pod["metadata"]["name"] for pod in json.loads(listed)["items"]]
