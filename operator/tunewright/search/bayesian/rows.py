"""Configurations as rows of numbers, and rows as configurations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tunewright.api.base import Scalar
from tunewright.api.parameters import Distribution, Parameter, Scale
from tunewright.search.axis import Axis, Continuous, Listed, axis_of
from tunewright.search.bayesian.kernel import Array
from tunewright.search.history import Configuration
from tunewright.search.space import SearchSpace

MAX_LEVELS = 1_024
"""A parameter of more values is treated as a continuum until it is decoded."""
MIDDLE = 0.5
ABSENT = -1.0


@dataclass(frozen=True)
class Column:
    """A parameter as a column: a number from 0 to 1, or the number of a category.

    Attributes:
        name: the parameter's.
        axis: the parameter's, in the whole space, without its prior.
        categorical: whether its values have no order.
        levels: its entries where they can be listed, ascending; those of the space that is searched.
        low, high: the least and the greatest entry of the space that is searched.
    """

    name: str
    axis: Axis
    categorical: bool
    levels: Array | None
    low: float
    high: float

    @property
    def absent(self) -> float:
        """The entry of an inactive parameter: a category of its own, or the middle."""
        return ABSENT if self.categorical else MIDDLE

    def entry(self, value: Scalar) -> float:
        """A value's entry."""
        if self.categorical and isinstance(self.axis, Listed):
            return float(self.axis.index(value))
        return self.axis.to_unit(value)

    def value(self, entry: float) -> Scalar:
        """The value of an entry, or of the nearest one."""
        if self.categorical and isinstance(self.axis, Listed):
            return self.axis.value(int(entry))
        return self.axis.from_unit(min(max(entry, 0.0), 1.0))

    def spread(self, units: Array) -> Array:
        """Entries from uniform numbers."""
        if self.levels is None:
            return self.low + units * (self.high - self.low)
        if self.categorical or len(self.levels) == 1:
            places = np.minimum((units * len(self.levels)).astype(int), len(self.levels) - 1)
            chosen: Array = np.take(self.levels, places)
            return chosen
        return self.nearest(units)

    def nearest(self, entries: Array) -> Array:
        """The legal entries nearest to any numbers."""
        if self.levels is None:
            return np.clip(entries, self.low, self.high)
        borders = (self.levels[1:] + self.levels[:-1]) / 2
        return self.levels[np.searchsorted(borders, entries)]

    def stepped(self, entries: Array, steps: Array, rng: np.random.Generator) -> Array:
        """The legal entries nearest to where steps lead; of levels at least the next one."""
        if self.levels is None or len(self.levels) == 1:
            return self.nearest(entries + steps)
        before = np.searchsorted(self.levels, self.nearest(entries))
        move = np.searchsorted(self.levels, self.nearest(entries + steps)) - before
        move = np.where(move == 0, rng.choice([-1, 1], len(move)), move)
        return np.take(self.levels, np.clip(before + move, 0, len(self.levels) - 1))


class Rows:
    """The rows of a space: one column per parameter with more than one value.

    Rows are in terms of the whole space; those that are drawn or moved stay in the part that is searched. An
    inactive number stands in the middle, an inactive category is one of its own: two inactive ones are alike.

    Attributes:
        columns: the columns, in dependency order.
        categorical: which of them are categories, as an array.
    """

    def __init__(self, whole: SearchSpace, part: SearchSpace) -> None:
        self._whole, self._part = whole, part
        self.columns = [
            _column(parameter.name, _evenly(parameter), part.axes[parameter.name])
            for parameter in whole.ordered
            if whole.axes[parameter.name].count != 1
        ]
        self.categorical = np.array([column.categorical for column in self.columns], dtype=bool)
        self.absent = np.array([column.absent for column in self.columns])
        self._conditions = self._all_conditions()

    def encode(self, configurations: Iterable[Configuration]) -> Array:
        """The rows of configurations of the whole space, of shape (n, columns)."""
        rows = [
            [
                column.entry(each[column.name]) if column.name in each else column.absent
                for column in self.columns
            ]
            for each in configurations
        ]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(self.columns))

    def decode(self, row: Array) -> dict[str, Scalar]:
        """The configuration of a row, in the part that is searched."""
        entries = {
            column.name: (column, float(entry)) for column, entry in zip(self.columns, row, strict=True)
        }
        configuration: dict[str, Scalar] = {}
        for parameter in self._part.ordered:
            if not parameter.active(configuration):
                continue
            axis = self._part.axes[parameter.name]
            if axis.count == 1 or parameter.name not in entries:
                configuration[parameter.name] = axis.from_unit(MIDDLE)
                continue
            column, entry = entries[parameter.name]
            value = column.value(column.nearest(np.array([entry]))[0])
            configuration[parameter.name] = (
                value if parameter.contains(value) else axis.from_unit(axis.to_unit(value))
            )
        return configuration

    def drawn(self, units: Array) -> Array:
        """Rows at points of the unit cube, of shape (n, columns)."""
        rows = np.column_stack([column.spread(units[:, place]) for place, column in enumerate(self.columns)])
        return self.canonical(rows)

    def canonical(self, rows: Array) -> Array:
        """The legal rows nearest to any rows, inactive parameters where inactive ones stand."""
        rows = rows.copy()
        active = np.ones(rows.shape, dtype=bool)
        for place, column in enumerate(self.columns):
            for parent, allowed in self._conditions[place]:
                active[:, place] &= active[:, parent] & np.isin(rows[:, parent], allowed)
            rows[:, place] = np.where(active[:, place], column.nearest(rows[:, place]), column.absent)
        return rows

    def _all_conditions(self) -> Sequence[Sequence[tuple[int, Array]]]:
        """For each column the places of the parents with the entries that make it active."""
        places = {column.name: place for place, column in enumerate(self.columns)}
        conditions: dict[str, list[tuple[int, Array]]] = {}
        for parameter in self._whole.ordered:
            own = conditions[parameter.name] = []
            for name, values in parameter.when.items():
                if name in places:
                    allowed = np.array([self.columns[places[name]].entry(value) for value in values])
                    own.append((places[name], allowed))
                else:  # Of one value: active with its own parents.
                    own.extend(conditions[name])
        return [conditions[column.name] for column in self.columns]


def _evenly(parameter: Parameter) -> Axis:
    """The axis without the user's prior: that is a term of the worth, and would hide here what it holds
    unlikely in a corner too small for the model to see."""
    if parameter.prior is None:
        return axis_of(parameter)
    log = parameter.prior.distribution is Distribution.LOG_NORMAL
    return axis_of(parameter.model_copy(update={"prior": None, "scale": Scale.LOG if log else Scale.LINEAR}))


def _column(name: str, axis: Axis, part: Axis) -> Column:
    categorical = isinstance(axis, Listed) and not axis.ordered and axis.count > 2
    if isinstance(part, Continuous):
        low, high = (axis.to_unit(part.from_unit(end)) for end in (0.0, 1.0))
        return Column(name, axis, False, None, low, high)
    if part.count > MAX_LEVELS:
        low, high = (axis.to_unit(part.value(index)) for index in (0, part.count - 1))
        return Column(name, axis, False, None, low, high)
    values = [part.value(index) for index in range(part.count)]
    if categorical and isinstance(axis, Listed):
        levels = np.array([float(axis.index(value)) for value in values])
    else:
        levels = np.array([axis.to_unit(value) for value in values])
    levels = np.unique(levels)
    return Column(name, axis, categorical, levels, float(levels[0]), float(levels[-1]))
