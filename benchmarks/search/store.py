"""Results on disk: a file of JSON lines for each entrant, one line for each search."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.search.cell import Cell, Curve, merged
from benchmarks.search.environments import digest_of
from benchmarks.search.recorded import Recorded
from benchmarks.search.simulation import Trace

FOLDER = Path(__file__).resolve().parents[2] / ".bench" / "search"


class Store:
    """The traces of cells. Lines that were cut short, or are of a peer's other requirements, are passed over;
    of two for a cell the longer counts.

    Args:
        folder: where they are.
        recorded: searches that count as well, and need not be run.
    """

    def __init__(self, folder: Path = FOLDER, recorded: Recorded | None = None) -> None:
        self._folder = folder
        self._recorded = recorded

    def append(self, cell: Cell, trace: Trace) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        line: dict[str, Any] = {"task": cell.task, "seed": cell.seed, "workers": cell.workers}
        line["requirements"] = digest_of(cell.peer)
        line |= {name: [_rounded(value) for value in values] for name, values in asdict(trace).items()}
        with self._file(cell.entrant).open("a") as file:
            # A line that was cut short must not spoil the next.
            file.write(("\n" if file.tell() else "") + json.dumps(line))

    def traces(self, entrant: str) -> dict[Cell, Trace]:
        """All that is known of an entrant."""
        traces: dict[Cell, Trace] = {}
        for cell, trace in self._read(entrant):
            if cell not in traces or len(trace.observed) > len(traces[cell].observed):
                traces[cell] = trace
        return traces

    def curves(self, entrant: str) -> dict[Cell, Curve]:
        """What an entrant recommended, here and recorded."""
        here = {cell: trace.recommended for cell, trace in self.traces(entrant).items()}
        return merged(self._recorded.curves(entrant) if self._recorded else {}, here)

    def entrants(self) -> list[str]:
        """Of whom anything is known."""
        return sorted(path.stem for path in self._folder.glob("*.jsonl"))

    def _read(self, entrant: str) -> Iterator[tuple[Cell, Trace]]:
        if not self._file(entrant).exists():
            return
        requirements = digest_of(entrant.partition("@")[0])
        for text in self._file(entrant).read_text().splitlines():
            try:
                line = json.loads(text)
            except json.JSONDecodeError:
                continue
            if line.pop("requirements", "") != requirements:
                continue
            cell = Cell(entrant, line.pop("task"), line.pop("seed"), line.pop("workers"))
            yield cell, Trace(**line)

    def _file(self, entrant: str) -> Path:
        return self._folder / f"{entrant}.jsonl"


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.9g}")
