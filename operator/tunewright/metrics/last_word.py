"""The last word: what a program that uses the SDK left behind, rewritten in place at every report."""

import math

from tunewright.api.trial import MetricSummary
from tunewright.metrics.curves import Point
from tunewright.metrics.lines import parse_object
from tunewright.metrics.readings import NONE, Readings, thinned
from tunewright.metrics.values import is_name, number_of, step_of

MAX_BYTES = 4096
"""What is read at most: more than the SDK writes, and all that a kubelet keeps."""


def readings_of_last_word(text: bytes) -> Readings:
    """What the program said of itself; NONE where it said nothing. A torn or garbled word is not final.

    Metrics that cannot be read are left out.
    """
    if not text.strip(b"\0 \n"):
        return NONE
    document = parse_object(text[:MAX_BYTES])
    entries = _named(document.get("metrics"))
    summaries = {name: _summary(entry) for name, entry in entries.items()}
    curves = {name: _curve(points) for name, points in _named(document.get("curve")).items()}
    return Readings(
        metrics={name: summary for name, summary in summaries.items() if summary is not None},
        not_finite=frozenset(name for name, entry in entries.items() if step_of(_item(entry, 3))),
        curves={name: points for name, points in curves.items() if points},
        final=document.get("final") is True,
    )


def _named(entries: object) -> dict[str, list[object]]:
    """The entries of a JSON object that have a metric's name and are lists."""
    if not isinstance(entries, dict):
        return {}
    return {name: entry for name, entry in entries.items() if is_name(name) and isinstance(entry, list)}


def _summary(entry: list[object]) -> MetricSummary | None:
    """Of [last, least, greatest]; null stands for the last point."""
    last = _point(_item(entry, 0))
    if last is None:
        return None
    least, greatest = (_point(_item(entry, index)) or last for index in (1, 2))
    return MetricSummary(
        last=last[1],
        last_step=last[0],
        min=least[1],
        min_step=least[0],
        max=greatest[1],
        max_step=greatest[0],
    )


def _curve(entry: list[object]) -> tuple[Point, ...]:
    points = (_point(item) for item in entry)
    return thinned(sorted(point for point in points if point is not None))


def _item(entry: list[object], index: int) -> object:
    return entry[index] if index < len(entry) else None


def _point(entry: object) -> Point | None:
    """Of [step, value], where the value is finite."""
    if not isinstance(entry, list) or len(entry) != 2:
        return None
    step, value = step_of(entry[0]), number_of(entry[1])
    return None if step is None or value is None or not math.isfinite(value) else (step, value)
