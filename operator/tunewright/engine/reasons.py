"""Why attempts, trials and studies end, as statuses spell it."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an attempt or a trial ended."""

    SUSPENDED = "Suspended"
    HUNG = "Hung"
    NOT_A_NUMBER = "NotANumber"
    OUT_OF_MEMORY = "OutOfMemory"
    CANNOT_START = "CannotStart"
    DISK_FULL = "DiskFull"
    BUDGET_EXHAUSTED = "BudgetExhausted"
    DISRUPTED = "Disrupted"
    OBSERVATION_LOST = "ObservationLost"
    NOT_FINAL = "NotFinal"
    NO_OBJECTIVE = "NoObjective"
    CONSTRAINT_NOT_REPORTED = "ConstraintNotReported"
    TERMINATED = "Terminated"
    KILLED = "Killed"
    NON_ZERO_EXIT = "NonZeroExit"
    TOO_MANY_INTERRUPTIONS = "TooManyInterruptions"


class StudyReason(StrEnum):
    """Why a study's search ended; also the reason of the trials that it ended."""

    TARGET_REACHED = "TargetReached"
    MAX_TRIALS_REACHED = "MaxTrialsReached"
    SPACE_EXHAUSTED = "SpaceExhausted"
    MAX_DURATION_REACHED = "MaxDurationReached"
    MAX_GPU_HOURS_REACHED = "MaxGpuHoursReached"
    TOO_MANY_FAILED_TRIALS = "TooManyFailedTrials"
    SAMPLER_FAILED = "SamplerFailed"
    NO_TRIAL_COMPLETED = "NoTrialCompleted"
    NO_FEASIBLE_TRIAL = "NoFeasibleTrial"
    CANCELLED = "Cancelled"
    INVALID_STUDY = "InvalidStudy"
