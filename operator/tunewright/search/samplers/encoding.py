"""Configurations as rows of numbers, for models that need numbers."""

import numpy as np

from tunewright.api.base import Scalar
from tunewright.search.axis import Axis, Continuous, Listed
from tunewright.search.history import Configuration
from tunewright.search.space import SearchSpace

CELLS = 1_000
"""Into how many cells the range of a continuous parameter is divided."""
MOVED = 3
"""How many parameters differ between neighbours, on average, where there are more."""


class Encoding:
    """Rows of equal width, with entries from 0 to 1.

    A number, or an ordinal value's place, takes one column; a categorical parameter one column per value, 1
    for the chosen one, or a single column where there are two values. A parameter with one value takes none.
    An inactive parameter stands in the middle of its column, or at 0 in all of them.

    Attributes:
        width: how many columns there are.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._columns = {name: _columns(axis) for name, axis in space.axes.items()}
        self.width = sum(self._columns.values())

    def row(self, configuration: Configuration) -> list[float]:
        """The row of a configuration."""
        row: list[float] = []
        for name, columns in self._columns.items():
            axis = self._space.axes[name]
            if columns == 1:
                row.append(axis.to_unit(configuration[name]) if name in configuration else 0.5)
            elif isinstance(axis, Listed):
                chosen = axis.index(configuration[name]) if name in configuration else None
                row.extend(float(index == chosen) for index in range(columns))
        return row

    def cell(self, configuration: Configuration) -> tuple[int | None, ...]:
        """What configurations have in common that are too near each other to be worth a trial each."""
        return tuple(
            _cell(axis, configuration[name]) if name in configuration else None
            for name, axis in self._space.axes.items()
        )

    def neighbour(
        self, configuration: Configuration, deviation: float, rng: np.random.Generator
    ) -> dict[str, Scalar]:
        """A configuration near another: some parameters have moved along their axis, some categories changed.

        A move has the given standard deviation, or that of one value to the next where that is more.
        """
        chance = min(1.0, MOVED / len(self._columns))
        neighbour: dict[str, Scalar] = {}
        for parameter in self._space.ordered:
            if not parameter.active(neighbour):
                continue
            name, axis = parameter.name, self._space.axes[parameter.name]
            old = configuration.get(name)
            if old is None:
                neighbour[name] = axis.from_unit(float(rng.random()))
            elif rng.random() < chance:
                neighbour[name] = _moved(axis, old, deviation, rng)
            else:
                neighbour[name] = old
        return neighbour


def _cell(axis: Axis, value: Scalar) -> int:
    return round(axis.to_unit(value) * CELLS) if isinstance(axis, Continuous) else axis.index(value)


def _moved(axis: Axis, value: Scalar, deviation: float, rng: np.random.Generator) -> Scalar:
    if not axis.ordered:
        return axis.from_unit(float(rng.random()))
    spread = deviation if isinstance(axis, Continuous) else max(deviation, 1 / axis.count)
    u = axis.to_unit(value) + spread * float(rng.standard_normal())
    return axis.from_unit(min(max(u, 0.0), 1.0))


def _columns(axis: Axis) -> int:
    if axis.count == 1:
        return 0
    return axis.count if isinstance(axis, Listed) and not axis.ordered and axis.count > 2 else 1
