"""Scales of the parallel axes: where a value lies between bottom and top, and which values are labelled."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter, ParameterType
from tunewright.api.parameters import Scale as Spread
from tunewright.report.figures.drawing import Range
from tunewright.report.wording import number, scalar
from tunewright.search.axis import axis_of

_MAX_LABELS = 12
_APART = 0.07
"""Two labels closer than this share of the axis would overlap."""


@dataclass(frozen=True)
class Scale:
    """One axis from 0 (bottom) to 1 (top).

    Attributes:
        place: where a value lies; None where it has no place on the axis.
        labels: (place, text) of the labelled values, upwards.
    """

    place: Callable[[Scalar], float | None]
    labels: Sequence[tuple[float, str]]


def parameter_scale(parameter: Parameter) -> Scale:
    """The scale of a parameter, spread as the search spreads its values."""
    axis = axis_of(parameter)

    def place(value: Scalar) -> float | None:
        # A value may have been legal only before the study was edited.
        return axis.to_unit(value) if parameter.contains(value) else None

    values: Sequence[Scalar] = _marks(parameter) if parameter.numeric else parameter.choices
    labels = [(axis.to_unit(value), _label(value)) for value in values]
    if not parameter.numeric:
        every = -(-len(labels) // _MAX_LABELS)
        return Scale(place, labels[::every])
    return Scale(place, _apart(labels))


def _label(value: Scalar) -> str:
    return f"{number(float(f'{value:.4g}'))}" if isinstance(value, float) else scalar(value)


def objective_scale(shown: Range) -> Scale:
    """The linear scale of an objective; what lies beyond `shown` is drawn at the end."""
    span = shown.high - shown.low
    marks = [shown.low, *_round_numbers(shown.low, shown.high), shown.high]

    def place(value: Scalar) -> float:
        return (shown.clip(float(value)) - shown.low) / span if span else 0.5

    return Scale(place, _apart([(place(value), _label(value)) for value in marks]))


def _marks(parameter: Parameter) -> list[float]:
    """The bounds of a numeric parameter, and round values between them."""
    low, high = parameter.low, parameter.high
    if parameter.scale is Spread.LOG:
        between = _powers(low, high)
    elif parameter.scale is Spread.REVERSE_LOG:
        axis = axis_of(parameter)
        between = [float(axis.from_unit(part / 4)) for part in (1, 2, 3)]
    else:
        between = _round_numbers(low, high)
    marks = [low, *between, high]
    if parameter.type is ParameterType.INT:
        return [int(mark) for mark in marks if mark == int(mark)]
    return marks


def _powers(low: float, high: float) -> list[float]:
    """Powers of ten between the bounds; of two where both bounds are; else 1, 2 and 5 of each decade."""
    if all(math.log2(bound).is_integer() for bound in (low, high)):
        first, last = int(math.log2(low)), int(math.log2(high))
        return [2.0**power for power in range(first, last + 1, -(-(last - first + 1) // 8))]
    decades = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    digits = (1,) if len(decades) > 2 else (1, 2, 5)
    marks = [
        float(f"{digit}e{decade}") for decade in range(decades.start - 1, decades.stop) for digit in digits
    ]
    return [mark for mark in marks if low < mark < high]


def _round_numbers(low: float, high: float) -> list[float]:
    """About four round numbers strictly between the bounds."""
    if not low < high:
        return []
    raw = (high - low) / 4
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * digit for digit in (1, 2, 2.5, 5, 10) if unit * digit >= raw)
    first, last = math.ceil(low / step), math.floor(high / step)
    marks = [float(f"{index * step:.10g}") for index in range(first, last + 1)]
    return [mark for mark in marks if low < mark < high]


def _apart(labels: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """The labels without those that would overlap another; the first and the last stay."""
    first, last = labels[0], labels[-1]
    if last[0] - first[0] < _APART:
        return [first]
    kept = [first]
    for label in labels[1:-1]:
        if label[0] - kept[-1][0] >= _APART and last[0] - label[0] >= _APART:
            kept.append(label)
    return [*kept, last]
