"""Stages: a study that tunes some parameters first, then others, then everything near the best."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from tunewright.api.base import Int, Model, Number, Scalar, Str
from tunewright.api.parameters import Parameter, in_dependency_order, same, word
from tunewright.api.problems import Invalid, unknown

MAX_STAGES = 20


class Stage(Model):
    """A part of a study's search, in a part of its space; it begins once the stages before it have ended."""

    name: Str = Field(min_length=1, max_length=63, description="Unique in the study.")
    parameters: list[Annotated[Str, Field(max_length=63)]] = Field(
        [], max_length=200, description="What it tunes; all parameters if left out. The others are fixed."
    )
    max_trials: Annotated[Int, Field(ge=1, le=1_000_000)] | None = Field(
        None,
        description="Trials at most. Required, but for the last stage, which takes the rest of the budget.",
    )
    narrow: Annotated[Number, Field(gt=0, le=1)] | None = Field(
        None, description="Narrows each range that it tunes to this share of its width, around the best."
    )

    def tunes(self, parameter: Parameter) -> bool:
        """Whether the parameter may vary in it."""
        return not self.parameters or parameter.name in self.parameters


def check_stages(
    stages: Sequence[Stage], parameters: Sequence[Parameter], initial: Sequence[Mapping[str, Scalar]]
) -> None:
    """Check the stages of a study against its parameters, whose conditions have been checked.

    Args:
        stages: the stages, in their order.
        parameters: the study's parameters.
        initial: its initial configurations.

    Raises:
        Invalid: the first thing wrong; its path begins with `stages`.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    names: set[str] = set()
    for index, stage in enumerate(stages):
        path = f"stages[{index}]"
        if stage.name in names:
            raise Invalid(f"{path}.name", f"{stage.name} stands twice; each stage needs a name of its own")
        names.add(stage.name)
        _check_trials(stage, path, last=index == len(stages) - 1)
        if index == 0 and stage.narrow is not None:
            raise Invalid(
                f"{path}.narrow", "the first stage has no best trial to narrow around; leave it out"
            )
        _check_listed(stage, by_name, path)
        if not any(stage.tunes(parameter) and _varies(parameter) for parameter in parameters):
            raise Invalid(f"{path}.parameters", "nothing to tune: each of them has one value alone")
    _check_conditions(stages, parameters, initial)


def _check_trials(stage: Stage, path: str, *, last: bool) -> None:
    if last and stage.max_trials is not None:
        raise Invalid(
            f"{path}.maxTrials", "not for the last stage, which takes what budget.maxTrials leaves; remove it"
        )
    if not last and stage.max_trials is None:
        raise Invalid(f"{path}.maxTrials", "required, but missing: only the last stage goes without")


def _check_listed(stage: Stage, by_name: Mapping[str, Parameter], path: str) -> None:
    for place, name in enumerate(stage.parameters):
        if name not in by_name:
            raise Invalid(f"{path}.parameters[{place}]", unknown("parameter", name, by_name))
        if name in stage.parameters[:place]:
            raise Invalid(f"{path}.parameters[{place}]", f"{name} stands twice; list each parameter once")


def _varies(parameter: Parameter) -> bool:
    return parameter.low < parameter.high if parameter.numeric else len(parameter.choices) > 1


def _check_conditions(
    stages: Sequence[Stage], parameters: Sequence[Parameter], initial: Sequence[Mapping[str, Scalar]]
) -> None:
    """No stage may list a parameter that cannot become active in it."""
    for index, stage in enumerate(stages):
        fixed = {
            parameter.name: values
            for parameter in parameters
            if not any(each.tunes(parameter) for each in stages[: index + 1])
            and (values := _given(parameter, initial))
        }
        dead: dict[str, str] = {}
        for parameter in in_dependency_order(parameters):
            for parent, wanted in parameter.when.items():
                here = fixed.get(parent, wanted)
                if parent in dead:
                    dead[parameter.name] = dead[parent]
                elif not any(same(value, each) for value in here for each in wanted):
                    listed, stays = (" or ".join(map(word, each)) for each in (wanted, here))
                    dead[parameter.name] = f"active only while {parent} is {listed}, and {parent} is {stays}"
        for place, name in enumerate(stage.parameters):
            if name in dead:
                raise Invalid(
                    f"stages[{index}].parameters[{place}]",
                    f"{name} cannot become active in this stage: {dead[name]} in it; "
                    "tune that here or in a stage before",
                )


def _given(parameter: Parameter, initial: Sequence[Mapping[str, Scalar]]) -> list[Scalar]:
    """The values that a parameter has that was never tuned; empty where that is not known here."""
    if parameter.default is None:
        return []
    return [parameter.default, *(each[parameter.name] for each in initial if parameter.name in each)]
