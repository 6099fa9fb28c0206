"""The Trial: one configuration being evaluated, with its attempts and its observations in short."""

from enum import StrEnum
from typing import Literal

from pydantic import Field, JsonValue

from tunewright.api.base import API_VERSION, Int, Model, Number, ObjectMeta, Scalar, Status, Str, Time


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
    """From what a sampler made a proposal, beside the study's spec: with it, the proposal can be made again."""

    completed: Int = Field(ge=0, description="How many ended trials it knew: those of a lower completion order.")
    pending: list[Int] = Field([], description="Indices of the trials that had not ended.")
    count: Int = Field(ge=1, description="How many configurations it was asked for at once.")
    position: Int = Field(0, ge=0, description="Which of them this one is, counted from 0.")
    drawn: Int = Field(0, ge=0, description="How many it had proposed before.")
    state: dict[str, JsonValue] = Field({}, description="Its state before.")


class Proposal(Model):
    """Why a configuration was proposed."""

    sampler: Str = ""
    inputs: ProposalInputs | None = Field(None, description="From what it was made; none for an initial configuration.")
    state: dict[str, JsonValue] = Field({}, description="The sampler's state afterwards.")
    mean: Number | None = Field(None, description="Predicted mean of the objective, in its own unit.")
    deviation: Number | None = Field(None, description="Predicted standard deviation of the objective.")
    acquisition: Number | None = Field(None, description="The acquisition function's value.")


class TrialSpec(Model):
    """What a trial evaluates; never changes."""

    study: Str
    index: Int = Field(ge=0, description="Counts the trials of a study from 0; a final test evaluation has its source's.")
    purpose: Purpose = Purpose.SEARCH
    parameters: dict[str, Scalar] = Field(description="The active parameters' values.")
    proposal: Proposal = Proposal()
    source: Str | None = Field(None, description="Of a final test evaluation: the trial whose configuration it tests.")


class Attempt(Status):
    """One execution of a trial that has ended."""

    number: Int = Field(ge=1)
    started_at: Time | None = None
    ended_at: Time | None = None
    outcome: Outcome
    reason: Str = ""
    message: Str = ""
    gpu_milliseconds: Int = 0


class Stop(Status):
    """A running attempt that was asked to end. Written before the asking, so that its end is understood."""

    attempt: Int = Field(ge=1)
    reason: Str
    message: Str = ""


class MetricSummary(Status):
    """What a trial reported of one metric: the last value, and the extremes with their steps."""

    last: float
    last_step: Int
    min: float
    min_step: Int
    max: float
    max_step: Int


class TrialStatus(Status):
    """What became of a trial."""

    state: TrialState = TrialState.PENDING
    reason: Str = ""
    message: Str = ""
    attempts: list[Attempt] = []
    stop: Stop | None = None
    metrics: dict[str, MetricSummary] = {}
    objectives: dict[str, float] = Field({}, description="The trial's value of each objective.")
    completion_order: Int | None = Field(None, description="Counts the ended trials of a study, in their order.")


class Trial(Model):
    """One configuration being evaluated."""

    api_version: Literal["tunewright.dev/v1alpha1"] = API_VERSION
    kind: Literal["Trial"] = "Trial"
    metadata: ObjectMeta
    spec: TrialSpec
    status: TrialStatus = TrialStatus()

    @property
    def name(self) -> str:
        """The trial's name, unique in its namespace."""
        return self.metadata.name
