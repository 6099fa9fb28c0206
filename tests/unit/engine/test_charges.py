"""What trials cost, and what the sampler is told of them: the second table of docs/rules.md."""

from dataclasses import replace

import pytest
from tests.builders import a_study, a_trial

from tunewright.api.study_status import Charges
from tunewright.api.trial import MetricSummary, Purpose, Stop, Trial, TrialState
from tunewright.engine.charges import charges_of, difference, greater, total
from tunewright.engine.facts import AttemptKey, Cause, Execution, Exit
from tunewright.engine.outcomes import settle
from tunewright.engine.state import State
from tunewright.search.history import Evaluated

REPORTED = {"accuracy": MetricSummary(last=0.5, last_step=1, min=0.4, min_step=2, max=0.7, max_step=3)}
STUDY = a_study(budget={"maxTrials": 9, "maxAttempts": 2})
PENDING, NOTHING = "pending", "nothing"
FAILURE = Evaluated(a_trial().spec.parameters, None)
VALUES = Evaluated(a_trial().spec.parameters, (0.7,), duration=4.0)

WELL = Exit(5_000, 0, final=True)
TERMINATED = Exit(5_000, 143, final=False)


def told(state: State) -> object:
    """What the sampler is told of a study's one trial."""
    if state.searching():
        return PENDING
    return state.tally.history[0] if len(state.tally.history) else NOTHING


@pytest.mark.parametrize("testing", [False, True])
@pytest.mark.parametrize(
    ("exit", "asked", "reported", "failed", "expected"),
    [
        pytest.param(WELL, None, True, 0, VALUES, id="completed"),
        pytest.param(TERMINATED, "Suspended", True, 0, PENDING, id="suspended"),
        pytest.param(TERMINATED, "TargetReached", True, 0, VALUES, id="stopped"),
        pytest.param(TERMINATED, "TargetReached", False, 0, FAILURE, id="stopped-without-values"),
        pytest.param(replace(WELL, cause=Cause.DEADLINE), None, True, 0, VALUES, id="limited"),
        pytest.param(replace(WELL, cause=Cause.DISRUPTED), None, True, 0, PENDING, id="interrupted"),
        pytest.param(Exit(5_000, 1), None, True, 1, FAILURE, id="failed"),
        pytest.param(WELL, None, False, 1, FAILURE, id="failed-without-values"),
    ],
)
def test_what_an_attempt_costs(
    exit: Exit, asked: str | None, reported: bool, failed: int, expected: object, testing: bool
) -> None:
    running = a_trial(
        0,
        purpose=Purpose.FINAL_TEST if testing else Purpose.SEARCH,
        state=TrialState.RUNNING,
        stop=Stop(attempt=1, reason=asked) if asked else None,
    )
    if testing:
        running = running.model_copy(update={"spec": running.spec.model_copy(update={"source": "digits-0"})})
    execution = Execution(
        AttemptKey(running.name, 1), started_at=1_000, gpus=2, metrics=REPORTED if reported else {}, exit=exit
    )
    state = State.of(STUDY, [running], [execution], gpus=2)
    assert state.charges == Charges()
    state.trial_changed(settle(execution, running, STUDY.spec, 0))

    assert state.charges.gpu_milliseconds == 8_000
    assert state.charges.failed_trials == (0 if testing else failed)
    assert told(state) == (NOTHING if testing else expected)


def test_a_trial_counts_when_it_is_created_and_an_evaluation_does_not() -> None:
    state = State.of(STUDY)
    state.trial_changed(a_trial(0))
    assert state.next_index == 1

    evaluation = a_trial(5, purpose=Purpose.FINAL_TEST)
    state.trial_changed(evaluation)
    assert state.next_index == 1
    assert [trial.spec.index for trial in state.searching()] == [0]


def interrupted(trial: Trial, number: int, reason: Cause) -> Trial:
    exit = Exit(number * 1_000, None, reason)
    return settle(Execution(AttemptKey(trial.name, number), exit=exit), trial, STUDY.spec, 0)


def test_only_interrupted_attempts_count_towards_the_most_that_a_trial_may_have() -> None:
    trial = a_trial(0)
    once = interrupted(trial, 1, Cause.DISRUPTED)
    assert once.status.state is TrialState.PENDING
    assert interrupted(once, 2, Cause.DISRUPTED).status.state is TrialState.FAILED


def test_a_trial_that_fails_by_interruptions_is_charged_as_a_failure() -> None:
    failed = interrupted(interrupted(a_trial(0), 1, Cause.DISRUPTED), 2, Cause.DISRUPTED)

    assert charges_of(failed).failed_trials == 1


def test_sums_and_high_water_marks() -> None:
    one, other = Charges(gpu_milliseconds=5, failed_trials=1), Charges(gpu_milliseconds=3, failed_trials=2)

    assert total(one, other) == Charges(gpu_milliseconds=8, failed_trials=3)
    assert difference(one, other) == Charges(gpu_milliseconds=2, failed_trials=-1)
    assert greater(one, other) == Charges(gpu_milliseconds=5, failed_trials=2)
