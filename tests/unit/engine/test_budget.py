"""What may still be spent: the third table of docs/rules.md."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_study, a_trial

from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Attempt, Outcome, Trial, TrialState
from tunewright.engine.budget import (
    MARGIN,
    Allowance,
    active_time,
    gpu_time,
    grace_of,
    overdrawn,
    overdrawn_at,
    planned_tests,
)
from tunewright.engine.facts import AttemptKey, Execution, Exit
from tunewright.engine.reasons import StudyReason
from tunewright.engine.state import State

HOUR = 3_600_000
GRACE = 2_000


def study(*, status: dict[str, Any] | None = None, tests: bool = False, **budget: Any) -> HyperparameterStudy:
    """A study whose attempts take two seconds to end: its grace period, and the margin."""
    trainer = {"model": "mlp", "dataset": "digits"}
    return a_study(
        budget={"maxTrials": 10, "parallelism": 4, **budget},
        trial={"trainer": trainer, "gracePeriod": "1s", "finalTest": tests},
        status=status,
    )


def running(
    index: int, *, started_at: int | None = 0, limit: int | None = None, ended_at: int | None = None
) -> Any:
    """A trial, and an attempt of it that holds one GPU."""
    end = None if ended_at is None else Exit(ended_at, 0)
    execution = Execution(
        AttemptKey(f"digits-{index}", 1), started_at=started_at, gpus=1, limit=limit, exit=end
    )
    return a_trial(index, state=TrialState.RUNNING), execution


def completed(index: int, run_time: int, gpu_milliseconds: int = 0) -> Trial:
    attempt = Attempt(
        number=1,
        started_at=0,
        ended_at=run_time,
        outcome=Outcome.COMPLETED,
        gpu_milliseconds=gpu_milliseconds,
    )
    return a_trial(index, accuracy=0.5, attempts=[attempt])


def state_of(study: HyperparameterStudy, *objects: Any, gpus: int = 1) -> State:
    """The state of a study with some ended trials, and pairs of a trial and its attempt."""
    pairs = [each for each in objects if isinstance(each, tuple)]
    trials = [each for each in objects if isinstance(each, Trial)] + [trial for trial, _ in pairs]
    return State.of(study, trials, [execution for _, execution in pairs], gpus=gpus)


def limits(state: State, count: int, *, now: int = 0, testing: bool = False) -> list[int | None]:
    """The limits of so many attempts that begin at once, as far as there is room."""
    allowance = Allowance(state, now, testing=testing)
    given = []
    for left in range(count, 0, -1):
        if allowance.scarce is not None:
            break
        given.append(allowance.limit(left))
        allowance.reserve(given[-1])
    return given


def test_the_grace_of_an_attempt_is_its_period_and_a_margin() -> None:
    assert grace_of(study().spec) == 1_000 + MARGIN == GRACE


def test_without_a_budget_of_time_nothing_bounds_an_attempt() -> None:
    assert limits(state_of(study()), 4) == [None] * 4


def test_gpu_time_means_nothing_where_attempts_hold_no_gpu() -> None:
    assert limits(state_of(study(maxGpuHours=0.01), gpus=0), 2) == [None] * 2


@pytest.mark.parametrize(
    ("gpus", "count", "limit"), [(1, 1, 34_000), (1, 3, 10_000), (2, 3, 4_000), (1, 12, 1_000)]
)
def test_what_is_left_is_shared_by_the_attempts_that_may_begin(gpus: int, count: int, limit: int) -> None:
    state = state_of(study(maxGpuHours=0.01), gpus=gpus)

    assert limits(state, count) == [limit] * count
    assert count * (limit + GRACE) * gpus == 0.01 * HOUR


def test_where_there_is_not_room_for_all_as_many_begin_as_fit() -> None:
    state = state_of(study(maxGpuHours=0.01), completed(0, 9_000))

    assert limits(state, 4) == [10_000] * 3
    assert limits(state_of(study(maxGpuHours=0.01), completed(0, 34_001)), 4) == []


def test_it_is_known_how_many_fit() -> None:
    state = state_of(study(maxGpuHours=0.01), completed(0, 9_000))
    assert [Allowance(state, 0, testing=False).fitting(wanted) for wanted in (0, 1, 3, 4)] == [0, 1, 3, 3]
    assert Allowance(state_of(study()), 0, testing=False).fitting(7) == 7
    over = state_of(study(maxDuration="1s"))
    assert Allowance(over, 0, testing=False).fitting(7) == 0


def test_what_runs_or_waits_has_reserved_its_limit_and_its_grace() -> None:
    state = state_of(
        study(maxGpuHours=0.01), running(0, limit=8_000), running(1, started_at=None, limit=4_000)
    )

    assert limits(state, 1, now=5_000) == [36_000 - 10_000 - 6_000 - GRACE]


def test_what_has_no_limit_has_reserved_what_it_has_used() -> None:
    state = state_of(study(maxGpuHours=0.01), running(0))

    assert limits(state, 1, now=5_000) == [36_000 - 5_000 - GRACE]


def test_an_end_replaces_the_reservation_by_what_was_used() -> None:
    state = state_of(study(maxGpuHours=0.01), running(0, limit=20_000, ended_at=3_000))
    assert limits(state, 1, now=9_000) == [36_000 - 3_000 - GRACE]

    state = state_of(study(maxGpuHours=0.01), completed(0, 3_000, gpu_milliseconds=3_000))
    assert limits(state, 1, now=9_000) == [36_000 - 3_000 - GRACE]


def test_what_deleted_trials_were_charged_is_not_given_again() -> None:
    status = {"charged": {"gpuMilliseconds": 20_000}}

    assert limits(state_of(study(maxGpuHours=0.01, status=status)), 1) == [14_000]


def test_the_wall_clock_bounds_every_attempt_alike() -> None:
    state = state_of(study(maxDuration="60s", status={"activeSince": 1_000, "activeMilliseconds": 5_000}))

    assert limits(state, 3, now=11_000) == [60_000 - 5_000 - 10_000 - GRACE] * 3
    assert limits(state, 3, now=11_000 + 43_000) == []


def test_the_shorter_of_both_limits_holds() -> None:
    both = study(maxDuration="60s", maxGpuHours=0.01, status={"activeSince": 0})

    assert limits(state_of(both), 1) == [34_000]
    assert limits(state_of(both), 1, now=40_000) == [18_000]


def test_an_attempt_does_not_begin_that_could_not_complete() -> None:
    status = {"activeSince": 0}
    state = state_of(study(maxDuration="60s", status=status), completed(0, 10_000), completed(1, 30_000))

    assert limits(state, 1, now=48_000) == [10_000]
    assert limits(state, 1, now=48_001) == []
    assert limits(state, 1, now=48_001, testing=True) == [9_999]
    assert limits(state, 1, now=57_001, testing=True) == []


@pytest.mark.parametrize(
    ("planned", "default", "run_time", "kept"),
    [
        (False, True, 300, 0),
        (True, True, 300, 600),
        (True, False, 300, 300),
        # At most a twentieth.
        (True, True, 30_000, 1_800),
    ],
)
def test_the_search_leaves_something_for_the_final_tests(
    planned: bool, default: bool, run_time: int, kept: int
) -> None:
    one = study(maxGpuHours=0.01, tests=planned)
    spec = one.spec.model_copy(update={"initial": one.spec.initial.model_copy(update={"default": default})})
    state = state_of(one.model_copy(update={"spec": spec}), completed(0, run_time))

    assert planned_tests(state) == (0 if not planned else 2 if default else 1)
    assert limits(state, 1, testing=True) == [34_000]
    assert limits(state, 1) == ([34_000 - kept] if run_time <= 34_000 - kept else [])


def test_wall_clock_time_is_left_for_the_final_tests_too() -> None:
    state = state_of(study(maxDuration="60s", tests=True, status={"activeSince": 0}), completed(0, 700))

    assert limits(state, 1) == [60_000 - GRACE - 1_400]
    assert limits(state, 1, testing=True) == [60_000 - GRACE]


def test_which_budget_is_scarce() -> None:
    assert Allowance(state_of(study()), 0, testing=False).scarce is None
    used_up = study(maxDuration="60s", status={"activeMilliseconds": 58_000})
    assert Allowance(state_of(used_up), 0, testing=False).scarce is StudyReason.MAX_DURATION_REACHED
    spent = study(maxGpuHours=0.01, status={"charged": {"gpuMilliseconds": 34_000}})
    assert Allowance(state_of(spent), 0, testing=False).scarce is StudyReason.MAX_GPU_HOURS_REACHED


def test_gpu_time_counts_what_has_ended_and_what_runs_from_its_start_on() -> None:
    state = state_of(study(), completed(0, 500, 500), running(1, started_at=100), running(2, started_at=None))

    assert gpu_time(state, 1_000) == 500 + 900
    assert gpu_time(state, 50) == 500


def test_wall_clock_time_runs_while_the_study_does() -> None:
    assert active_time(state_of(study()), 10_000) == 0
    assert active_time(state_of(study(status={"activeMilliseconds": 700})), 10_000) == 700
    status = {"activeMilliseconds": 700, "activeSince": 9_000}
    assert active_time(state_of(study(status=status)), 10_000) == 1_700


def test_a_clock_that_was_set_back_gives_no_time_back() -> None:
    status = {"activeMilliseconds": 700, "activeSince": 9_000}

    assert active_time(state_of(study(status=status)), 4_000) == 700


def test_nothing_is_overdrawn_without_a_budget() -> None:
    state = state_of(study(), running(0))

    assert overdrawn(state, 10 * HOUR) is None
    assert overdrawn_at(state, 10 * HOUR) is None


def test_what_runs_must_stop_while_its_grace_still_fits_into_the_budget() -> None:
    status = {"activeSince": 0}
    state = state_of(study(maxGpuHours=0.01, status=status), running(0), running(1))
    assert overdrawn_at(state, 0) == (36_000 - 2 * GRACE) // 2
    assert overdrawn(state, 16_000) is StudyReason.MAX_GPU_HOURS_REACHED

    state = state_of(study(maxDuration="60s", status=status), running(0), running(1))
    assert overdrawn_at(state, 0) == 60_000 - GRACE
    assert overdrawn(state, 58_000) is StudyReason.MAX_DURATION_REACHED


@given(
    st.lists(st.integers(0, 20_000), max_size=3),
    st.sampled_from([None, "30s"]),
    st.sampled_from([None, 0.01]),
)
def test_it_is_known_when_all_must_stop(starts: list[int], duration: str | None, hours: float | None) -> None:
    status = {"activeSince": 0}
    one = study(maxDuration=duration, maxGpuHours=hours, status=status)
    state = state_of(one, *(running(index, started_at=start) for index, start in enumerate(starts)))
    now = 20_000
    at = overdrawn_at(state, now)

    if at is None:
        assert overdrawn(state, now + HOUR) is None
    elif at <= now:
        assert overdrawn(state, now) is not None
    else:
        assert overdrawn(state, at) is not None
        assert overdrawn(state, at - 1) is None


@given(
    count=st.integers(1, 20),
    gpus=st.integers(1, 4),
    used=st.integers(0, 40_000),
    shortest=st.integers(0, 20_000),
    tests=st.booleans(),
)
def test_what_is_reserved_never_exceeds_the_budget(
    count: int, gpus: int, used: int, shortest: int, tests: bool
) -> None:
    charged = {"gpuMilliseconds": used}
    one = study(maxGpuHours=0.02, tests=tests, status={"charged": charged})
    state = state_of(one, completed(0, shortest), gpus=gpus)
    given = limits(state, count)

    assert sum(((limit or 0) + GRACE) * gpus for limit in given) + used <= 72_000 or not given
    assert all(limit is not None and limit >= max(shortest, MARGIN) for limit in given)
