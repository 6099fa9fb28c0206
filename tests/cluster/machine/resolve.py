"""Which cluster there is to be had: one that was given, one on this machine, or one in Docker."""

import os

from tests.cluster.machine import given, kind, lifecycle
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.errors import Unavailable


def for_tests(name: str) -> Cluster:
    """The cluster that the environment names, or one of our own under this name.

    Raises:
        Unavailable: none can be had; the message is one line that says why.
    """
    return given.find() or up(name)


def up(name: str) -> Cluster:
    if os.geteuid() == 0:
        return lifecycle.up(name)
    if kind.available():
        return kind.up(name)
    raise Unavailable(
        "a cluster needs root (namespaces, control groups), or `kind` and a Docker daemon that answers"
    )


def down(name: str) -> bool:
    """Remove every trace of a cluster that `up` made; says whether there was one."""
    return kind.down(name) or lifecycle.down(name)
