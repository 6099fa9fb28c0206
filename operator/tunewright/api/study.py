"""The HyperparameterStudy: one tuning problem, as its user writes it and as Tunewright reports on it."""

import re
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

import regex
from pydantic import Field, JsonValue, field_validator, model_validator

from tunewright.api.base import (
    Bool,
    Condition,
    Duration,
    Int,
    Model,
    Number,
    ObjectMeta,
    Resource,
    Scalar,
    Status,
    Str,
    Time,
)
from tunewright.api.naming import environment_name
from tunewright.api.parameters import Parameter, in_dependency_order, same, word
from tunewright.api.problems import Invalid, unknown

METRIC = r"[A-Za-z_][A-Za-z0-9_./-]*"
NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
SIZE = r"[0-9]+(\.[0-9]+)?([kMGTPE]|[KMGTPE]i)?"
MAX_NAME = 63  # of a label's value in Kubernetes: the study's name is one of its trials' labels


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

    metric: Str = Field(
        min_length=1,
        max_length=63,
        description="The metric's name, as the trainer reports it.",
        json_schema_extra={"pattern": f"^{METRIC}$"},
    )
    direction: Direction = Field(description="maximize or minimize.")
    target: Number | None = Field(
        None,
        description="The study is complete once a trial reaches the target of every objective that has one.",
    )
    summary: Summary = Field(Summary.BEST, description="A trial's value: its best observation, or its last.")

    @field_validator("metric")
    @classmethod
    def _check_metric(cls, metric: str) -> str:
        if not re.fullmatch(METRIC, metric, re.ASCII):
            raise ValueError(
                "a metric's name starts with a letter or _ and holds letters, digits, _ . / and - only"
            )
        return metric

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


class Trainer(Model):
    """The built-in trainer, and what it trains."""

    model: Str = Field(description="The network: mlp or cnn.")
    dataset: Str = Field(description="A built-in data set's name, or the path of an .npz or .csv file.")
    target: Str | None = Field(
        None, description="The column to predict, of a .csv file; the last one if left out."
    )
    max_epochs: Annotated[Int, Field(ge=1, le=100_000)] = Field(30, description="Epochs of training.")
    seed: Annotated[Int, Field(ge=0, lt=2**32)] = Field(0, description="Seed of weights and batches.")
    validation_fraction: Annotated[Number, Field(gt=0, lt=1)] = Field(
        0.2, description="Share of the data to validate on."
    )
    test_fraction: Annotated[Number, Field(gt=0, lt=1)] = Field(
        0.2, description="Share of the data kept for the final test evaluation alone."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.validation_fraction + self.test_fraction >= 1:
            raise Invalid("testFraction", "validationFraction and testFraction must leave data to train on")
        return self


class MetricsSource(StrEnum):
    """Where a trial's metrics are read."""

    SDK = "sdk"
    LOG = "log"


class Metrics(Model):
    """How a trial's metrics are read."""

    source: MetricsSource = Field(
        MetricsSource.SDK,
        description="sdk: the program calls tunewright_trainer.report. log: read from what it prints.",
    )
    pattern: Str | None = Field(
        None,
        max_length=1_000,
        description="For source log: a regular expression with the groups `name` and `value`; "
        "`name=value` or `name: value` if left out.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.pattern is None:
            return self
        if self.source is not MetricsSource.LOG:
            raise Invalid("pattern", "only for source log")
        try:
            groups = regex.compile(self.pattern).groupindex
        except (regex.error, OverflowError, RecursionError) as error:
            raise Invalid("pattern", f"not a regular expression: {error}") from None
        if not {"name", "value"} <= groups.keys():
            raise Invalid("pattern", "needs the groups (?P<name>...) and (?P<value>...)")
        return self


class AccessMode(StrEnum):
    """How a claim may be mounted."""

    READ_WRITE_ONCE = "ReadWriteOnce"
    READ_WRITE_MANY = "ReadWriteMany"
    READ_WRITE_ONCE_POD = "ReadWriteOncePod"


class ClaimTemplate(Model):
    """What each trial's own PersistentVolumeClaim asks for."""

    size: Str = Field(
        min_length=1,
        max_length=32,
        description="Its size, such as 10Gi.",
        json_schema_extra={"pattern": f"^{SIZE}$"},
    )
    storage_class_name: Str | None = Field(
        None,
        min_length=1,
        max_length=253,
        description="Its storage class; the cluster's own if left out.",
    )
    access_modes: list[AccessMode] = Field(
        [AccessMode.READ_WRITE_ONCE], min_length=1, max_length=3, description="How it may be mounted."
    )

    @field_validator("size")
    @classmethod
    def _check_size(cls, size: str) -> str:
        if not re.fullmatch(SIZE, size, re.ASCII):
            raise ValueError("must be a size such as 500Mi or 10Gi")
        return size


class Checkpoints(Model):
    """The volume that keeps checkpoints beyond an attempt's pod."""

    claim: Str | None = Field(
        None,
        min_length=1,
        max_length=253,
        description="An existing PersistentVolumeClaim, mounted by all trials: it must be ReadWriteMany.",
    )
    claim_template: ClaimTemplate | None = Field(
        None, description="One PersistentVolumeClaim for each trial, deleted with it."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.claim is None) == (self.claim_template is None):
            raise Invalid(
                "", "give either claim or claimTemplate" + ("" if self.claim is None else ", not both")
            )
        return self


class TrialDefinition(Model):
    """How a trial runs: the built-in trainer, a Job template, or the trainer in the pod of a template."""

    trainer: Trainer | None = Field(None, description="The built-in trainer.")
    template: dict[str, JsonValue] | None = Field(
        None,
        description="A Job template (batch/v1 JobTemplateSpec). Beside trainer it says how the trainer's pod "
        "looks: its resources, volumes, node selector and the like.",
    )
    metrics_container: Str | None = Field(
        None, description="Of a template with several containers: the one that trains and reports."
    )
    metrics: Metrics = Field(Metrics(), description="How metrics are read.")
    checkpoints: Checkpoints | None = Field(
        None,
        description="On a cluster: the volume for checkpoints. If left out, they end with the attempt.",
    )
    final_test: Bool | None = Field(
        None,
        description="Whether the best and the default configuration are evaluated on the held-out test data "
        "at the end. If left out: yes for the built-in trainer, no for a template.",
    )
    progress_deadline: Duration = Field(
        1800,
        description="An attempt that reports nothing for this long hangs, and has failed.",
        json_schema_extra={"default": "30m"},
    )
    grace_period: Duration = Field(
        30,
        description="Time between asking an attempt to stop and killing it.",
        json_schema_extra={"default": "30s"},
    )

    @property
    def tests(self) -> bool:
        """Whether the study ends with test evaluations."""
        return self.trainer is not None if self.final_test is None else self.final_test

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.trainer is None and self.template is None:
            raise Invalid("", "give trainer or template")
        if self.trainer is not None and self.metrics.source is not MetricsSource.SDK:
            raise Invalid("metrics.source", "the built-in trainer reports through the SDK; remove metrics")
        if self.template is None and self.metrics_container is not None:
            raise Invalid("metricsContainer", "only for template")
        return self


class StudySpec(Model):
    """What to tune, how to search, what it may cost, and how a trial runs."""

    not_built_yet = ("earlyStopping", "warmStartFrom", "constraints", "stages")

    editable: ClassVar[tuple[str, ...]] = ("budget", "suspend", "cancel")
    """What may change once the study has begun. Its trials are results of all the rest."""

    objectives: list[Objective] = Field(
        min_length=1, max_length=8, description="What to optimise; several make a Pareto front."
    )
    parameters: list[Parameter] = Field(min_length=1, max_length=200, description="The search space.")
    initial: Initial = Field(Initial(), description="What is tried before the sampler is asked.")
    algorithm: Algorithm = Field(Algorithm(), description="The sampler that proposes configurations.")
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

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_names()
        self._check_conditions()
        self._check_initial()
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


class Phase(StrEnum):
    """Where a study stands."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    TESTING = "Testing"
    COMPLETED = "Completed"
    FAILED = "Failed"

    @property
    def terminal(self) -> bool:
        """Whether nothing more happens."""
        return self in (Phase.COMPLETED, Phase.FAILED)


class Charges(Status):
    """What has been charged to the budget for good, whatever becomes of the trials."""

    gpu_milliseconds: Int = Field(
        0, description="GPU time of all ended attempts, in milliseconds of one GPU."
    )
    failed_trials: Int = Field(0, description="Trials that have failed.")


class TrialCounts(Status):
    """How many trials there are, by state; the final test evaluations are not counted."""

    created: Int = Field(0, description="All trials, whatever their state.")
    pending: Int = Field(0, description="Trials that wait to begin, or to go on.")
    running: Int = Field(0, description="Trials with a running attempt.")
    completed: Int = Field(0, description="Trials that ended by themselves.")
    stopped: Int = Field(0, description="Trials that were ended early, by design or by the budget.")
    failed: Int = Field(0, description="Trials that failed.")


class BestTrial(Status):
    """A trial worth naming, with the evidence."""

    name: Str = Field(description="The trial's name.")
    index: Int = Field(description="The trial's index.")
    parameters: dict[str, Scalar] = Field(description="Its configuration.")
    objectives: dict[str, float] = Field(description="Its value of each objective.")
    summary: Str = Field("", description="Its value of each objective, in one line.")
    test: dict[str, float] = Field({}, description="Metrics of its final test evaluation.")


class ConditionType(StrEnum):
    """What a condition of a study is about."""

    COMPLETE = "Complete"
    FAILED = "Failed"
    SUSPENDED = "Suspended"
    BLOCKED = "Blocked"


class StudyStatus(Status):
    """What Tunewright says of a study; all of it but `nextIndex`, `charged` and `departed` is recomputed."""

    phase: Phase = Field(Phase.PENDING, description="Where the study stands.")
    reason: Str = Field("", description="Why, in one word for programs.")
    message: Str = Field("", description="Why, in a sentence for people.")
    next_index: Int = Field(0, description="The next trial's index; never falls.")
    charged: Charges = Field(Charges(), description="What has been charged to the budget; never falls.")
    departed: Charges = Field(
        Charges(), description="What of it was charged by trials that have been deleted; never falls."
    )
    trials: TrialCounts = Field(TrialCounts(), description="How many trials there are, by state.")
    progress: Str = Field("", description="How many trials have ended, of how many at most.")
    best: BestTrial | None = Field(None, description="The best trial so far.")
    default: BestTrial | None = Field(None, description="The default configuration's trial, to compare with.")
    pareto_front: list[BestTrial] = Field(
        [], max_length=50, description="Of several objectives: trials that none beats."
    )
    start_time: Time | None = Field(None, description="When the study began.")
    completion_time: Time | None = Field(None, description="When the study ended.")
    active_milliseconds: Int = Field(
        0, description="Wall-clock time used before activeSince, in milliseconds."
    )
    active_since: Time | None = Field(
        None, description="Since when the study runs; absent while it does not."
    )
    conditions: list[Condition] = Field(
        [], max_length=20, description="What holds of the study, and what stands in its way."
    )
    observed_generation: Int = Field(0, description="The generation of the spec that this status speaks of.")


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
        if len(name) > MAX_NAME or not re.fullmatch(NAME, name, re.ASCII):
            raise Invalid(
                "name",
                f"must be a-z, 0-9, - and . only, at most {MAX_NAME}, with a letter or digit at both ends, "
                f"not {name!r}",
            )
        return metadata
