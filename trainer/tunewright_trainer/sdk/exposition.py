"""The /metrics page: what was reported, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tunewright_trainer.sdk.record import Record


class RecordCollector(Collector):
    """All samples of one scrape are taken under the lock, so that they belong to one moment."""

    def __init__(self, record: Record, lock: AbstractContextManager[object]) -> None:
        self._record = record
        self._lock = lock

    def collect(self) -> Iterable[Metric]:
        value = GaugeMetricFamily("tunewright_metric", "Latest value", labels=["name"])
        step = GaugeMetricFamily("tunewright_step", "Step of the latest value", labels=["name"])
        labels = ["name", "milestone"]
        milestone_value = GaugeMetricFamily(
            "tunewright_milestone_metric", "Value at the first step at or after the milestone", labels=labels
        )
        milestone_step = GaugeMetricFamily(
            "tunewright_milestone_step", "First reported step at or after the milestone", labels=labels
        )
        with self._lock:
            for name, point in self._record.latest.items():
                value.add_metric([name], point.value)
                step.add_metric([name], point.step)
            for (name, milestone), point in self._record.at_milestones.items():
                milestone_value.add_metric([name, str(milestone)], point.value)
                milestone_step.add_metric([name, str(milestone)], point.step)
        return [value, step, milestone_value, milestone_step]


def serve(record: Record, lock: AbstractContextManager[object], host: str, port: int) -> None:
    """Serves the page from a daemon thread. Raises OSError where the port cannot be had."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RecordCollector(record, lock))
    start_http_server(port, addr=host, registry=registry)
