"""What may still be spent: the reservations of docs/rules.md. Times in milliseconds."""

from tunewright.api.study import Budget, StudySpec
from tunewright.engine.facts import Execution
from tunewright.engine.reasons import StudyReason
from tunewright.engine.state import State

MARGIN = 1_000
"""Beyond the grace period: what starting, stopping and telling the time may take."""

TEST_SHARE = 20
"""The search leaves at most one part in so many of a budget for the final test evaluations."""


def budget_of(spec: StudySpec) -> Budget:
    """The study's budget, which a study that runs has."""
    assert spec.budget is not None
    return spec.budget


def grace_of(spec: StudySpec) -> int:
    """What an attempt that is asked to stop may use until it is gone."""
    assert spec.trial is not None
    return spec.trial.grace_period * 1000 + MARGIN


def planned_tests(state: State) -> int:
    """How many final test evaluations the study ends with."""
    trial = state.study.spec.trial
    if trial is None or not trial.tests:
        return 0
    return 2 if state.study.spec.initial.default else 1


def active_time(state: State, now: int) -> int:
    """Wall-clock time used."""
    status = state.study.status
    since = now if status.active_since is None else status.active_since
    return status.active_milliseconds + max(0, now - since)


def gpu_time(state: State, now: int) -> int:
    """GPU time used, running attempts up to now included."""
    return state.charges.gpu_milliseconds + sum(
        execution.used(now) for execution in state.executions.values()
    )


def overdrawn(state: State, now: int) -> StudyReason | None:
    """The reason for which everything that runs must stop now; None where nothing must."""
    wall, gpu = _wall_left(state, now), _gpu_time_left(state, now)
    if wall is not None and wall <= 0:
        return StudyReason.MAX_DURATION_REACHED
    if gpu is not None and gpu <= 0:
        return StudyReason.MAX_GPU_HOURS_REACHED
    return None


def overdrawn_at(state: State, now: int) -> int | None:
    """When, if nothing ends before, everything that runs will have to stop; None for never."""
    times = (_wall_left(state, now), _gpu_time_left(state, now))
    return min((now + left for left in times if left is not None), default=None)


def _wall_left(state: State, now: int) -> int | None:
    """How long something may still run before it must be asked to stop."""
    duration = budget_of(state.study.spec).max_duration
    if duration is None:
        return None
    return duration * 1000 - active_time(state, now) - grace_of(state.study.spec)


def _gpu_time_left(state: State, now: int) -> int | None:
    """How long everything that runs may still run, together, before it must be asked to stop."""
    hours = budget_of(state.study.spec).max_gpu_hours
    if hours is None:
        return None
    running = (e for e in state.executions.values() if e.started_at is not None and e.exit is None)
    held = sum(execution.gpus for execution in running)
    left = _gpu_milliseconds(hours) - gpu_time(state, now) - held * grace_of(state.study.spec)
    if held:
        return left // held
    return None if left > 0 else 0


def _gpu_milliseconds(hours: float) -> int:
    return int(hours * 3_600_000)


class Allowance:
    """What attempts that begin now may use; each of them reserves its share.

    Args:
        state: the study's.
        now: in milliseconds since the Unix epoch.
        testing: whether they are final test evaluations, for which the search leaves something.
    """

    def __init__(self, state: State, now: int, *, testing: bool) -> None:
        spec = state.study.spec
        self._gpus = state.gpus
        self._grace = grace_of(spec)
        self._least = MARGIN if testing else max(MARGIN, state.tally.shortest or 0)
        self._wall = _wall_left(state, now)
        self._gpu: int | None = None
        duration, hours = budget_of(spec).max_duration, budget_of(spec).max_gpu_hours
        if self._wall is not None and duration is not None and not testing:
            self._wall -= _kept_for_tests(state, duration * 1000, 1)
        if hours is not None and state.gpus:
            total = _gpu_milliseconds(hours)
            kept = 0 if testing else _kept_for_tests(state, total, state.gpus)
            reserved = sum(_reserved(execution, now, self._grace) for execution in state.executions.values())
            self._gpu = total - kept - state.charges.gpu_milliseconds - reserved

    @property
    def scarce(self) -> StudyReason | None:
        """The reason of the budget that leaves no room for one more attempt; None where there is room."""
        if self._wall is not None and self._wall < self._least:
            return StudyReason.MAX_DURATION_REACHED
        if self._gpu is not None and self._gpu < self._price(self._least):
            return StudyReason.MAX_GPU_HOURS_REACHED
        return None

    def fitting(self, wanted: int) -> int:
        """How many of so many attempts there is room for."""
        if self.scarce is not None:
            return 0
        return wanted if self._gpu is None else min(wanted, self._gpu // self._price(self._least))

    def limit(self, lanes: int) -> int | None:
        """The run time of one of up to `lanes` attempts that may begin; None where nothing bounds it.

        There must be room for one. Where there is not room for all, it is shared by as many as fit.
        """
        shared_by = self.fitting(lanes)
        assert shared_by > 0
        if self._gpu is None:
            return self._wall
        share = self._gpu // (shared_by * self._gpus) - self._grace
        return share if self._wall is None else min(share, self._wall)

    def reserve(self, limit: int | None) -> None:
        """An attempt of this limit begins."""
        if self._gpu is not None and limit is not None:
            self._gpu -= self._price(limit)

    def _price(self, limit: int) -> int:
        return (limit + self._grace) * self._gpus


def _reserved(execution: Execution, now: int, grace: int) -> int:
    if execution.limit is None or execution.exit is not None:
        return execution.used(now)
    return (execution.limit + grace) * execution.gpus


def _kept_for_tests(state: State, total: int, per_millisecond: int) -> int:
    """What the search leaves for the final test evaluations."""
    longest = (state.tally.longest or 0) * per_millisecond
    return min(planned_tests(state) * longest, total // TEST_SHARE)
