"""A study's status, from its state."""

from collections import Counter

from tunewright.api.base import Condition
from tunewright.api.study import ConditionType, Phase, StudyStatus, TrialCounts
from tunewright.api.trial import TrialState
from tunewright.engine.budget import active_time
from tunewright.engine.ending import Ending
from tunewright.engine.evaluation import best_trial, default_trial, described, untested_trials
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
    live = Counter(trial.status.state for trial in state.searching())
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


def _conditions(state: State, now: int, phase: Phase, reason: str, message: str) -> list[Condition]:
    obstacle = None if phase.terminal else state.obstacle
    holding = {
        ConditionType.COMPLETE: phase is Phase.COMPLETED,
        ConditionType.FAILED: phase is Phase.FAILED,
        ConditionType.SUSPENDED: phase is Phase.SUSPENDED,
        ConditionType.BLOCKED: obstacle is not None,
    }
    before = {condition.type: condition for condition in state.study.status.conditions}
    conditions = []
    for kind, holds in holding.items():
        old = before.get(kind)
        status = "True" if holds else "False"
        blocked = obstacle if kind is ConditionType.BLOCKED else None
        conditions.append(
            Condition(
                type=kind,
                status=status,
                reason=blocked.reason if blocked is not None else reason,
                message=blocked.message if blocked is not None else message,
                last_transition_time=now if old is None or old.status != status else old.last_transition_time,
                observed_generation=state.study.metadata.generation,
            )
        )
    return conditions
