"""The Trial: one configuration being evaluated, with its attempts and its observations in short."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue, WithJsonSchema

from tunewright.api.base import Bool, Int, Model, Number, Resource, Scalar, Status, Str, Time
from tunewright.api.warm_start import MAX_STUDIES


class Purpose(StrEnum):
    """What a trial is for."""

    DEFAULT = "default"
    INITIAL = "initial"
    SEARCH = "search"
    FINAL_TEST = "finalTest"


class TrialState(StrEnum):
    """Where a trial stands. The last three are terminal and never change again."""

    PENDING = "Pending"
    RUNNING = "Running"
    COMPLETED = "Completed"
    STOPPED = "Stopped"
    FAILED = "Failed"

    @property
    def terminal(self) -> bool:
        """Whether the trial has ended for good."""
        return self in (TrialState.COMPLETED, TrialState.STOPPED, TrialState.FAILED)


class Outcome(StrEnum):
    """How an attempt ended."""

    COMPLETED = "completed"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class ProposalInputs(Model):
    """From what a sampler made a proposal, beside the study's spec: enough to make it again."""

    completed: Int = Field(
        ge=0, description="How many ended trials it knew: those of a lower completion order."
    )
    pending: list[Int] = Field([], description="Indices of the trials that had not ended.")
    count: Int = Field(ge=1, description="How many configurations it was asked for at once.")
    position: Int = Field(0, ge=0, description="Which of them this one is, counted from 0.")
    drawn: Int = Field(0, ge=0, description="How many it had proposed before.")
    related: dict[str, Int] = Field(
        {},
        max_length=MAX_STUDIES,
        description="How many trials it was told of each related study, by the study's name.",
    )
    stage: Int = Field(0, ge=0, description="The study's stage, counted from 0, whose space it searched.")
    state: dict[str, JsonValue] = Field({}, description="Its state before.")


class Proposal(Model):
    """Why a configuration was proposed."""

    sampler: Str = Field("", description="The sampler that proposed it; empty for an initial configuration.")
    part: Str = Field("", description="Of a sampler of several parts, the one that proposed it.")
    reason: Str = Field("", description="Why, in a sentence for people.")
    inputs: ProposalInputs | None = Field(
        None, description="From what it was made; none for an initial configuration."
    )
    state: dict[str, JsonValue] = Field({}, description="The sampler's state afterwards.")
    mean: Number | None = Field(None, description="Predicted mean of the objective, in its own unit.")
    deviation: Number | None = Field(None, description="Predicted standard deviation of the objective.")
    acquisition: Number | None = Field(None, description="The acquisition function's value.")


class TrialSpec(Model):
    """What a trial evaluates; never changes."""

    study: Str = Field(description="The study's name.")
    index: Int = Field(
        ge=0, description="Counts the trials of a study from 0; a final test evaluation has its source's."
    )
    purpose: Purpose = Field(Purpose.SEARCH, description="What the trial is for.")
    parameters: dict[str, Scalar] = Field(description="The active parameters' values.")
    proposal: Proposal = Field(Proposal(), description="Why the configuration was proposed.")
    source: Str | None = Field(
        None, description="Of a final test evaluation: the trial whose configuration it tests."
    )


class Attempt(Status):
    """One execution of a trial that has ended."""

    number: Int = Field(ge=1, description="Counts the trial's attempts from 1.")
    started_at: Time | None = Field(None, description="When it began to run; absent if it never did.")
    ended_at: Time | None = Field(None, description="When it ended.")
    outcome: Outcome = Field(description="completed, stopped, interrupted or failed.")
    reason: Str = Field("", description="Why, in one word for programs.")
    message: Str = Field("", description="Why, in a sentence for people.")
    gpu_milliseconds: Int = Field(0, description="GPU time that it was charged, in milliseconds of one GPU.")


class Stop(Status):
    """A running attempt that was asked to end. Written before the asking, so that its end is understood."""

    attempt: Int = Field(ge=1, description="The attempt's number.")
    reason: Str = Field(description="Why, in one word for programs.")
    message: Str = Field("", description="Why, in a sentence for people.")


class MetricSummary(Status):
    """What a trial reported of one metric: the last value, and the extremes with their steps."""

    last: float = Field(description="The last value.")
    last_step: Int = Field(description="The step of the last value.")
    min: float = Field(description="The least value.")
    min_step: Int = Field(description="The first step that had it.")
    max: float = Field(description="The greatest value.")
    max_step: Int = Field(description="The first step that had it.")


MAX_POINTS = 32
"""Of a curve in a trial's status."""

CurvePoint = Annotated[
    tuple[int, float],
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
]
"""A step, and a metric's value there."""

Curve = Annotated[list[CurvePoint], Field(max_length=MAX_POINTS)]


class TrialStatus(Status):
    """What became of a trial."""

    state: TrialState = Field(TrialState.PENDING, description="Where the trial stands.")
    reason: Str = Field("", description="Why, in one word for programs.")
    message: Str = Field("", description="Why, in a sentence for people.")
    attempts: list[Attempt] = Field([], description="The attempts that have ended, in their order.")
    stop: Stop | None = Field(None, description="The running attempt was asked to end.")
    metrics: dict[str, MetricSummary] = Field({}, description="What was reported, by metric.")
    objectives: dict[str, float] = Field({}, description="The trial's value of each objective.")
    feasible: Bool | None = Field(
        None,
        description="Whether its last values keep every constraint; absent while that is not known, and in a "
        "study without constraints.",
    )
    violations: dict[str, float] = Field(
        {},
        max_length=8,
        description="By how much it breaks the constraints that it breaks, by metric, in the metric's unit.",
    )
    summary: Str = Field("", description="The trial's value of each objective, in one line.")
    configuration: Str = Field("", description="The parameters' values, in one line.")
    curves: dict[str, Curve] = Field(
        {}, max_length=8, description="Of each objective: its course, as pairs of a step and the value there."
    )
    completion_order: Int | None = Field(
        None, description="Counts the ended trials of a study, in their order."
    )

    @property
    def run_time(self) -> int | None:
        """What its ended attempts took together, in milliseconds; none where none of them ever ran."""
        spans = [
            max(0, attempt.ended_at - attempt.started_at)
            for attempt in self.attempts
            if attempt.started_at is not None and attempt.ended_at is not None
        ]
        return sum(spans) if spans else None


class Trial(Resource):
    """One configuration being evaluated. Tunewright makes it; edit its study instead."""

    kind: Literal["Trial"] = Field("Trial", description="Trial.")
    spec: TrialSpec = Field(description="What is evaluated; never changes.")
    status: TrialStatus = Field(
        TrialStatus(), description="What became of the trial; written by Tunewright alone."
    )

    @property
    def name(self) -> str:
        """The trial's name, unique in its namespace."""
        return self.metadata.name

    @property
    def stage(self) -> int:
        """The study's stage that it belongs to, counted from 0; what is tried at first, to the first one."""
        inputs = self.spec.proposal.inputs
        return 0 if inputs is None else inputs.stage

    @property
    def is_test(self) -> bool:
        """Whether it is a final test evaluation."""
        return self.spec.purpose is Purpose.FINAL_TEST
