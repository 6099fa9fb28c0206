"""Stages: which part of the whole space one of them searches, and why just that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter, ParameterType, Scale, same, short
from tunewright.api.stages import Stage
from tunewright.search.axis import Axis, Stepped
from tunewright.search.history import Configuration
from tunewright.search.space import SearchSpace

ROUNDING = 50
"""The ends of a narrowed range are rounded by at most one part in so many of its width."""


@dataclass(frozen=True)
class Incumbent:
    """What a stage starts from: the best configuration so far.

    Attributes:
        configuration: it; none before a trial has a value.
        trials: of how many trials that have a value it is the best.
    """

    configuration: Configuration | None = None
    trials: int = 0

    def __str__(self) -> str:
        if self.trials == 1:
            return "the only trial with a value"
        return f"the best of {self.trials:,} trials"


@dataclass(frozen=True)
class Part:
    """A part of the whole space, with a reason in words for each parameter that was fixed or narrowed."""

    space: SearchSpace
    reasons: Mapping[str, str]


def part_of(
    whole: SearchSpace, stage: Stage, incumbent: Incumbent, fallback: Mapping[str, object] | None = None
) -> Part:
    """The part of the whole space that a stage searches.

    A parameter that the stage does not tune has one value alone: the incumbent's, or its default where the
    incumbent has none. Where the stage narrows, a range becomes `narrow` of its width in the unit of the
    parameter's axis, around the incumbent and cut off at the bounds; steps and scales stay, and listed values
    stay all. `fallback` holds the trainer's own defaults, for parameters that state none.

    A study whose stages neither fix nor narrow anything searches the whole: then it is that very space.
    """
    chosen: dict[str, Parameter] = {}
    reasons: dict[str, str] = {}
    known = incumbent.configuration or {}
    for parameter in whole.ordered:
        name, axis = parameter.name, whole.axes[parameter.name]
        chosen[name] = parameter
        if axis.count == 1:
            continue
        value = known.get(name)
        if not stage.tunes(parameter):
            own = value if value is not None else whole.default(parameter, fallback)
            chosen[name] = _fixed(parameter, own)
            if _may_be_active(parameter, chosen):
                reasons[name] = f"{name}: fixed at {short(own)}, {_as(incumbent, value)}"
        elif stage.narrow is not None and parameter.numeric:
            if value is not None:
                chosen[name] = _narrowed(parameter, axis, value, stage.narrow)
                reasons[name] = f"{_change(parameter, chosen[name])} around {short(value)}, {incumbent}"
            elif _may_be_active(parameter, chosen):
                reasons[name] = f"{name}: not narrowed, {_missing(incumbent)}"
    if all(chosen[each.name] is each for each in whole.parameters):
        return Part(whole, reasons)
    parameters = [chosen[parameter.name] for parameter in whole.parameters]
    return Part(
        SearchSpace(parameters),
        {each.name: reasons[each.name] for each in parameters if each.name in reasons},
    )


def room(stages: Sequence[Stage], stage: int, taken: int, wanted: int) -> int:
    """How many of `wanted` more trials a stage has room for that has had `taken`; the last one for all."""
    most = stages[stage].max_trials if stage < len(stages) else None
    return wanted if most is None else max(0, min(wanted, most - taken))


def _as(incumbent: Incumbent, value: Scalar | None) -> str:
    return f"as in {incumbent}" if value is not None else f"its default, {_missing(incumbent)}"


def _missing(incumbent: Incumbent) -> str:
    if incumbent.configuration is None:
        return "as no trial had a value yet"
    return f"as {incumbent} does not use it"


def _change(before: Parameter, after: Parameter) -> str:
    old, new = (f"{short(each.low)}..{short(each.high)}" for each in (before, after))
    return f"{before.name}: {old} narrowed to {new}"


def _may_be_active(parameter: Parameter, chosen: Mapping[str, Parameter]) -> bool:
    return all(
        _may_be_active(chosen[parent], chosen)
        and any(same(value, each) for value in values for each in chosen[parent].choices)
        for parent, values in parameter.when.items()
    )


def _fixed(parameter: Parameter, value: Scalar) -> Parameter:
    """The parameter with one value alone; a bool as a categorical, for a bool always has two."""
    if not parameter.numeric:
        kind = ParameterType.ORDINAL if parameter.type is ParameterType.ORDINAL else ParameterType.CATEGORICAL
        return parameter.model_copy(update={"type": kind, "values": [value], "default": value})
    # Of one value there is nothing to spread, and a step or a prior may no longer be legal.
    one = {"min": float(value), "max": float(value), "step": None, "scale": Scale.LINEAR, "prior": None}
    return parameter.model_copy(update={**one, "default": value})


def _narrowed(parameter: Parameter, axis: Axis, value: Scalar, share: float) -> Parameter:
    u = axis.to_unit(value)
    ends = (max(0.0, u - share / 2), min(1.0, u + share / 2))
    if isinstance(axis, Stepped):
        values = [float(axis.from_unit(end)) for end in ends]
    else:
        values = [_rounded(parameter, axis, end, share / ROUNDING) for end in ends]
    low, high = min(values[0], float(value)), max(values[1], float(value))
    if low == high:
        return _fixed(parameter, value)
    return parameter.model_copy(update={"min": low, "max": high, "default": value})


def _rounded(parameter: Parameter, axis: Axis, u: float, tolerance: float) -> float:
    """The value of fewest digits near a place from 0 to 1: a range is there to be read."""
    exact = float(axis.from_unit(u))
    rounded = (float(f"{exact:.{digits}g}") for digits in range(1, 17))
    near = (each for each in rounded if parameter.contains(each) and abs(axis.to_unit(each) - u) <= tolerance)
    return next(near, exact)
