"""A study's status, from its state."""

from collections import Counter
from collections.abc import Sequence

from tunewright.api.base import Condition
from tunewright.api.problems import Problem
from tunewright.api.study import Direction, HyperparameterStudy
from tunewright.api.study_status import ConditionType, Phase, StudyStatus, TrialCounts
from tunewright.api.trial import TrialState
from tunewright.engine.budget import active_time, budget_of
from tunewright.engine.ending import Ending
from tunewright.engine.evaluation import best_trial, best_trials, default_trial, described, untested_trials
from tunewright.engine.facts import Obstacle
from tunewright.engine.reasons import StudyReason
from tunewright.engine.stages import stage_statuses
from tunewright.engine.state import State
from tunewright.engine.thinning import thinned

MAX_FRONT = 50


def status_of(state: State, now: int, phase: Phase, ending: Ending | None) -> StudyStatus:
    """The status that says where the study stands; equal to the one before where nothing has changed."""
    before = state.study.status
    runs = phase in (Phase.RUNNING, Phase.TESTING)
    since = before.active_since
    several = len(state.study.spec.objectives) > 1
    counts = _counts(state)
    obstacle = None if phase.terminal else state.obstacle
    reason, message = _why(state, phase, ending, obstacle)
    return StudyStatus(
        phase=phase,
        reason=reason,
        message=message,
        next_index=max(state.next_index, before.next_index),
        charged=state.charges,
        departed=state.departed,
        trials=counts,
        progress=f"{_ended(counts)}/{budget_of(state.study.spec).max_trials}",
        best=described(state, best_trial(state)),
        default=described(state, default_trial(state)),
        pareto_front=_front(state) if several else [],
        stages=stage_statuses(state),
        warm_start=before.warm_start,
        start_time=before.start_time if before.start_time is not None or not runs else now,
        completion_time=(before.completion_time or now) if phase.terminal else None,
        active_milliseconds=before.active_milliseconds if runs else active_time(state, now),
        active_since=(since if since is not None else now) if runs else None,
        conditions=_conditions(state.study, now, phase, reason, message, obstacle),
        observed_generation=state.study.metadata.generation,
    )


def rejected(study: HyperparameterStudy, now: int, problems: Sequence[Problem]) -> StudyStatus:
    """The status of a study that cannot be run as it is.

    What is known of its trials is kept: once it can be run, it goes on from there. A study that was over
    before, and has not been edited since, stays as it ended.

    Args:
        study: only its metadata and its status are looked at.
        now: in milliseconds since the Unix epoch.
        problems: what is wrong, at least one thing.
    """
    before, generation = study.status, study.metadata.generation
    over = before.phase.terminal and before.reason != StudyReason.INVALID_STUDY
    if over and before.observed_generation == generation:
        return before
    more = len(problems) - 1
    message = str(problems[0]) + (f" (and {more} more)" if more else "")
    used = 0 if before.active_since is None else max(0, now - before.active_since)
    return before.model_copy(
        update={
            "phase": Phase.FAILED,
            "reason": StudyReason.INVALID_STUDY.value,
            "message": message,
            "completion_time": before.completion_time or now,
            "active_milliseconds": before.active_milliseconds + used,
            "active_since": None,
            "conditions": _conditions(study, now, Phase.FAILED, StudyReason.INVALID_STUDY, message),
            "observed_generation": generation,
        }
    )


def waiting(study: HyperparameterStudy, now: int, obstacle: Obstacle) -> StudyStatus:
    """The status of a study that cannot begin yet; it costs nothing until then.

    Args:
        study: only its metadata and its status are looked at.
        now: in milliseconds since the Unix epoch.
        obstacle: what it waits for.
    """
    return study.status.model_copy(
        update={
            "phase": Phase.PENDING,
            "reason": obstacle.reason,
            "message": obstacle.message,
            "completion_time": None,
            "conditions": _conditions(study, now, Phase.PENDING, obstacle.reason, obstacle.message, obstacle),
            "observed_generation": study.metadata.generation,
        }
    )


def _why(state: State, phase: Phase, ending: Ending | None, obstacle: Obstacle | None) -> tuple[str, str]:
    """Why the study is in its phase: a reason and a message."""
    if ending is None:
        return (phase.value, "") if obstacle is None else (obstacle.reason, obstacle.message)
    untested = untested_trials(state) if phase is Phase.COMPLETED else []
    if not untested:
        return ending.reason, ending.message
    names = " and ".join(trial.name for trial in untested)
    return ending.reason, f"{ending.message}; no budget was left for the final test of {names}"


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


def _ended(counts: TrialCounts) -> int:
    return counts.completed + counts.stopped + counts.failed


def _front(state: State) -> list[object]:
    """The front, or of a large one some members evenly along the first objective, its best among them."""
    front = best_trials(state)
    if len(front) > MAX_FRONT:
        first = state.study.spec.objectives[0]
        sign = 1 if first.direction is Direction.MAXIMIZE else -1
        # The last one is the best, as the tally has it.
        front.sort(key=lambda trial: (sign * trial.status.objectives[first.metric], -trial.spec.index))
        front = sorted(thinned(front, MAX_FRONT), key=lambda trial: trial.spec.index)
    return [described(state, trial) for trial in front]


def _conditions(
    study: HyperparameterStudy,
    now: int,
    phase: Phase,
    reason: str,
    message: str,
    obstacle: Obstacle | None = None,
) -> list[Condition]:
    holding = {
        ConditionType.COMPLETE: phase is Phase.COMPLETED,
        ConditionType.FAILED: phase is Phase.FAILED,
        ConditionType.SUSPENDED: phase is Phase.SUSPENDED,
        ConditionType.BLOCKED: obstacle is not None,
    }
    before = {condition.type: condition for condition in study.status.conditions}
    conditions = []
    for kind, holds in holding.items():
        old = before.get(kind)
        status = "True" if holds else "False"
        # Of what does not hold there is nothing to tell but where the study stands instead.
        why, told = (reason, message) if holds else (phase.value, "")
        if obstacle is not None and kind is ConditionType.BLOCKED:
            why, told = obstacle.reason, obstacle.message
        conditions.append(
            Condition(
                type=kind,
                status=status,
                reason=why,
                message=told,
                last_transition_time=now if old is None or old.status != status else old.last_transition_time,
                observed_generation=study.metadata.generation,
            )
        )
    return conditions
