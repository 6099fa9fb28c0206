"""What Tunewright says of a study."""

from enum import StrEnum

from pydantic import Field

from tunewright.api.base import Condition, Int, Scalar, Status, Str, Time


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
    violations: dict[str, float] = Field(
        {},
        max_length=8,
        description="By how much it breaks constraints, by metric, in the metric's unit; empty of a feasible "
        "one.",
    )
    summary: Str = Field(
        "", description="Its value of each objective in one line, and which constraints it breaks."
    )
    test: dict[str, float] = Field({}, description="Metrics of its final test evaluation.")


MAX_REASONS = 10
"""Of a stage in a study's status."""


class StageStatus(Status):
    """A stage that has begun: what it tunes, and why it looks just there."""

    name: Str = Field(description="The stage's name.")
    first_index: Int = Field(description="The index of its first trial.")
    trials: Int = Field(0, description="How many trials it has had.")
    reasons: list[Str] = Field(
        [],
        max_length=MAX_REASONS,
        description="What was fixed and what was narrowed, one parameter each, and why.",
    )


class WarmStartSource(Status):
    """Another study that was looked at when this one began, and what came of it."""

    study: Str = Field(description="The other study's name.")
    uid: Str = Field("", description="Tells it from others that have, or had, its name.")
    completed: Int = Field(
        0, description="How many of its trials had ended: those of a lower completion order are looked at."
    )
    trials: Int = Field(0, description="How many of its trials the sampler is, or was, told of.")
    reason: Str = Field("", description="Why the sampler is told of none of them, or of none any more.")


class ConditionType(StrEnum):
    """What a condition of a study is about."""

    COMPLETE = "Complete"
    FAILED = "Failed"
    SUSPENDED = "Suspended"
    BLOCKED = "Blocked"


class StudyStatus(Status):
    """What Tunewright says of a study.

    All of it but `nextIndex`, `charged`, `departed`, `warmStart` and where `stages` began is recomputed.
    """

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
    best: BestTrial | None = Field(
        None, description="The best feasible trial so far; while there is none, the one nearest to feasible."
    )
    default: BestTrial | None = Field(None, description="The default configuration's trial, to compare with.")
    pareto_front: list[BestTrial] = Field(
        [], max_length=50, description="Of several objectives: trials that none beats."
    )
    stages: list[StageStatus] = Field(
        [], max_length=20, description="The stages that have begun, in their order."
    )
    warm_start: list[WarmStartSource] | None = Field(
        None,
        max_length=15,
        description="The studies that warmStartFrom has led to, as chosen once, when the study began.",
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
