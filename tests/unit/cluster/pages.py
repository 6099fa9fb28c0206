"""Pods that serve the SDK's page on this machine."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from tunewright.cluster.labels import ATTEMPT, TRIAL
from tunewright_trainer.sdk.exposition import RecordCollector
from tunewright_trainer.sdk.record import Record


class CountedPage(Collector):
    """The SDK's page of a record, and how often it was asked for."""

    def __init__(self, record: Record, trial: str | None = "digits-ab-3", attempt: int | None = 2) -> None:
        self._collector = RecordCollector(record, threading.Lock(), trial, attempt)
        self._count = 0
        self._asked = threading.Condition()

    def collect(self) -> Iterable[Metric]:
        with self._asked:
            self._count += 1
            self._asked.notify_all()
        return self._collector.collect()

    def await_looks(self, count: int = 2) -> None:
        """Return once so many more looks began. One thread looks, so that all but the last are over."""
        with self._asked:
            until = self._count + count
            assert self._asked.wait_for(lambda: self._count >= until, timeout=10)


@contextmanager
def served(collector: Collector, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """The port where it is served."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    server, thread = start_http_server(port, addr=host, registry=registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def a_pod(
    port: int, address: str | None = "127.0.0.1", name: str = "digits-ab-3-2-x", **spec: Any
) -> dict[str, Any]:
    """A pod of attempt 2 of the trial digits-ab-3."""
    return {
        "metadata": {"name": name, "namespace": "n", "labels": {TRIAL: "digits-ab-3", ATTEMPT: "2"}},
        "spec": {
            "containers": [
                {"name": "sidecar", "ports": [{"containerPort": 1}]},
                {"name": "trainer", "ports": [{"name": "tunewright", "containerPort": port}]},
            ],
            **spec,
        },
        "status": {"podIP": address} if address else {},
    }
