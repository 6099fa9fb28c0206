"""The last word: at most 1 KiB that says how far a program came, rewritten at every report.

In a pod it is the termination message: a file mounted by itself, which can be overwritten but not replaced.
It cannot be left for the end: an out-of-memory kill gives no time.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunewright_trainer.sdk import strict_json
from tunewright_trainer.sdk.record import Point, Record

MAX_BYTES = 1024


def compose(record: Record, objectives: Sequence[str], final: bool) -> bytes:
    """JSON of `v`, `final`, `step`, `metrics` (latest values, exact) and `curve` ([step, value], 6 digits).

    Objectives come first; of the other metrics, and of the curves, there is as much as fits.
    """
    leading = [name for name in objectives if name in record.latest]
    others = [name for name in record.latest if name not in leading]
    metrics: dict[str, float | str] = {}
    curve: dict[str, list[list[Any]]] = {}
    word = {"v": 1, "final": final, "step": record.step, "metrics": metrics, "curve": curve}
    for name in leading + others:
        metrics[name] = strict_json.number(record.latest[name].value)
        if len(strict_json.encode(word)) > MAX_BYTES:
            del metrics[name]
    for group in (leading, others):
        for position, name in enumerate(group):
            share = (MAX_BYTES - len(strict_json.encode(word))) // (len(group) - position)
            key = len(strict_json.encode({name: []})) - 1  # without the braces, with a comma
            points = _fitting(record, name, share - key)
            if len(points) > 1:
                curve[name] = points
    return strict_json.encode(word)


def _fitting(record: Record, name: str, room: int) -> list[list[Any]]:
    """As many points of the curve, evenly spaced, as surely fit into `room` bytes."""
    curve = record.curves[name]
    longest = max(len(strict_json.encode(_rounded(point))) for point in curve.points())
    return [_rounded(point) for point in curve.sample(room // (longest + 1))]


def _rounded(point: Point) -> list[Any]:
    return [point.step, strict_json.number(float(f"{point.value:.6g}"))]


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
