"""What trials have been charged: the second table of docs/rules.md."""

from tunewright.api.study_status import Charges
from tunewright.api.trial import Trial, TrialState

NOTHING = Charges()


def charges_of(trial: Trial) -> Charges:
    """What a trial has been charged so far: the GPU time of its ended attempts, and its failure."""
    failed = trial.status.state is TrialState.FAILED and not trial.is_test
    return Charges(
        gpu_milliseconds=sum(attempt.gpu_milliseconds for attempt in trial.status.attempts),
        failed_trials=int(failed),
    )


def total(left: Charges, right: Charges) -> Charges:
    """The sum."""
    return Charges(
        gpu_milliseconds=left.gpu_milliseconds + right.gpu_milliseconds,
        failed_trials=left.failed_trials + right.failed_trials,
    )


def difference(left: Charges, right: Charges) -> Charges:
    """What `left` is more than `right`; negative where it is less."""
    return Charges(
        gpu_milliseconds=left.gpu_milliseconds - right.gpu_milliseconds,
        failed_trials=left.failed_trials - right.failed_trials,
    )


def greater(left: Charges, right: Charges) -> Charges:
    """The greater of the two, each charge by itself."""
    return Charges(
        gpu_milliseconds=max(left.gpu_milliseconds, right.gpu_milliseconds),
        failed_trials=max(left.failed_trials, right.failed_trials),
    )
