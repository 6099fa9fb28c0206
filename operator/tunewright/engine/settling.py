"""Settling: recording what has become of attempts, and of trials that wait for one that will not come."""

from collections.abc import Sequence

from tunewright.api.study_status import Phase
from tunewright.api.trial import Trial, TrialState
from tunewright.engine.actions import Action, RecordTrial
from tunewright.engine.ending import Ending
from tunewright.engine.facts import Execution
from tunewright.engine.outcomes import settle, with_status
from tunewright.engine.state import State


def record_ends(state: State) -> list[Action]:
    """Record the attempts that have ended."""
    ended = [execution for execution in state.executions.values() if execution.exit is not None]
    ended.sort(key=lambda execution: (_ended_at(execution), execution.key))
    order = state.tally.next_order
    actions: list[Action] = []
    for execution in ended:
        trial = settle(execution, state.trials[execution.key.trial], state.study.spec, order)
        order += trial.status.state.terminal
        actions.append(RecordTrial(trial))
    return actions


def _ended_at(execution: Execution) -> int:
    return execution.exit.ended_at if execution.exit is not None else 0


def mark_running(state: State) -> list[Action]:
    """Let the trials say that they run."""
    return [
        RecordTrial(_in_state(state.open[key.trial], TrialState.RUNNING))
        for key, execution in sorted(state.executions.items())
        if execution.started_at is not None and state.open[key.trial].status.state is TrialState.PENDING
    ]


def end_waiting(state: State, ending: Ending | None) -> list[Action]:
    """End the trials that wait for an attempt that will not come."""
    if ending is None:
        return []
    waiting = [trial for trial in state.waiting() if ending.phase is Phase.FAILED or not trial.is_test]
    return end_unbegun(state, waiting, ending.reason, "the study was over")


def end_unbegun(state: State, waiting: Sequence[Trial], reason: str, message: str) -> list[Action]:
    """Stop trials that wait, in their order."""
    order = state.tally.next_order
    return [
        RecordTrial(_in_state(trial, TrialState.STOPPED, reason, message, order + place))
        for place, trial in enumerate(waiting)
    ]


def _in_state(
    trial: Trial, to: TrialState, reason: str = "", message: str = "", order: int | None = None
) -> Trial:
    update = {"state": to, "reason": reason, "message": message, "completion_order": order}
    return with_status(trial, trial.status.model_copy(update=update))
