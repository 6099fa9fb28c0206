"""A running cluster, as tests use it: whoever made it."""

import os
import tempfile
from pathlib import Path
from typing import Any

from tests.cluster.machine.commands import run
from tests.cluster.machine.errors import Unavailable


class Cluster:
    """A cluster that was given: kubectl and helm work; what needs its machine does not."""

    node_name: str | None = None
    """The one real node; none where the cluster's nodes are not ours."""

    def __init__(self, name: str, kubeconfig: Path, kubectl: Path, helm: Path) -> None:
        self.name = name
        self.kubeconfig = kubeconfig
        self.kubectl_path = kubectl
        """A file, or a name for the PATH; so is `helm_path`."""
        self.helm_path = helm

    def kubectl(self, *arguments: str, input: str | None = None) -> str:
        """Run kubectl and answer what it prints.

        Raises:
            CommandError: it ended with another code than 0.
        """
        return run([str(self.kubectl_path), *arguments], input, environment=self.environment())

    def helm(self, *arguments: str, input: str | None = None) -> str:
        """Run helm, which here keeps nothing of its own between calls, and answer what it prints."""
        with tempfile.TemporaryDirectory() as home:
            own = {f"HELM_{kind}_HOME": f"{home}/{kind}" for kind in ("CACHE", "CONFIG", "DATA")}
            return run([str(self.helm_path), *arguments], input, environment={**self.environment(), **own})

    def environment(self) -> dict[str, str]:
        """For any client of the cluster; a proxy does not know the way to it."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "NO_PROXY": "*", "no_proxy": "*"}

    def load_image(self, archive: Path) -> None:
        """Give the node an archive's images, for pods with `imagePullPolicy: IfNotPresent` or `Never`."""
        raise Unavailable("images cannot be loaded into a cluster that was given")

    def audit_position(self) -> int:
        """Where the audit log ends now, for `audit`."""
        raise Unavailable("the audit log of a cluster that was given cannot be read")

    def audit(self, since: int = 0) -> list[dict[str, Any]]:
        """The audit events (`audit.k8s.io/v1`, level Metadata) since a position; a watch has two."""
        raise Unavailable("the audit log of a cluster that was given cannot be read")

    def add_kwok_nodes(self, count: int) -> list[str]:
        """Add nodes whose pods only pretend to run (taint `kwok.x-k8s.io/node=fake`, label `type=kwok`)."""
        raise Unavailable("kwok does not run in a cluster that was given")
