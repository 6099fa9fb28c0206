"""When a study's search is over: the last table of docs/rules.md."""

from typing import Any

import pytest
from tests.builders import a_study, a_trial

from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import Phase
from tunewright.api.trial import Purpose, Trial, TrialState
from tunewright.engine.ending import ending_of
from tunewright.engine.facts import AttemptKey, Execution
from tunewright.engine.reasons import StudyReason
from tunewright.engine.state import State


def study(
    *, target: float | None = None, status: dict[str, Any] | None = None, **budget: Any
) -> HyperparameterStudy:
    return a_study(
        objectives=[{"metric": "accuracy", "direction": "maximize", "target": target}],
        budget={"maxTrials": 3, **budget},
        trial={"trainer": {"model": "mlp", "dataset": "digits"}, "gracePeriod": "1s"},
        status=status,
    )


def failed(index: int) -> Trial:
    return a_trial(index, state=TrialState.FAILED, completion_order=index)


def stopped(index: int, accuracy: float) -> Trial:
    trial = a_trial(index, accuracy=accuracy)
    status = trial.status.model_copy(update={"state": TrialState.STOPPED})
    return trial.model_copy(update={"status": status})


def evaluation_of(trial: Trial) -> Trial:
    """A final test evaluation that has not ended."""
    test = a_trial(trial.spec.index, purpose=Purpose.FINAL_TEST, state=TrialState.RUNNING)
    return test.model_copy(
        update={
            "metadata": test.metadata.model_copy(update={"name": f"{trial.name}-test"}),
            "spec": test.spec.model_copy(update={"source": trial.name}),
        }
    )


def executing(trial: Trial, **facts: Any) -> Execution:
    return Execution(AttemptKey(trial.name, 1), started_at=0, **facts)


def ending(state: State, now: int = 0) -> tuple[Phase, StudyReason] | None:
    found = ending_of(state, now)
    return None if found is None else (found.phase, found.reason)


GOES_ON = None
TARGET = (Phase.COMPLETED, StudyReason.TARGET_REACHED)
MAX_TRIALS = (Phase.COMPLETED, StudyReason.MAX_TRIALS_REACHED)
EXHAUSTED = (Phase.COMPLETED, StudyReason.SPACE_EXHAUSTED)
DURATION = (Phase.COMPLETED, StudyReason.MAX_DURATION_REACHED)
GPU_HOURS = (Phase.COMPLETED, StudyReason.MAX_GPU_HOURS_REACHED)
FAILURES = (Phase.FAILED, StudyReason.TOO_MANY_FAILED_TRIALS)
SAMPLER = (Phase.FAILED, StudyReason.SAMPLER_FAILED)
NOTHING = (Phase.FAILED, StudyReason.NO_TRIAL_COMPLETED)

GOOD = [a_trial(index, accuracy=0.9) for index in range(3)]


@pytest.mark.parametrize(
    ("study", "trials", "expected"),
    [
        (study(), [], GOES_ON),
        (study(), GOOD[:2], GOES_ON),
        (study(), [*GOOD[:2], a_trial(2)], GOES_ON),
        (study(), GOOD, MAX_TRIALS),
        (study(maxTrials=4), GOOD, GOES_ON),
        # Lowered below what there is.
        (study(maxTrials=1), GOOD[:2], MAX_TRIALS),
        (study(maxTrials=1), [GOOD[0], a_trial(1)], GOES_ON),
        # A trial that was deleted by hand counts.
        (study(status={"nextIndex": 3}), GOOD[:2], MAX_TRIALS),
        (study(target=0.9), GOOD[:1], TARGET),
        (study(target=0.9), [GOOD[0], a_trial(1)], TARGET),
        (study(target=0.91), GOOD[:1], GOES_ON),
        (study(target=0.9), [stopped(0, 0.95)], GOES_ON),
        (study(target=0.9), GOOD, TARGET),
        (study(maxFailedTrials=1), [failed(0)], GOES_ON),
        (study(maxFailedTrials=1), [failed(0), failed(1)], FAILURES),
        (study(maxFailedTrials=0), [failed(0), a_trial(1)], FAILURES),
        (study(maxFailedTrials=0, status={"charged": {"failedTrials": 1}}), [], FAILURES),
        (study(maxFailedTrials=1), [failed(0), failed(1), GOOD[2]], FAILURES),
        # A study that has reached its target has not failed.
        (study(target=0.9, maxFailedTrials=0), [failed(0), GOOD[1]], TARGET),
        (study(), [failed(0), failed(1), failed(2)], NOTHING),
        (study(), [failed(0), failed(1), stopped(2, 0.1)], MAX_TRIALS),
        (study(maxDuration="60s", status={"activeMilliseconds": 58_000}), GOOD[:1], DURATION),
        (study(maxDuration="60s", status={"activeMilliseconds": 57_000}), [], GOES_ON),
        (study(maxDuration="60s", status={"activeMilliseconds": 58_000}), [], NOTHING),
        # It would not complete, if the shortest one is a measure.
        (study(maxDuration="60s", status={"activeMilliseconds": 57_101}), GOOD[:1], DURATION),
        (study(maxDuration="60s", status={"activeMilliseconds": 57_101}), GOOD, MAX_TRIALS),
    ],
)
def test_by_the_trials_and_the_budget(
    study: HyperparameterStudy, trials: list[Trial], expected: tuple[Phase, StudyReason] | None
) -> None:
    assert ending(State.of(study, trials)) == expected


def test_by_gpu_time() -> None:
    spent = study(maxGpuHours=0.01, status={"charged": {"gpuMilliseconds": 34_000}})

    assert ending(State.of(spent, GOOD[:1], gpus=1)) == GPU_HOURS
    assert ending(State.of(spent, GOOD[:1], gpus=0)) is GOES_ON


def test_while_something_runs_it_may_leave_something_of_what_it_has_reserved() -> None:
    spent = study(maxGpuHours=0.01)
    running = a_trial(1, state=TrialState.RUNNING)
    state = State.of(spent, [GOOD[0], running], [executing(running, gpus=1, limit=34_000)], gpus=1)

    assert ending(state) is GOES_ON
    assert ending(state, 34_000) == GPU_HOURS


def test_what_a_final_test_has_reserved_or_leaves_does_not_open_the_search_again() -> None:
    spent = study(maxGpuHours=0.01, maxTrials=9, status={"charged": {"gpuMilliseconds": 30_000}})
    test = evaluation_of(GOOD[0])
    slow = a_trial(
        0, accuracy=0.5, attempts=[{"number": 1, "startedAt": 0, "endedAt": 9_000, "outcome": "completed"}]
    )
    before = State.of(spent, [slow], gpus=1)
    testing = State.of(spent, [slow, test], [executing(test, gpus=1, limit=2_000)], gpus=1)

    assert ending(before) == ending(testing) == GPU_HOURS


def test_an_exhausted_space_ends_the_study_once_all_trials_have_ended() -> None:
    state = State.of(study(), GOOD[:1])
    state.used_up = 1
    assert ending(state) == EXHAUSTED

    state.trial_changed(a_trial(1))
    assert ending(state) is GOES_ON


def test_the_sampler_failing_fails_the_study() -> None:
    state = State.of(study(), GOOD[:1])
    state.sampler_failed("ValueError: no")

    assert ending(state) == SAMPLER
    found = ending_of(state, 0)
    assert found is not None
    assert found.message == "ValueError: no"


@pytest.mark.parametrize(
    ("study", "trials", "expected"),
    [
        (study(target=0.9), GOOD[:1], TARGET),
        (study(), GOOD, MAX_TRIALS),
        (study(maxDuration="60s", status={"activeMilliseconds": 58_000}), GOOD[:1], DURATION),
    ],
)
def test_a_sampler_that_fails_when_nobody_waits_for_it_any_more_changes_nothing(
    study: HyperparameterStudy, trials: list[Trial], expected: tuple[Phase, StudyReason]
) -> None:
    state = State.of(study, trials)
    state.sampler_failed("late")

    assert ending(state) == expected


def test_it_is_said_why_no_trial_completed() -> None:
    found = ending_of(State.of(study(), [failed(0), failed(1), failed(2)]), 0)

    assert found is not None
    assert found.message == "no trial has a value of every objective (every trial has ended)"


def test_a_stopped_study_that_is_over_waits_for_what_runs_before_it_says_that_none_completed() -> None:
    over = study(maxDuration="60s", status={"activeMilliseconds": 58_000})

    assert ending(State.of(over, [a_trial(0)])) == DURATION


@pytest.mark.parametrize(
    ("reason", "message", "expected"),
    [
        ("SpaceExhausted", "", EXHAUSTED),
        ("NoTrialCompleted", "", EXHAUSTED),
        ("SamplerFailed", "no", SAMPLER),
    ],
)
def test_after_a_restart_the_sampler_is_not_asked_again_for_what_it_has_said(
    reason: str, message: str, expected: tuple[Phase, StudyReason]
) -> None:
    status = {"reason": reason, "message": message, "observedGeneration": 1}

    assert ending(State.of(study(status=status), GOOD[:1])) == expected


def test_an_edited_study_asks_its_sampler_again() -> None:
    status = {"reason": "SamplerFailed", "message": "no", "observedGeneration": 1}
    one = study(status=status)
    state = State.of(one, GOOD[:1])
    state.used_up = 1
    budget = one.spec.model_copy(update={"budget": study(maxTrials=9).spec.budget})
    edited = one.model_copy(
        update={"spec": budget, "metadata": one.metadata.model_copy(update={"generation": 2})}
    )
    state.study_changed(edited)

    assert ending(state) is GOES_ON
    assert ending(State.of(edited, GOOD[:1])) is GOES_ON
