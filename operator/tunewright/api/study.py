"""The HyperparameterStudy: one tuning problem, as its user writes it."""

import re
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from tunewright.api.base import Bool, Duration, Int, Model, Number, ObjectMeta, Resource, Scalar, Str
from tunewright.api.constraint import Constraint
from tunewright.api.metric import MetricName
from tunewright.api.naming import MAX_STUDY_NAME, STUDY_NAME, environment_name
from tunewright.api.parameters import Parameter, in_dependency_order, same, word
from tunewright.api.problems import Invalid, unknown
from tunewright.api.stages import MAX_STAGES, Stage, check_stages
from tunewright.api.study_status import StudyStatus
from tunewright.api.trial_definition import TrialDefinition
from tunewright.api.warm_start import WarmStart


class Direction(StrEnum):
    """Which values of a metric are better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


class Summary(StrEnum):
    """Which of a trial's observations is its value: the best one, or the last one."""

    BEST = "best"
    LAST = "last"


class Objective(Model):
    """A metric to optimise."""

    metric: MetricName = Field(description="The metric's name, as the trainer reports it.")
    direction: Direction = Field(description="maximize or minimize.")
    target: Number | None = Field(
        None,
        description="The study is complete once a trial reaches the target of every objective that has one.",
    )
    summary: Summary = Field(Summary.BEST, description="A trial's value: its best observation, or its last.")

    def better(self, left: float, right: float) -> bool:
        """Whether `left` is strictly better than `right`."""
        return left > right if self.direction is Direction.MAXIMIZE else left < right

    def reached(self, value: float) -> bool:
        """Whether `value` is as good as the target; never without a target."""
        return self.target is not None and not self.better(self.target, value)


class Algorithm(Model):
    """The sampler that proposes configurations."""

    name: Str = Field(
        "auto",
        min_length=1,
        max_length=63,
        description="The sampler's name; `tunewright samplers` lists them.",
    )
    seed: Annotated[Int, Field(ge=0, lt=2**32)] = Field(
        0, description="The same seed proposes the same trials."
    )
    settings: dict[str, JsonValue] = Field({}, description="The sampler's own settings.")


class Initial(Model):
    """What is tried before the sampler is asked."""

    default: Bool = Field(True, description="Whether the default configuration is the first trial.")
    configurations: list[dict[str, Scalar]] = Field(
        [],
        max_length=1_000,
        description="Configurations to try next, in order; a parameter left out takes its default.",
    )


class Budget(Model):
    """What the study may use; every limit given holds."""

    max_trials: Annotated[Int, Field(ge=1, le=1_000_000)] = Field(
        description="Trials at most, the final test evaluations not counted."
    )
    parallelism: Annotated[Int, Field(ge=1, le=1_000)] = Field(
        1, description="Trials running at once, at most."
    )
    max_failed_trials: Annotated[Int, Field(ge=0, le=1_000_000)] | None = Field(
        None, description="The study has failed once more trials than this have failed."
    )
    max_attempts: Annotated[Int, Field(ge=1, le=100)] = Field(
        3, description="A trial has failed once this many of its attempts were interrupted."
    )
    max_duration: Duration | None = Field(
        None,
        description="Wall-clock time at most, from the start and while not suspended, such as 2h or 90m.",
    )
    max_gpu_hours: Annotated[Number, Field(gt=0, le=1e9)] | None = Field(
        None,
        description="GPU-hours at most, over all attempts of all trials, final test evaluations included.",
    )


class StudySpec(Model):
    """What to tune, how to search, what it may cost, and how a trial runs."""

    not_built_yet = ("earlyStopping",)

    editable: ClassVar[tuple[str, ...]] = ("budget", "suspend", "cancel")
    """What may change once the study has begun. Its trials are results of all the rest."""

    objectives: list[Objective] = Field(
        min_length=1, max_length=8, description="What to optimise; several make a Pareto front."
    )
    constraints: list[Constraint] = Field(
        [], max_length=8, description="What a trial must keep to, to be a candidate for the best."
    )
    parameters: list[Parameter] = Field(min_length=1, max_length=200, description="The search space.")
    initial: Initial = Field(Initial(), description="What is tried before the sampler is asked.")
    algorithm: Algorithm = Field(Algorithm(), description="The sampler that proposes configurations.")
    stages: list[Stage] = Field(
        [],
        max_length=MAX_STAGES,
        description="Parts of the search, one after the other; a single one over all parameters if left out.",
    )
    warm_start_from: WarmStart | None = Field(
        None, description="Finished studies whose trials the sampler may learn from."
    )
    budget: Budget | None = Field(None, description="What the study may use. Required to run.")
    trial: TrialDefinition | None = Field(None, description="How a trial runs. Required to run.")
    suspend: Bool = Field(
        False, description="While true, running attempts end with a checkpoint and none starts."
    )
    cancel: Bool = Field(
        False,
        description="Gives the study up: running attempts end with a checkpoint, none starts, nothing is "
        "tested, and the study has failed with the reason Cancelled. Wins over suspend.",
    )

    @property
    def judging(self) -> list[str]:
        """The metrics that trials are judged by, each once: the objectives', then the constraints'."""
        objectives = [objective.metric for objective in self.objectives]
        return list(dict.fromkeys([*objectives, *(constraint.metric for constraint in self.constraints)]))

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_names()
        self._check_constraints()
        self._check_conditions()
        self._check_initial()
        check_stages(self.stages, self.parameters, self.initial.configurations)
        return self

    def _check_names(self) -> None:
        metrics: set[str] = set()
        for index, objective in enumerate(self.objectives):
            if objective.metric in metrics:
                raise Invalid(
                    f"objectives[{index}].metric", f"{objective.metric} stands twice; list each metric once"
                )
            metrics.add(objective.metric)
        seen: dict[str, str] = {}
        for index, parameter in enumerate(self.parameters):
            path = f"parameters[{index}].name"
            variable = environment_name(parameter.name)
            other = seen.get(variable)
            if other == parameter.name:
                raise Invalid(path, f"{other} stands twice; each parameter needs a name of its own")
            if other is not None:
                raise Invalid(
                    path, f"{other} and {parameter.name} both become the variable {variable}; rename one"
                )
            seen[variable] = parameter.name

    def _check_constraints(self) -> None:
        bounds: dict[tuple[str, str], float] = {}
        for index, constraint in enumerate(self.constraints):
            metric, path = constraint.metric, f"constraints[{index}].metric"
            kind = "min" if constraint.max is None else "max"
            if (metric, kind) in bounds:
                raise Invalid(path, f"{metric} has two bounds {kind}; give one")
            bounds[metric, kind] = constraint.bound
            least, greatest = bounds.get((metric, "min")), bounds.get((metric, "max"))
            if least is not None and greatest is not None and least > greatest:
                raise Invalid(path, f"{metric} cannot be at least {least:g} and at most {greatest:g}")

    def _check_conditions(self) -> None:
        by_name = {parameter.name: parameter for parameter in self.parameters}
        for index, parameter in enumerate(self.parameters):
            for name, values in parameter.when.items():
                path = f"parameters[{index}].when.{name}"
                parent = by_name.get(name)
                if parent is None:
                    raise Invalid(path, unknown("parameter", name, by_name))
                if not parent.choices:
                    raise Invalid(
                        path, f"a condition needs a categorical, ordinal or bool, and {name} is {parent.type}"
                    )
                for position, value in enumerate(values):
                    if not parent.contains(value):
                        raise Invalid(
                            f"{path}[{position}]",
                            f"{word(value)} is not a value of {name}; {parent.domain()}",
                        )
        try:
            in_dependency_order(self.parameters)
        except Invalid as circle:
            raise Invalid("parameters", circle.problem.message) from None

    def _check_initial(self) -> None:
        by_name = {parameter.name: parameter for parameter in self.parameters}
        for index, configuration in enumerate(self.initial.configurations):
            for name, value in configuration.items():
                path = f"initial.configurations[{index}].{name}"
                parameter = by_name.get(name)
                if parameter is None:
                    raise Invalid(path, unknown("parameter", name, by_name))
                if not parameter.contains(value):
                    raise Invalid(path, f"{word(value)} is not a value of {name}; {parameter.domain()}")
                for parent, values in parameter.when.items():
                    if parent in configuration and not any(same(configuration[parent], v) for v in values):
                        chosen = word(configuration[parent])
                        raise Invalid(path, f"{name} is not active while {parent} is {chosen}; leave it out")


class HyperparameterStudy(Resource):
    """One tuning problem: a search space, objectives, a budget, and how a trial runs."""

    kind: Literal["HyperparameterStudy"] = Field("HyperparameterStudy", description="HyperparameterStudy.")
    spec: StudySpec = Field(
        description="What to tune, how to search, what it may cost, and how a trial runs."
    )
    status: StudyStatus = Field(StudyStatus(), description="Written by Tunewright alone.")

    @field_validator("metadata")
    @classmethod
    def _check_name(cls, metadata: ObjectMeta) -> ObjectMeta:
        name = metadata.name
        if len(name) > MAX_STUDY_NAME or not re.fullmatch(STUDY_NAME, name, re.ASCII):
            raise Invalid(
                "name",
                f"must be a-z, 0-9, - and . only, at most {MAX_STUDY_NAME}, with a letter or digit at both "
                f"ends, not {name!r}",
            )
        return metadata

    @model_validator(mode="after")
    def _check_warm_start(self) -> Self:
        warm = self.spec.warm_start_from
        if warm is not None and self.metadata.name in warm.studies:
            path = f"spec.warmStartFrom.studies[{warm.studies.index(self.metadata.name)}]"
            raise Invalid(path, "a study cannot begin with its own results; name others")
        return self
