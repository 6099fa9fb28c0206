"""What an attempt's end means for its trial: the first table of docs/rules.md."""

from collections.abc import Mapping
from dataclasses import dataclass

from tunewright.api.study import StudySpec
from tunewright.api.trial import (
    Attempt,
    MetricSummary,
    Outcome,
    Stop,
    Trial,
    TrialState,
    TrialStatus,
)
from tunewright.engine.facts import Cause, Execution, Exit
from tunewright.engine.feasibility import unreported
from tunewright.engine.objectives import values_of
from tunewright.engine.observing import observed
from tunewright.engine.reasons import Reason
from tunewright.engine.wording import in_one_line
from tunewright_trainer.catalog import EXIT_NOT_FINITE, EXIT_OUT_OF_MEMORY


@dataclass(frozen=True)
class Verdict:
    """How an attempt ended, why, and one line for the user."""

    outcome: Outcome
    reason: str = ""
    message: str = ""


_FAILED_WHEN_ASKED = (Reason.NOT_A_NUMBER, Reason.HUNG)

_BY_CAUSE = {
    Cause.OUT_OF_MEMORY: Verdict(Outcome.FAILED, Reason.OUT_OF_MEMORY, "it ran out of memory"),
    Cause.CANNOT_START: Verdict(Outcome.FAILED, Reason.CANNOT_START, "its program could not be started"),
    Cause.DISK_FULL: Verdict(Outcome.FAILED, Reason.DISK_FULL, "it filled the disk"),
    Cause.DEADLINE: Verdict(Outcome.STOPPED, Reason.BUDGET_EXHAUSTED, "its share of the budget was used up"),
    Cause.DISRUPTED: Verdict(Outcome.INTERRUPTED, Reason.DISRUPTED, "ended from outside"),
    Cause.LOST: Verdict(
        Outcome.INTERRUPTED, Reason.OBSERVATION_LOST, "it vanished with its last word unread"
    ),
}

_SIGTERM, _SIGKILL = 15, 9
_TERMINATED = (-_SIGTERM, 128 + _SIGTERM)
_KILLED = (-_SIGKILL, 128 + _SIGKILL)


def judge(
    execution: Execution, trial: Trial, spec: StudySpec, metrics: Mapping[str, MetricSummary]
) -> Verdict:
    """How the ended `execution` of `trial` ended; `metrics` is what the trial reported over all attempts."""
    end = execution.exit
    assert end is not None
    testing = trial.is_test
    reported = (
        bool(execution.metrics)
        if testing
        else len(values_of(metrics, spec.objectives)) == len(spec.objectives)
    )
    bad = "" if testing else ", ".join(o.metric for o in spec.objectives if o.metric in execution.not_finite)
    proper = end.code == 0 and end.cause is None and end.final is not False and reported and not bad
    stop = trial.status.stop
    if stop is not None and stop.attempt == execution.key.number:
        return _asked(stop, proper)
    built_in = spec.trial is not None and spec.trial.trainer is not None
    cause = _cause(end, built_in=built_in)
    if cause is not None:
        verdict = _BY_CAUSE[cause]
        return Verdict(verdict.outcome, verdict.reason, end.message or verdict.message)
    if proper:
        return Verdict(Outcome.COMPLETED)
    return _by_code(end, bad, built_in=built_in)


def _asked(stop: Stop, proper: bool) -> Verdict:
    if stop.reason in _FAILED_WHEN_ASKED:
        return Verdict(Outcome.FAILED, stop.reason, stop.message)
    if proper:
        return Verdict(Outcome.COMPLETED)
    return Verdict(Outcome.STOPPED, stop.reason, stop.message)


def _cause(end: Exit, *, built_in: bool) -> Cause | None:
    """What ended the attempt, where anything but its program's own end did."""
    if built_in and end.code == EXIT_OUT_OF_MEMORY:
        return Cause.OUT_OF_MEMORY
    if end.cause is None and end.code is None:
        return Cause.LOST
    return end.cause


def _by_code(end: Exit, bad: str, *, built_in: bool) -> Verdict:
    if bad or (built_in and end.code == EXIT_NOT_FINITE):
        return Verdict(Outcome.FAILED, Reason.NOT_A_NUMBER, f"{bad or 'the loss'} was NaN or infinite")
    if end.code == 0 and end.final is False:
        return Verdict(Outcome.INTERRUPTED, Reason.NOT_FINAL, "it ended without saying that it was final")
    if end.code == 0:
        return Verdict(Outcome.FAILED, Reason.NO_OBJECTIVE, "it ended without reporting every objective")
    if end.code in _TERMINATED:
        return Verdict(Outcome.INTERRUPTED, Reason.TERMINATED, "it was sent SIGTERM from elsewhere")
    if end.code in _KILLED:
        return Verdict(Outcome.INTERRUPTED, Reason.KILLED, "it was sent SIGKILL from elsewhere")
    return Verdict(Outcome.FAILED, Reason.NON_ZERO_EXIT, end.message or f"it exited with code {end.code}")


def settle(execution: Execution, trial: Trial, spec: StudySpec, completion_order: int) -> Trial:
    """The trial with the end of its execution recorded; `completion_order` is its place if it has ended."""
    assert execution.exit is not None
    status = observed(execution, trial, spec)
    verdict = judge(execution, trial, spec, status.metrics)
    attempts = [*trial.status.attempts, _attempt(execution, execution.exit, verdict)]
    state, verdict = _consequence(verdict, attempts, spec)
    if state is TrialState.COMPLETED:
        status, verdict = _completed(status, spec, testing=trial.is_test)
    return with_status(
        trial,
        status.model_copy(
            update={
                "state": state,
                "reason": verdict.reason,
                "message": verdict.message,
                "attempts": attempts,
                "stop": None,
                "completion_order": completion_order if state.terminal else None,
            }
        ),
    )


def _attempt(execution: Execution, end: Exit, verdict: Verdict) -> Attempt:
    return Attempt(
        number=execution.key.number,
        started_at=execution.started_at,
        ended_at=end.ended_at,
        outcome=verdict.outcome,
        reason=verdict.reason,
        message=verdict.message,
        gpu_milliseconds=execution.used(end.ended_at),
    )


def _consequence(verdict: Verdict, attempts: list[Attempt], spec: StudySpec) -> tuple[TrialState, Verdict]:
    """The trial's state after its last attempt, and the verdict on the trial."""
    if verdict.outcome is Outcome.COMPLETED:
        return TrialState.COMPLETED, verdict
    if verdict.outcome is Outcome.FAILED:
        return TrialState.FAILED, verdict
    if verdict.outcome is Outcome.STOPPED:
        pending = verdict.reason == Reason.SUSPENDED
        return (TrialState.PENDING if pending else TrialState.STOPPED), verdict
    interrupted = [attempt for attempt in attempts if attempt.outcome is Outcome.INTERRUPTED]
    lost = [attempt for attempt in interrupted if attempt.reason == Reason.OBSERVATION_LOST]
    if verdict.reason == Reason.OBSERVATION_LOST and len(lost) > 1:
        return TrialState.FAILED, verdict
    limit = spec.budget.max_attempts if spec.budget is not None else 1
    if len(interrupted) >= limit:
        message = f"interrupted {len(interrupted)} times, the last time because {verdict.message}"
        return TrialState.FAILED, Verdict(Outcome.FAILED, Reason.TOO_MANY_INTERRUPTIONS, message)
    return TrialState.PENDING, verdict


def _completed(status: TrialStatus, spec: StudySpec, *, testing: bool) -> tuple[TrialStatus, Verdict]:
    """The status of a trial that has completed, and what there is to say of it: what it never reported."""
    missing = [] if testing else unreported(status, spec.constraints)
    if not missing:
        return status, Verdict(Outcome.COMPLETED)
    message = f"it never reported {' and '.join(missing)}, so it is not known to keep the constraints"
    verdict = Verdict(Outcome.COMPLETED, Reason.CONSTRAINT_NOT_REPORTED, message)
    return status.model_copy(update={"feasible": False}), verdict


def with_status(trial: Trial, status: TrialStatus) -> Trial:
    """The trial with another status, whose short texts are made."""
    texts = {
        "summary": in_one_line(status.objectives),
        "configuration": in_one_line(trial.spec.parameters),
    }
    return trial.model_copy(update={"status": status.model_copy(update=texts)})
