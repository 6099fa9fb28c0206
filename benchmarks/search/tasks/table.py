"""Tasks that look real trainings up in a complete table."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from benchmarks.search.tasks.task import Configuration, Evaluation, ParameterDefinition, Task
from numpy.typing import NDArray


class TableTask(Task):
    """A grid of configurations, each trained several times: a trial observes one of its repeats.

    The true value is the mean of the repeats. The grid is all there is: every parameter lists its values.
    """

    def __init__(
        self,
        name: str,
        parameters: Sequence[ParameterDefinition],
        values: NDArray[np.float64],
        seconds: NDArray[np.float64],
    ) -> None:
        """`values` and `seconds` have one axis per parameter and a last one for the repeats; where a
        configuration was trained less often, the last repeats are NaN."""
        self._values, self._seconds = values, seconds
        self._repeats = np.isfinite(values).sum(axis=-1)
        self._true = np.nanmean(values, axis=-1)
        self._positions: list[tuple[str, dict[Any, int]]] = [
            (parameter["name"], {value: index for index, value in enumerate(parameter["values"])})
            for parameter in parameters
        ]
        super().__init__(name, parameters, float(self._true.min()), float(np.median(self._true)))

    def evaluate(self, configuration: Configuration, rng: np.random.Generator) -> Evaluation:
        cell = self._cell(configuration)
        repeat = rng.integers(self._repeats[cell])
        return Evaluation(float(self._values[cell][repeat]), float(self._seconds[cell][repeat]))

    def true(self, configuration: Configuration) -> float:
        return float(self._true[self._cell(configuration)])

    def _cell(self, configuration: Configuration) -> tuple[int, ...]:
        return tuple(positions[configuration[name]] for name, positions in self._positions)
