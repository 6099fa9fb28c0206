"""Stopping: asking attempts to end that must."""

from tunewright.api.study_status import Phase
from tunewright.api.trial import Stop, Trial
from tunewright.engine.actions import Action, RecordTrial, StopAttempt
from tunewright.engine.budget import overdrawn
from tunewright.engine.ending import Ending
from tunewright.engine.facts import Execution
from tunewright.engine.observing import observed
from tunewright.engine.outcomes import with_status
from tunewright.engine.reasons import Reason
from tunewright.engine.state import State


def ask_to_stop(state: State, now: int, ending: Ending | None) -> list[Action]:
    """Ask the attempts to end that must.

    The request is recorded before it is made, and with it what was reported until then: an attempt that is
    asked to end may vanish without another word.
    """
    common = {testing: _common_grounds(state, now, ending, testing=testing) for testing in (False, True)}
    recorded: list[Action] = []
    asked: list[Action] = []
    for key, execution in sorted(state.executions.items()):
        trial = state.trials[key.trial]
        stop = trial.status.stop
        if stop is None or stop.attempt != key.number:
            grounds = _own_grounds(state, now, trial, execution) or common[trial.is_test]
            if grounds is None:
                continue
            stop = Stop(attempt=key.number, reason=grounds[0], message=grounds[1])
            status = observed(execution, trial, state.study.spec).model_copy(update={"stop": stop})
            recorded.append(RecordTrial(with_status(trial, status)))
        if not execution.stopping:
            asked.append(StopAttempt(key, stop.reason))
    return recorded + asked


def _own_grounds(state: State, now: int, trial: Trial, execution: Execution) -> tuple[str, str] | None:
    """Why this attempt must end, as a reason and a message."""
    if execution.not_finite and not trial.is_test:
        bad = sorted(execution.not_finite & {objective.metric for objective in state.study.spec.objectives})
        if bad:
            return Reason.NOT_A_NUMBER, f"{', '.join(bad)} was NaN or infinite"
    deadline = silent_until(state, execution)
    if deadline is not None and now >= deadline:
        seconds = state.study.spec.trial.progress_deadline if state.study.spec.trial is not None else 0
        return Reason.HUNG, f"it reported nothing for {seconds} s"
    return None


def _common_grounds(
    state: State, now: int, ending: Ending | None, *, testing: bool
) -> tuple[str, str] | None:
    """Why every attempt of the search, or every final test evaluation, must end."""
    reason = overdrawn(state, now)
    if reason is not None:
        return reason, "the study's budget was used up"
    if ending is not None and (ending.phase is Phase.FAILED or not testing):
        return ending.reason, f"the study was over: {ending.message}"
    if state.study.spec.suspend:
        return Reason.SUSPENDED, "the study was suspended"
    return None


def silent_until(state: State, execution: Execution) -> int | None:
    """When an attempt that reports nothing more counts as hung."""
    definition = state.study.spec.trial
    if definition is None or execution.started_at is None:
        return None
    return max(execution.started_at, execution.reported_at or 0) + definition.progress_deadline * 1000
