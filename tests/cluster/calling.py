"""The gateway to the cluster, and a namespace of one test to use it in."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from tests.cluster.machine.cluster import Cluster

from tunewright.cluster.gateway import Gateway


def gateway_to(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """A proxy does not know the way to the cluster."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    return Gateway.connect(kubeconfig=str(cluster.kubeconfig))


def install_kinds(cluster: Cluster) -> None:
    """Have the cluster serve studies and trials."""
    cluster.kubectl("apply", "--server-side", "-f", "crds")
    cluster.kubectl("wait", "--for=condition=Established", "-f", "crds")


@contextmanager
def a_namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace for as long as the block lasts."""
    name = f"test-{uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    try:
        yield name
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false")
