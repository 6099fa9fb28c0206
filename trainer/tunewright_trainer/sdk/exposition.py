"""The /metrics page: what was reported, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from tunewright_trainer.sdk.environment import Environment
from tunewright_trainer.sdk.record import Point, Record


class _Points:
    """A gauge of values, and one of their steps."""

    def __init__(self, name: str, step: str, what: str, labels: list[str]) -> None:
        self._values = GaugeMetricFamily(name, what, labels=labels)
        self._steps = GaugeMetricFamily(step, f"Step of it: {what[0].lower()}{what[1:]}", labels=labels)

    def add(self, labels: list[str], point: Point) -> None:
        self._values.add_metric(labels, point.value)
        self._steps.add_metric(labels, point.step)

    def families(self) -> tuple[Metric, Metric]:
        return self._values, self._steps


class RecordCollector(Collector):
    """All samples of one scrape are taken under the lock, so that they belong to one moment.

    Says which attempt's they are: another pod may get the address of one that has ended.
    """

    def __init__(
        self, record: Record, lock: AbstractContextManager[object], trial: str | None, attempt: int | None
    ) -> None:
        self._record = record
        self._lock = lock
        self._identity = InfoMetricFamily("tunewright_attempt", "Whose metrics these are")
        if trial is not None and attempt is not None:
            self._identity.add_metric([], {"trial": trial, "attempt": str(attempt)})

    def collect(self) -> Iterable[Metric]:
        summaries = (
            _Points("tunewright_metric", "tunewright_metric_step", "Latest finite value", ["name"]),
            _Points("tunewright_metric_min", "tunewright_metric_min_step", "Least value", ["name"]),
            _Points("tunewright_metric_max", "tunewright_metric_max_step", "Greatest value", ["name"]),
        )
        not_finite = CounterMetricFamily(
            "tunewright_metric_not_finite", "Values that were NaN or infinite", labels=["name"]
        )
        milestones = _Points(
            "tunewright_milestone_metric",
            "tunewright_milestone_step",
            "Value at the first step at or after the milestone",
            ["name", "milestone"],
        )
        with self._lock:
            for name, metric in self._record.metrics.items():
                not_finite.add_metric([name], metric.not_finite)
                for points, point in zip(summaries, metric.summary or (), strict=False):
                    points.add([name], point)
            for (name, milestone), point in self._record.at_milestones.items():
                milestones.add([name, str(milestone)], point)
        for points in (*summaries, milestones):
            yield from points.families()
        yield not_finite
        yield self._identity


def serve(record: Record, lock: AbstractContextManager[object], environment: Environment) -> None:
    """Serves the page from a daemon thread. Raises OSError where the port cannot be had."""
    assert environment.metrics_port is not None
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RecordCollector(record, lock, environment.trial, environment.attempt))
    start_http_server(environment.metrics_port, addr=environment.metrics_host, registry=registry)
