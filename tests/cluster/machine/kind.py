"""A cluster in Docker, by `kind`, for a user who may not make namespaces: no audit log and no kwok."""

import shutil
from pathlib import Path

from tests.cluster.machine import node, places
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.commands import CommandError, run
from tests.cluster.machine.errors import Unavailable


class KindCluster(Cluster):
    def __init__(self, name: str) -> None:
        super().__init__(name, places.state(name) / "kind.kubeconfig", Path("kubectl"), Path("helm"))
        self.node_name = f"{of_kind(name)}-control-plane"

    def load_image(self, archive: Path) -> None:
        kind("load", "image-archive", str(archive), "--name", of_kind(self.name))


def available() -> bool:
    """Whether a Docker daemon answers and `kind` is there."""
    if shutil.which("kind") is None:
        return False
    try:
        run(["docker", "info"])
    except CommandError:
        return False
    return True


def up(name: str) -> KindCluster:
    """Raises Unavailable with kind's own last line, where it cannot."""
    cluster = KindCluster(name)
    if not cluster.kubeconfig.exists():
        cluster.kubeconfig.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kind(
            "create",
            "cluster",
            "--name",
            of_kind(name),
            "--kubeconfig",
            str(cluster.kubeconfig),
            "--wait",
            "180s",
        )
    try:
        node.wait_until_ready(cluster, f"{of_kind(name)}-control-plane")
    except CommandError as failed:
        raise Unavailable(
            f"kind's cluster {of_kind(name)} does not answer, take it down first: {failed}"
        ) from None
    return cluster


def down(name: str) -> bool:
    """Remove a cluster that `up` made; says whether there was one."""
    if not there(name):
        return False
    kind("delete", "cluster", "--name", of_kind(name))
    places.forget(name)
    return True


def there(name: str) -> bool:
    return (places.state(name) / "kind.kubeconfig").exists()


def of_kind(name: str) -> str:
    return f"tunewright-{name}"


def kind(*arguments: str) -> None:
    try:
        run(["kind", *arguments])
    except CommandError as failed:
        raise Unavailable(str(failed).splitlines()[-1]) from None
