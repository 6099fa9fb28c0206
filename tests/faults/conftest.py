"""These run in the cluster of the cluster tests."""

from collections.abc import Iterator

import pytest
from tests.cluster.conftest import (
    cluster,
    kinds,
    pytest_collection_finish,
    pytest_runtest_call,
    pytest_runtest_setup,
)
from tests.cluster.machine.cluster import Cluster
from tests.cluster.studying import Namespace, a_namespace

__all__ = [
    "cluster",
    "kinds",
    "namespace",
    "pytest_collection_finish",
    "pytest_runtest_call",
    "pytest_runtest_setup",
]


@pytest.fixture
def namespace(cluster: Cluster, kinds: None) -> Iterator[Namespace]:
    """A namespace of a cluster with kwok nodes, for one test."""
    there = len(cluster.kubectl("get", "nodes", "-l", "type=kwok", "-o", "name").split())
    cluster.add_kwok_nodes(max(0, 2 - there))
    with a_namespace(cluster) as made:
        yield made
