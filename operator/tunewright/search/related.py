"""What other studies have found, in the terms of this one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tunewright.api.base import Scalar
from tunewright.api.constraint import Constraint
from tunewright.api.parameters import Parameter
from tunewright.api.study import Objective
from tunewright.search.axis import Stepped
from tunewright.search.history import Configuration, Evaluated
from tunewright.search.ranking import by_merit
from tunewright.search.space import SearchSpace

MAX_TRIALS = 50
"""Of one related study: what a sampler learns from them, it learns anew for each proposal."""


@dataclass(frozen=True)
class RelatedStudy:
    """A finished study of something like it.

    Attributes:
        name: the study's name.
        trials: its ended trials in their completion order, translated: their configurations lie in this
            study's space, and their values are those of this study's objectives, in their order. At most
            `MAX_TRIALS`.
    """

    name: str
    trials: Sequence[Evaluated]


class UnrelatedError(ValueError):
    """Another study is of no use to this one; the message says why."""


def translated(
    name: str,
    trials: Iterable[Evaluated],
    space: SearchSpace,
    objectives: Sequence[Objective],
    constraints: Sequence[Constraint] = (),
    fallback: Mapping[str, object] | None = None,
) -> RelatedStudy:
    """Another study's trials, in this study's space; of many the best ones and an even sample of the others.

    A parameter that this space lacks is dropped, and one that the other lacked takes its default here. So
    does one that has changed its kind: a value that is a number, a text or a bool, where here it is none. A
    number between two values goes to the nearer one.

    A trial with a value that this space does not hold, out of range or not listed, is left out: put at the
    bound, say, it would tell of a place what was found at another. So is one that shares no parameter with
    this space.

    Args:
        name: the other study's name.
        trials: its ended trials in their completion order, their values and constraints those of this study.
        space: this study's.
        objectives: this study's, to tell which trials are best.
        constraints: this study's, likewise.
        fallback: defaults of parameters that state none, as the built-in trainer has them.

    Raises:
        UnrelatedError: no completed trial is left.
    """
    known = list(trials)
    if all(trial.values is None for trial in known):
        raise UnrelatedError("no trial of it has a value of every objective")
    moved = [
        replace(trial, configuration=configuration)
        for trial in known
        if (configuration := _moved(trial.configuration, space, fallback)) is not None
    ]
    if all(trial.values is None for trial in moved):
        raise UnrelatedError(f"none of its {len(known)} trials has a place in this study's search space")
    return RelatedStudy(name, _few(moved, objectives, constraints))


def _moved(
    configuration: Configuration, space: SearchSpace, fallback: Mapping[str, object] | None
) -> Configuration | None:
    """The configuration in this space; none where it has no place there."""
    carried: dict[str, Scalar] = {}
    homeless = set()
    for parameter in space.parameters:
        value = configuration.get(parameter.name)
        if value is None or not _alike(parameter, value):
            continue
        if parameter.contains(value):
            carried[parameter.name] = value
        elif parameter.numeric and parameter.low <= value <= parameter.high:  # type: ignore[operator]
            axis = space.axes[parameter.name]
            assert isinstance(axis, Stepped)
            carried[parameter.name] = axis.value(axis.index(value))
        else:
            homeless.add(parameter.name)
    moved = space.complete(carried, fallback)
    if homeless & moved.keys() or not carried.keys() & moved.keys():
        return None
    return moved


def _alike(parameter: Parameter, value: Scalar) -> bool:
    """Whether the value is of a kind that the parameter has: a number, a text, or a bool."""
    kinds = {float} if parameter.numeric else {_kind(choice) for choice in parameter.choices}
    return _kind(value) in kinds


def _kind(value: Scalar) -> type[Scalar]:
    return float if type(value) is int else type(value)


def _few(
    trials: Sequence[Evaluated], objectives: Sequence[Objective], constraints: Sequence[Constraint]
) -> Sequence[Evaluated]:
    """At most `MAX_TRIALS`: one half the best ones, the other evenly from the better to the worse."""
    if len(trials) <= MAX_TRIALS:
        return trials
    order = by_merit(trials, objectives, constraints)
    half = MAX_TRIALS // 2
    best, others = order[:half], order[half:]
    sample = [others[place * len(others) // (MAX_TRIALS - half)] for place in range(MAX_TRIALS - half)]
    return [trials[index] for index in sorted([*best, *sample])]
