"""A study's status, from its state."""

from collections import Counter

from tunewright.api.base import Condition
from tunewright.api.study import Phase, StudyStatus, TrialCounts
from tunewright.api.trial import TrialState
from tunewright.engine.budget import active_time
from tunewright.engine.ending import Ending
from tunewright.engine.evaluation import best_trial, default_trial, described, searching, untested_trials
from tunewright.engine.state import State

MAX_FRONT = 50


def status_of(state: State, now: int, phase: Phase, ending: Ending | None) -> StudyStatus:
    """The status that says where the study stands; equal to the one before where nothing has changed."""
    before = state.study.status
    runs = phase in (Phase.RUNNING, Phase.TESTING)
    since = before.active_since
    several = len(state.study.spec.objectives) > 1
    reason = ending.reason if ending is not None else phase.value
    message = _message(state, phase, ending)
    return StudyStatus(
        phase=phase,
        reason=reason,
        message=message,
        next_index=max(state.next_index, before.next_index),
        charged=state.charges,
        trials=_counts(state),
        best=described(state, best_trial(state)),
        default=described(state, default_trial(state)),
        pareto_front=_front(state) if several else [],
        start_time=before.start_time if before.start_time is not None or not runs else now,
        completion_time=(before.completion_time or now) if phase.terminal else None,
        active_milliseconds=before.active_milliseconds if runs else active_time(state, now),
        active_since=(since if since is not None else now) if runs else None,
        conditions=_conditions(state, now, phase, reason, message),
        observed_generation=state.study.metadata.generation,
    )


def _message(state: State, phase: Phase, ending: Ending | None) -> str:
    if ending is None:
        return ""
    untested = untested_trials(state) if phase is Phase.COMPLETED else []
    if not untested:
        return ending.message
    names = " and ".join(trial.name for trial in untested)
    return f"{ending.message}; no budget was left for the final test of {names}"


def _counts(state: State) -> TrialCounts:
    live = Counter(trial.status.state for trial in searching(state))
    ended = state.tally.counts
    return TrialCounts(
        created=state.next_index,
        pending=live[TrialState.PENDING],
        running=live[TrialState.RUNNING],
        completed=ended[TrialState.COMPLETED],
        stopped=ended[TrialState.STOPPED],
        failed=ended[TrialState.FAILED],
    )


def _front(state: State) -> list[object]:
    indices = list(state.tally.front)[:MAX_FRONT]
    return [described(state, state.trials[state.tally.names[index]]) for index in indices]


_CONDITIONS = {"Complete": (Phase.COMPLETED,), "Failed": (Phase.FAILED,), "Suspended": (Phase.SUSPENDED,)}


def _conditions(state: State, now: int, phase: Phase, reason: str, message: str) -> list[Condition]:
    before = {condition.type: condition for condition in state.study.status.conditions}
    conditions = []
    for kind, phases in _CONDITIONS.items():
        holds = "True" if phase in phases else "False"
        old = before.get(kind)
        changed = old is None or old.status != holds
        conditions.append(
            Condition(
                type=kind,
                status=holds,
                reason=reason,
                message=message,
                last_transition_time=now if old is None or changed else old.last_transition_time,
                observed_generation=state.study.metadata.generation,
            )
        )
    return conditions
