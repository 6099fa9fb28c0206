"""One parameter along the unit interval: exact transforms both ways.

Uniform numbers in [0, 1] become values spread as the parameter's scale or prior says.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar, Protocol

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter, ParameterType, Scale
from tunewright.search.law import Law, law_of

CELLS = 2**36
"""How finely a continuous parameter is resolved: into this many equal parts of the unit interval."""


class Levels(Protocol):
    """Finitely many values of a parameter, counted from 0."""

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def value(self, index: int) -> Scalar:
        """One of them."""
        ...


class Continuous:
    """A float parameter without a step; low < high.

    `to_unit` says where from 0 to 1 a legal value lies, `from_unit` which value lies there.

    The unit interval has `CELLS` parts, and a part stands for one value: the decimal of fewest digits
    in it. So a value that was proposed, or that a person wrote in seven digits, comes back from
    `from_unit(to_unit(value))` as the same float; any other legal value comes back as its neighbour.
    """

    count: ClassVar[None] = None
    ordered: ClassVar[bool] = True

    def __init__(self, law: Law, low: float, high: float) -> None:
        self._law = law
        self._low, self._high = low, high

    def to_unit(self, value: Scalar) -> float:
        return self._cell(float(value)) / CELLS

    def from_unit(self, u: float) -> float:
        cell = round(u * CELLS)
        if cell <= 0:
            return self._low
        if cell >= CELLS:
            return self._high
        middle = min(max(self._law.quantile(cell / CELLS), self._low), self._high)
        # Bisection: if a decimal in the part has few digits, the nearest one of more digits is in it too.
        fewest, most = 1, 17
        while fewest < most:
            digits = (fewest + most) // 2
            if self._cell(_rounded(middle, digits)) == cell:
                most = digits
            else:
                fewest = digits + 1
        return _rounded(middle, fewest)

    def _cell(self, value: float) -> int:
        return min(max(round(self._law.cdf(min(max(value, self._low), self._high)) * CELLS), 0), CELLS)


class Stepped:
    """An int parameter, or a float parameter with a step: `low`, `low + step` and so on, `count` of them.

    With a law, the values share the unit interval as rounding to the nearest step shares the law's
    mass; without one they share it evenly.
    """

    ordered: ClassVar[bool] = True

    def __init__(
        self, low: Decimal, step: Decimal, count: int, kind: type[int | float], law: Law | None
    ) -> None:
        self._low, self._step = low, step
        self._kind = kind
        self._law = law
        self.count = count

    def value(self, index: int) -> int | float:
        # In decimals, so that the third step of 0.1 is 0.3.
        return self._kind(self._low + index * self._step)

    def index(self, value: Scalar) -> int:
        """The number of the step nearest to a value."""
        return self._clip(round((_decimal(float(value)) - self._low) / self._step))

    def to_unit(self, value: Scalar) -> float:
        index = self.index(value)
        if self._law is None or self.count == 1:
            return _centre(index, self.count)
        return min(max(self._law.cdf(self.value(index)), 0.0), 1.0)

    def from_unit(self, u: float) -> int | float:
        if self._law is None or self.count == 1:
            return self.value(_part(u, self.count))
        return self.value(self._clip(round((_decimal(self._law.quantile(u)) - self._low) / self._step)))

    def _clip(self, index: int) -> int:
        return min(max(index, 0), self.count - 1)


class Listed:
    """A categorical, ordinal or bool parameter: its values share the unit interval evenly, in their order.

    Attributes:
        ordered: whether neighbours in the list are alike, as an ordinal parameter's are.
    """

    def __init__(self, values: Sequence[Scalar], ordered: bool) -> None:
        self._values = values
        self.ordered = ordered
        self._indices = {(isinstance(value, bool), value): index for index, value in enumerate(values)}
        self.count = len(values)

    def value(self, index: int) -> Scalar:
        return self._values[index]

    def index(self, value: Scalar) -> int:
        """The place of a value in the list; 1 and 1.0 are the same value, true and 1 are not."""
        return self._indices[isinstance(value, bool), value]

    def to_unit(self, value: Scalar) -> float:
        return _centre(self.index(value), self.count)

    def from_unit(self, u: float) -> Scalar:
        return self._values[_part(u, self.count)]


Axis = Continuous | Stepped | Listed


def axis_of(parameter: Parameter) -> Axis:
    """The axis of a parameter."""
    if not parameter.numeric:
        return Listed(parameter.choices, ordered=parameter.type is ParameterType.ORDINAL)
    low, high = parameter.low, parameter.high
    whole = parameter.type is ParameterType.INT
    if parameter.step is None and not whole and low < high:
        return Continuous(law_of(parameter, low, high), low, high)
    step = _decimal(parameter.step or 1.0)
    count = math.floor((_decimal(high) - _decimal(low)) / step) + 1
    kind: type[int | float] = int if whole else float
    if (parameter.prior is None and parameter.scale is Scale.LINEAR) or count == 1:
        return Stepped(_decimal(low), step, count, kind, None)
    margin = float(step) / 2
    last = float(_decimal(low) + (count - 1) * step)
    return Stepped(_decimal(low), step, count, kind, law_of(parameter, low - margin, last + margin))


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _decimal(value: float) -> Decimal:
    """The decimal that a float is written as: 0.1 is one tenth."""
    return Decimal(repr(value))


def _centre(index: int, count: int) -> float:
    return (2 * index + 1) / (2 * count)


def _part(u: float, count: int) -> int:
    """Which of `count` equal parts of [0, 1] u lies in."""
    # In whole numbers: a product of floats would round across the borders of 2^52 parts.
    numerator, denominator = u.as_integer_ratio()
    return min(numerator * count // denominator, count - 1)
