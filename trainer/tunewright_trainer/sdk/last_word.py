"""The last word: what a program has reported in a page of JSON, rewritten at every report.

In a pod it is the termination message: a file mounted by itself, which can be overwritten but not replaced.
It cannot be left for the end: an out-of-memory kill gives no time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from tunewright_trainer.sdk.record import Curve, Metric, Point, Record

MAX_BYTES = 3584
"""The most objectives and constraints of a study, 8 each, with the longest names and numbers take 3,433.

A kubelet keeps 4096.
"""

_COMMON_BYTES = 1024
"""What all else keeps to: a kubelet shares 12 KiB among the containers of a pod, and cuts off the rest."""

_SHORTEST_POINT = len("[1,0],")


def compose(record: Record, judging: Sequence[str], final: bool) -> bytes:
    """JSON of `v`, `final`, `metrics` and `curve`.

    A metric is [last, least, greatest]: points [step, value], exact; null for one that is the last point.
    A fourth item counts its values that were NaN or infinite; without others it is [null, null, null, n].
    A curve is a selection of points with 6 digits. The metrics that a trial is judged by come first, and have
    up to MAX_BYTES; of the other metrics, and of the curves, there is as much as keeps all within 1 KiB.
    """
    leading = [name for name in judging if name in record.metrics]
    others = [name for name in record.metrics if name not in leading]
    frame = f'{{"v":2,"final":{str(final).lower()},"metrics":{{%s}},"curve":{{%s}}}}'
    size = len(frame)
    metrics: list[str] = []
    for group, most in ((leading, MAX_BYTES), (others, _COMMON_BYTES)):
        for name in group:
            entry = f"{json.dumps(name)}:{_metric(record.metrics[name])}"
            if size + len(entry) < most:
                metrics.append(entry)
                size += len(entry) + 1  # with its comma
    curves: list[str] = []
    for group in (leading, others):
        for position, name in enumerate(group):
            room = (_COMMON_BYTES - size) // (len(group) - position)
            entry = _curve(name, record.metrics[name].curve, room)
            if entry:
                curves.append(entry)
                size += len(entry) + 1
    return (frame % (",".join(metrics), ",".join(curves))).encode()


def _metric(metric: Metric) -> str:
    if metric.summary is None:
        return f"[null,null,null,{metric.not_finite}]"
    last, *extremes = metric.summary
    points = [last, *(None if point == last else point for point in extremes)]
    count = [metric.not_finite] if metric.not_finite else []
    return json.dumps([*points, *count], separators=(",", ":"))


def _curve(name: str, curve: Curve, room: int) -> str:
    """Evenly spaced points of the curve, as many as surely fit into `room` bytes; "" for less than two."""
    key = json.dumps(name)
    room -= len(key) + len(":[],")
    if room < 2 * _SHORTEST_POINT:
        return ""
    points = [_point(point) for point in curve.points()]
    count = min(len(points), room // (max(map(len, points), default=0) + 1))
    if count < 2:
        return ""
    last = len(points) - 1
    return f"{key}:[{','.join(points[round(i * last / (count - 1))] for i in range(count))}]"


def _point(point: Point) -> str:
    return f"[{point.step},{point.value:.6g}]"


class LastWordFile:
    """Raises OSError where the file cannot be opened or written."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._length = min(os.fstat(self._descriptor).st_size, MAX_BYTES)

    def write(self, word: bytes) -> None:
        # Padded over what a longer word left, so that a reader between write and truncate sees valid JSON.
        os.pwrite(self._descriptor, word.ljust(self._length), 0)
        os.ftruncate(self._descriptor, len(word))
        self._length = len(word)
