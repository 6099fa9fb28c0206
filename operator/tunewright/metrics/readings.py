"""What was read of one attempt's metrics, from whatever source."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tunewright.api.trial import MetricSummary
from tunewright.metrics.curves import Curve, Point

MAX_POINTS = 256
"""Of a metric's curve."""


@dataclass(frozen=True)
class Readings:
    """What is known of an attempt's metrics.

    Attributes:
        metrics: the summary of each metric that had a finite value.
        not_finite: the metrics of which a NaN or an infinity was reported.
        reported_at: when it last made progress, in milliseconds since the Unix epoch; None: not known.
        curves: finite values by metric, in the order of their steps, MAX_POINTS at most.
        final: whether the program said that it ended properly; None where it said nothing.
        note: what was passed over, for the user; empty if nothing was.
    """

    metrics: Mapping[str, MetricSummary] = field(default_factory=dict)
    not_finite: frozenset[str] = frozenset()
    reported_at: int | None = None
    curves: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    final: bool | None = None
    note: str = ""

    def merge(self, later: "Readings") -> "Readings":
        """Both together: of the same attempt, the later ones read after these, or from a better source."""
        metrics = dict(self.metrics)
        for name, summary in later.metrics.items():
            metrics[name] = _newer(metrics.get(name, summary), summary)
        times = [time for time in (self.reported_at, later.reported_at) if time is not None]
        return Readings(
            metrics,
            self.not_finite | later.not_finite,
            max(times, default=None),
            {
                name: _joined(self.curves.get(name, ()), later.curves.get(name, ()))
                for name in {**self.curves, **later.curves}
            },
            self.final if later.final is None else later.final,
            later.note or self.note,
        )


NONE = Readings()
"""Nothing was read."""


def _newer(earlier: MetricSummary, later: MetricSummary) -> MetricSummary:
    """Each summary is of all that its attempt had reported by then, so the one that goes further has all."""
    return later if later.last_step >= earlier.last_step else earlier


def _joined(earlier: Iterable[Point], later: Iterable[Point]) -> tuple[Point, ...]:
    """All points in the order of their steps; the earlier reading's where both have one, as it is exact."""
    points = {**dict(later), **dict(earlier)}
    return thinned(sorted(points.items()))


def thinned(points: Iterable[Point]) -> tuple[Point, ...]:
    """An even selection with the first and the last point, MAX_POINTS at most."""
    curve = Curve(MAX_POINTS)
    curve.extend(points)
    return tuple(curve.points())
