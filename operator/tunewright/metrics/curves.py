"""Learning curves in bounded memory."""

from collections.abc import Iterable, Sequence
from operator import itemgetter

from tunewright.api.trial import MetricSummary

Point = tuple[int, float]
"""A step, and a metric's value there."""

MAX_POINTS = 1_000
"""Of a metric, over one attempt: more than a report draws, and little enough for thousands of trials."""


class Curve:
    """A metric's course, thinned evenly where it has too many points; its last point is always there."""

    def __init__(self, limit: int = MAX_POINTS) -> None:
        self._limit = limit
        self._kept: list[Point] = []
        self._last: Point | None = None
        self._stride = 1
        self._count = 0

    def extend(self, points: Iterable[Point]) -> None:
        """More points, in the order of their arrival."""
        for point in points:
            self._last = point
            if self._count % self._stride == 0:
                self._kept.append(point)
                if len(self._kept) == self._limit:
                    self._kept = self._kept[::2]
                    self._stride *= 2
            self._count += 1

    def points(self) -> list[Point]:
        """What is kept."""
        if self._last is None or self._kept[-1] is self._last:
            return list(self._kept)
        return [*self._kept, self._last]


def summary_of(points: Sequence[Point]) -> MetricSummary:
    """The summary of some points, at least one; of equal extremes the earlier one counts."""
    lowest = min(points, key=itemgetter(1))
    highest = max(points, key=itemgetter(1))
    return MetricSummary(
        last=points[-1][1],
        last_step=points[-1][0],
        min=lowest[1],
        min_step=lowest[0],
        max=highest[1],
        max_step=highest[0],
    )


def join(earlier: Sequence[Point], later: Sequence[Point]) -> list[Point]:
    """A trial's curve over two attempts: where the later one did a step again, it counts."""
    if not later:
        return list(earlier)
    begin = later[0][0]
    return [*(point for point in earlier if point[0] < begin), *later]
