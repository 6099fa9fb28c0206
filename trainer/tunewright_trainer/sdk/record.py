"""What was reported so far, in bounded memory: of each metric its last value, extremes, a thinned curve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

MAX_METRICS = 64
"""Distinct metric names per attempt: each one makes several time series in Prometheus."""


class Point(NamedTuple):
    step: int
    value: float


class Curve:
    """A metric's course: its first point, its latest, and evenly thinned ones between (at most 64)."""

    _LIMIT = 64

    def __init__(self) -> None:
        self._kept: list[Point] = []
        self._latest: Point | None = None
        self._stride = 1
        self._count = 0

    def add(self, point: Point) -> None:
        self._latest = point
        if self._count % self._stride == 0:
            self._kept.append(point)
        self._count += 1
        if len(self._kept) >= self._LIMIT:
            self._kept = self._kept[::2]
            self._stride *= 2

    def points(self) -> list[Point]:
        if self._latest is None or self._kept[-1] is self._latest:
            return list(self._kept)
        return [*self._kept, self._latest]


class Summary(NamedTuple):
    """A metric's last point and its extremes; of equal ones the first."""

    last: Point
    least: Point
    greatest: Point


class Metric:
    """What was reported of one metric. Summary and curve are of the finite values; the others are counted."""

    def __init__(self) -> None:
        self.summary: Summary | None = None
        self.curve = Curve()
        self.not_finite = 0

    def add(self, point: Point) -> None:
        if not math.isfinite(point.value):
            self.not_finite += 1
            return
        least, greatest = (point, point) if self.summary is None else self.summary[1:]
        self.summary = Summary(
            point,
            point if point.value < least.value else least,
            point if point.value > greatest.value else greatest,
        )
        self.curve.add(point)


class Record:
    """Everything reported. Not thread-safe: whoever shares it holds a lock."""

    def __init__(self, milestones: tuple[int, ...] = ()) -> None:
        self.step: int | None = None
        self.metrics: dict[str, Metric] = {}
        self.at_milestones: dict[tuple[str, int], Point] = {}
        """For each metric and milestone, the metric's first point at or after the milestone."""
        self._milestones = milestones

    def add(self, step: int, metrics: Mapping[str, float]) -> None:
        """Raises ValueError for a step that goes back, and for more than MAX_METRICS metric names."""
        if self.step is not None and step < self.step:
            raise ValueError(f"report: step {step} comes after step {self.step}; steps must not go back")
        if len(self.metrics.keys() | metrics.keys()) > MAX_METRICS:
            raise ValueError(f"report: more than {MAX_METRICS} different metric names; report fewer metrics")
        self.step = step
        for name, value in metrics.items():
            point = Point(step, value)
            self.metrics.setdefault(name, Metric()).add(point)
            for milestone in self._milestones:
                if step >= milestone:
                    self.at_milestones.setdefault((name, milestone), point)
