"""What may still be spent: the reservations of docs/rules.md. Times in milliseconds."""

from collections.abc import Iterable
from dataclasses import dataclass

from tunewright.api.study import Budget, StudySpec
from tunewright.engine.facts import Execution
from tunewright.engine.reasons import StudyReason
from tunewright.engine.state import State

MARGIN = 1_000
"""Beyond the grace period: what starting, stopping and telling the time may take."""

TEST_SHARE = 20
"""The search leaves at most one part in so many of a budget for the final test evaluations."""


@dataclass(frozen=True)
class Room:
    """What one more attempt may use: `limit` is its run time, None where nothing bounds it."""

    limit: int | None


def budget_of(spec: StudySpec) -> Budget:
    """The study's budget, which a study that runs has."""
    assert spec.budget is not None
    return spec.budget


def grace_of(spec: StudySpec) -> int:
    """What an attempt that is asked to stop may use until it is gone."""
    assert spec.trial is not None
    return spec.trial.grace_period * 1000 + MARGIN


def tests_planned(state: State) -> int:
    """How many final test evaluations the study ends with."""
    trial = state.study.spec.trial
    if trial is None or not trial.tests:
        return 0
    return 2 if state.study.spec.initial.default else 1


def active_time(state: State, now: int) -> int:
    """Wall-clock time used."""
    status = state.study.status
    return status.active_milliseconds + (now - status.active_since if status.active_since is not None else 0)


def gpu_time(state: State, now: int) -> int:
    """GPU time used, running attempts up to now included."""
    return state.charges.gpu_milliseconds + sum(
        execution.used(now) for execution in state.executions.values()
    )


def overdrawn(state: State, now: int) -> StudyReason | None:
    """The reason for which everything that runs must stop now; None where nothing must."""
    wall, gpu = _wall_left(state, now), _gpu_left(state, now)
    if wall is not None and wall <= 0:
        return StudyReason.MAX_DURATION_REACHED
    if gpu is not None and gpu <= 0:
        return StudyReason.MAX_GPU_HOURS_REACHED
    return None


def overdrawn_at(state: State, now: int) -> int | None:
    """When, if nothing ends before, everything that runs will have to stop; None for never."""
    holding = _gpus_held(state)
    wall, gpu = _wall_left(state, now), _gpu_left(state, now)
    times = [] if wall is None else [now + wall]
    if gpu is not None and holding:
        times.append(now + -(-gpu // holding))
    return min(times, default=None)


def _wall_left(state: State, now: int) -> int | None:
    """How long something may still run before it must be asked to stop."""
    duration = budget_of(state.study.spec).max_duration
    return (
        None if duration is None else duration * 1000 - active_time(state, now) - grace_of(state.study.spec)
    )


def _gpu_left(state: State, now: int) -> int | None:
    """GPU time that may still be used before everything that runs must be asked to stop."""
    hours = budget_of(state.study.spec).max_gpu_hours
    if hours is None:
        return None
    return _gpu_milliseconds(hours) - gpu_time(state, now) - _gpus_held(state) * grace_of(state.study.spec)


def _gpus_held(state: State) -> int:
    running = (e for e in state.executions.values() if e.started_at is not None and e.exit is None)
    return sum(execution.gpus for execution in running)


def _gpu_milliseconds(hours: float) -> int:
    return int(hours * 3_600_000)


def room_for(
    state: State, now: int, lanes: int, *, testing: bool, starting: Iterable[int] = ()
) -> Room | None:
    """What the next attempt may use when up to `lanes` may begin; None where it is too little to begin.

    `starting` are the limits of attempts that this same plan begins.
    """
    shortest = 0 if testing else state.tally.shortest or 0
    least = max(MARGIN, shortest)
    limits = list(starting)
    wall = _wall_limit(state, now, testing=testing)
    for shared_by in range(max(1, lanes), 0, -1):
        gpu = _gpu_limit(state, now, shared_by, limits, testing=testing)
        limit = min((each for each in (wall, gpu) if each is not None), default=None)
        if limit is None or limit >= least:
            return Room(limit)
    return None


def scarce(state: State, now: int, *, testing: bool) -> StudyReason:
    """The reason of the budget that leaves no room for one more attempt."""
    wall = _wall_limit(state, now, testing=testing)
    gpu = _gpu_limit(state, now, 1, [], testing=testing)
    if gpu is None or (wall is not None and wall <= gpu):
        return StudyReason.MAX_DURATION_REACHED
    return StudyReason.MAX_GPU_HOURS_REACHED


def _wall_limit(state: State, now: int, *, testing: bool) -> int | None:
    duration, left = budget_of(state.study.spec).max_duration, _wall_left(state, now)
    if duration is None or left is None:
        return None
    return left if testing else left - _kept_for_tests(state, duration * 1000, 1)


def _gpu_limit(state: State, now: int, lanes: int, starting: list[int], *, testing: bool) -> int | None:
    hours = budget_of(state.study.spec).max_gpu_hours
    if hours is None or state.gpus == 0:
        return None
    total = _gpu_milliseconds(hours)
    grace = grace_of(state.study.spec)
    kept = 0 if testing else _kept_for_tests(state, total, state.gpus)
    reserved = sum(_reserved(execution, now, grace) for execution in state.executions.values())
    reserved += sum((limit + grace) * state.gpus for limit in starting)
    free = total - kept - state.charges.gpu_milliseconds - reserved
    return free // (lanes * state.gpus) - grace


def _reserved(execution: Execution, now: int, grace: int) -> int:
    if execution.limit is None or execution.exit is not None:
        return execution.used(now)
    return (execution.limit + grace) * execution.gpus


def _kept_for_tests(state: State, total: int, per_millisecond: int) -> int:
    """What the search leaves for the final test evaluations."""
    longest = (state.tally.longest or 0) * per_millisecond
    return min(tests_planned(state) * longest, total // TEST_SHARE)
