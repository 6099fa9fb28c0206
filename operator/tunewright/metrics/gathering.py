"""An attempt's observations, taken in as they come."""

import math
from collections.abc import Collection, Iterable

from tunewright.api.trial import MetricSummary
from tunewright.metrics.curves import MAX_POINTS, Curve, Point, summary_of
from tunewright.metrics.observations import Observation, merge
from tunewright.metrics.readings import Readings

MAX_METRICS = 64
"""Names per attempt; those that trials are judged by are taken in beside them."""


class Gathering:
    """What an attempt's observations come to, in bounded memory.

    Args:
        judging: metrics that are taken in however many others there are.
        max_points: of a metric's curve.

    Attributes:
        metrics: what was reported, by metric.
        not_finite: the metrics of which a NaN or an infinity was reported.
        refused: whether metrics were passed over, because there were too many.
    """

    def __init__(self, judging: Collection[str], max_points: int = MAX_POINTS) -> None:
        self._judging = frozenset(judging)
        self._max_points = max_points
        self._others: set[str] = set()
        self._curves: dict[str, Curve] = {}
        self.metrics: dict[str, MetricSummary] = {}
        self.not_finite: frozenset[str] = frozenset()
        self.refused = False

    def take(self, observations: Iterable[Observation]) -> None:
        """Take in some more, in the order in which they were reported."""
        points: dict[str, list[Point]] = {}
        for observation in observations:
            for name, value in observation.values.items():
                if not self._admits(name):
                    continue
                if math.isfinite(value):
                    points.setdefault(name, []).append((observation.step, value))
                elif name not in self.not_finite:
                    self.not_finite |= {name}
        for name, some in points.items():
            self._add(name, summary_of(some), some)

    def take_readings(self, readings: Readings) -> bool:
        """Take in what was read of all that the attempt has reported so far; whether anything is new."""
        before = (self.metrics, self.not_finite)
        self.not_finite |= frozenset(filter(self._admits, readings.not_finite))
        for name, summary in readings.metrics.items():
            known = self.metrics.get(name)
            if known == summary or not self._admits(name):
                continue
            point = (summary.last_step, summary.last)
            if known is None or summary.last_step > known.last_step:
                self._add(name, summary, [point])
            elif summary.last_step == known.last_step:  # it reported twice at this step
                self._add(name, summary, [])
        return before != (self.metrics, self.not_finite)

    def curves(self) -> dict[str, list[Point]]:
        """All finite values reported, by metric; of a long curve an even selection."""
        return {name: curve.points() for name, curve in self._curves.items()}

    def readings(self) -> Readings:
        """All of it; without a time and a last word."""
        curves = {name: tuple(points) for name, points in self.curves().items()}
        return Readings(self.metrics, self.not_finite, curves=curves)

    def _add(self, name: str, summary: MetricSummary, points: Iterable[Point]) -> None:
        self.metrics = merge(self.metrics, {name: summary})
        self._curves.setdefault(name, Curve(self._max_points)).extend(points)

    def _admits(self, name: str) -> bool:
        if name in self._judging or name in self._others:
            return True
        if len(self._others) < MAX_METRICS:
            self._others.add(name)
            return True
        self.refused = True
        return False
