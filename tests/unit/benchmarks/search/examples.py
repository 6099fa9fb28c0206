"""Small searches to test the benchmark with."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from benchmarks.search.simulation import Trace
from benchmarks.search.tasks.table import TableTask
from benchmarks.search.tasks.task import Configuration


def a_table_task(
    losses: Sequence[Sequence[float]] = ((3.0, 5.0), (1.0, 1.0), (2.0, 6.0)),
    seconds: Sequence[float] = (10.0, 20.0, 30.0),
) -> TableTask:
    """One parameter, `size`: 1, 2, 3 ...; a row of repeats for each."""
    parameters = [{"name": "size", "type": "ordinal", "values": list(range(1, len(losses) + 1))}]
    values = np.array(losses, dtype=np.float64)
    return TableTask("a-table", parameters, values, np.broadcast_to(np.array(seconds)[:, None], values.shape))


def a_trace(recommended: Sequence[float | None]) -> Trace:
    """Of a search whose recommendations had these true values."""
    count = len(recommended)
    return Trace(list(recommended), list(recommended), [float(n) for n in range(count)], [0.5] * count)


class Scripted:
    """Asks for sizes in a given order, and notes what happened."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.events: list[tuple[str, int]] = []
        self._sizes = list(sizes)

    def ask(self) -> tuple[dict[str, Any], float]:
        size = self._sizes.pop(0)
        self.events.append(("ask", size))
        return {"size": size}, 0.25

    def tell(self, configuration: Configuration, value: float | None) -> None:
        self.events.append(("tell", configuration["size"]))
