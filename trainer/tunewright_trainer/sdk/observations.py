"""The observations file: one line of JSON for each report."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tunewright_trainer.sdk import strict_json


class ObservationsFile:
    """Appends a line with one write, so that a kill tears at most the last line.

    Raises OSError where the file cannot be opened or, as on a full disk, not be written.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            os.write(self._descriptor, b"\n")  # a killed attempt tore its last line: keep it apart

    def append(self, step: int, time: float, metrics: Mapping[str, float]) -> None:
        numbers = {name: strict_json.number(value) for name, value in metrics.items()}
        line = strict_json.encode({"step": step, "time": time, "metrics": numbers}) + b"\n"
        written = os.write(self._descriptor, line)
        if written < len(line):
            raise OSError(f"observations: only {written} of {len(line)} bytes could be written")
