"""The last word: at most 1 KiB that says how far a program came, rewritten at every report.

In a pod it is the termination message: a file mounted by itself, which can be overwritten but not replaced.
It cannot be left for the end: an out-of-memory kill gives no time.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path

from tunewright_trainer.sdk import strict_json
from tunewright_trainer.sdk.record import Curve, Point, Record

MAX_BYTES = 1024
_SHORTEST_POINT = len("[1,0],")


def compose(record: Record, objectives: Sequence[str], final: bool) -> bytes:
    """JSON of `v`, `final`, `step`, `metrics` (latest values, exact) and `curve` ([step, value], 6 digits).

    Objectives come first; of the other metrics, and of the curves, there is as much as fits.
    """
    leading = [name for name in objectives if name in record.latest]
    others = [name for name in record.latest if name not in leading]
    frame = f'{{"v":1,"final":{str(final).lower()},"step":{record.step},"metrics":{{%s}},"curve":{{%s}}}}'
    room = MAX_BYTES - len(frame)
    metrics: list[str] = []
    for name in leading + others:
        entry = f"{json.dumps(name)}:{json.dumps(strict_json.number(record.latest[name].value))}"
        if len(entry) < room:
            metrics.append(entry)
            room -= len(entry) + 1  # with its comma
    curves: list[str] = []
    for group in (leading, others):
        for position, name in enumerate(group):
            entry = _curve(name, record.curves[name], room // (len(group) - position))
            if entry:
                curves.append(entry)
                room -= len(entry) + 1
    return (frame % (",".join(metrics), ",".join(curves))).encode()


def _curve(name: str, curve: Curve, room: int) -> str:
    """Evenly spaced points of the curve, as many as surely fit into `room` bytes; "" for less than two."""
    key = json.dumps(name)
    room -= len(key) + len(":[],")
    if room < 2 * _SHORTEST_POINT:
        return ""
    points = [_point(point) for point in curve.points()]
    count = min(len(points), room // (max(map(len, points)) + 1))
    if count < 2:
        return ""
    last = len(points) - 1
    return f"{key}:[{','.join(points[round(i * last / (count - 1))] for i in range(count))}]"


def _point(point: Point) -> str:
    value = f"{point.value:.6g}" if math.isfinite(point.value) else f'"{strict_json.number(point.value)}"'
    return f"[{point.step},{value}]"


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
