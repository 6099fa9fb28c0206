"""An operator whose lease cannot be renewed stops in time, whatever its calls are at."""

import threading
import time

import pytest
from tests.cluster.studying import Namespace
from tests.faults.operating import connect

from tunewright.cluster import lease
from tunewright.cluster.gateway import LEASES, Gateway, Kind, Object
from tunewright.cluster.lease import Lease


class Hangs(Gateway):
    """From `begun` on no call comes back before `over`."""

    def __init__(self, sound: Gateway) -> None:
        super().__init__(sound.api_client, sound.default_namespace)
        self.begun, self.over = threading.Event(), threading.Event()

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        if self.begun.is_set():
            self.over.wait(30)
        return super().get(kind, namespace, name)


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_EVERY", 0.2)
    monkeypatch.setattr(lease, "GIVE_UP_AFTER", 2.0)


def test_a_renewal_that_hangs_keeps_nothing(namespace: Namespace) -> None:
    gateway = Hangs(connect(namespace.cluster))
    held = Lease(gateway, namespace.name, "operator", "one", time.monotonic)
    lost = threading.Event()
    assert held.acquire(threading.Event())
    held.keep(lost.set)
    assert not lost.wait(4)
    gateway.begun.set()
    assert lost.wait(4)
    gateway.over.set()
    held.release()


def test_a_lease_without_a_spec_can_be_taken(namespace: Namespace) -> None:
    gateway = connect(namespace.cluster)
    metadata = {"name": "operator", "namespace": namespace.name}
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}
    gateway.create(LEASES, namespace.name, body)
    assert Lease(gateway, namespace.name, "operator", "one", time.monotonic).acquire(threading.Event())
