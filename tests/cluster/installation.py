"""Tunewright in the cluster, as its chart installs it, with the images of the Dockerfile."""

from tests.cluster.images import archives
from tests.cluster.machine.cluster import Cluster

NAMESPACE = "tunewright"
RELEASE = "tunewright"


def install(cluster: Cluster, *values: str) -> None:
    """Build the images, give them to the node, and install or upgrade the release."""
    for target in ("operator", "trainer", "shell"):
        cluster.load_image(archives.of(target))
    settings = [
        "image.repository=localhost/tunewright/operator",
        "image.pullPolicy=Never",
        "trainer.image.repository=localhost/tunewright/trainer",
        "trainer.image.pullPolicy=Never",
        "operator.scrapeIntervalSeconds=1",
        *values,
    ]
    cluster.helm(
        "upgrade",
        "--install",
        RELEASE,
        "charts/tunewright",
        "--namespace",
        NAMESPACE,
        "--create-namespace",
        *(f"--set={setting}" for setting in settings),
        "--wait",
        "--timeout=120s",
    )


def uninstall(cluster: Cluster) -> None:
    """Remove the release, as a user does."""
    cluster.helm("uninstall", RELEASE, "--namespace", NAMESPACE, "--wait")
