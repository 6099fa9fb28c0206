"""What is told of a study as event objects: turns and troubles, and nothing of what goes well."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from tunewright.api.study_status import Phase, StudyStatus
from tunewright.api.trial import Outcome, Trial, TrialState


class Told(NamedTuple):
    """One event: Normal or Warning, a word that stays the same from release to release, and a sentence."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


def of_study(before: StudyStatus, after: StudyStatus) -> Iterator[Told]:
    """What happened between two statuses of a study."""
    if before.start_time is None and after.start_time is not None:
        yield Told("Normal", "Started", "the search has begun")
    yield from _of_obstacle(before, after)
    if before.phase is after.phase:
        return
    if after.phase is Phase.SUSPENDED:
        yield Told("Normal", "Suspended", "running attempts end with a checkpoint, and none starts")
    elif before.phase is Phase.SUSPENDED and not after.phase.terminal:
        yield Told("Normal", "Resumed", "the search goes on")
    elif after.phase is Phase.COMPLETED:
        yield Told("Normal", "Completed", f"{after.reason}: {after.message}{_best(after)}")
    elif after.phase is Phase.FAILED:
        yield Told("Warning", "Failed", f"{after.reason}: {after.message}")


def _of_obstacle(before: StudyStatus, after: StudyStatus) -> Iterator[Told]:
    old, new = (_blocked(status) for status in (before, after))
    if new is not None and new != old:
        yield Told("Warning", "Blocked", f"{new[0]}: {new[1]}")
    elif new is None and old is not None:
        yield Told("Normal", "Unblocked", f"{old[0]} is over")


def _blocked(status: StudyStatus) -> tuple[str, str] | None:
    for condition in status.conditions:
        if condition.type == "Blocked" and condition.status == "True":
            return condition.reason, condition.message
    return None


def _best(status: StudyStatus) -> str:
    if status.best is None:
        return ""
    values = ", ".join(f"{name} {value:.6g}" for name, value in status.best.objectives.items())
    return f"; the best is {status.best.name} with {values}"


def of_trial(trial: Trial) -> Iterator[Told]:
    """What is told of a trial whose attempt has just been recorded."""
    if trial.status.state is TrialState.FAILED:
        yield Told("Warning", "TrialFailed", f"{trial.name}: {trial.status.reason}: {trial.status.message}")
    elif trial.status.state is TrialState.PENDING and trial.status.attempts:
        last = trial.status.attempts[-1]
        if last.outcome is Outcome.INTERRUPTED:
            message = f"{trial.name}: attempt {last.number}: {last.reason}: {last.message}"
            yield Told("Warning", "AttemptInterrupted", message)
