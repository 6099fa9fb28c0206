"""What is planned, in the cases that are easily forgotten; `test_guarantees` has the rest."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.builders import a_study, a_trial
from tests.unit.engine.simulation import NEVER, Fate, Script, Simulation, all_well

from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import Phase
from tunewright.api.trial import Purpose, Stop, Trial, TrialState
from tunewright.engine.actions import CreateTrial, Propose, RecordTrial, StartAttempt, StopAttempt
from tunewright.engine.facts import AttemptKey, Cause, Execution, Exit, Obstacle
from tunewright.engine.plan import plan
from tunewright.engine.state import State
from tunewright.metrics.curves import summary_of
from tunewright.search.sampler import NoSettings, Sampler
from tunewright.search.samplers.grid import GridSampler
from tunewright.search.samplers.random import RandomSampler

IMAGE = Obstacle("ImagePullFailed", "no such image")
INTERRUPTED = Fate(runs=2_000, code=None, cause=Cause.DISRUPTED, final=None)


def a_small_study(*, tests: bool = True, target: float | None = None, **budget: Any) -> HyperparameterStudy:
    return a_study(
        objectives=[{"metric": "accuracy", "direction": "maximize", "target": target}],
        parameters=[{"name": "layers", "type": "int", "min": 1, "max": 50, "default": 3}],
        budget={"maxTrials": 4, "parallelism": 2, **budget},
        trial={
            "trainer": {"model": "mlp", "dataset": "digits"},
            "gracePeriod": "1s",
            "progressDeadline": "30s",
            "finalTest": tests,
        },
    )


def scripted(*fates: Fate, rest: Script = all_well) -> Script:
    """What becomes of the first trials' first attempts; the others go as `rest` says."""

    def script(key: AttemptKey, grace: int) -> Fate:
        index = int(key.trial.rsplit("-", 1)[1])
        first = key.number == 1 and "test" not in key.trial
        return fates[index] if first and index < len(fates) else rest(key, grace)

    return script


def trials(home: Simulation, wanted: Callable[[Trial], bool] = lambda trial: True) -> list[Trial]:
    return sorted(filter(wanted, home.trials.values()), key=lambda trial: (trial.spec.index, trial.name))


def so_far(home: Simulation) -> int:
    """Milliseconds since the study began."""
    assert home.study.status.start_time is not None
    return home.now - home.study.status.start_time


def is_test(trial: Trial) -> bool:
    return trial.spec.purpose is Purpose.FINAL_TEST


def ended(home: Simulation) -> list[tuple[int, str, str]]:
    """Index, state and reason of the trials of the search."""
    return [
        (trial.spec.index, trial.status.state.value, trial.status.reason)
        for trial in trials(home, lambda trial: not is_test(trial))
    ]


def test_a_study_that_goes_well() -> None:
    home = Simulation(a_small_study())
    assert home.run() is Phase.COMPLETED

    status = home.study.status
    assert status.reason == "MaxTrialsReached"
    assert ended(home) == [(index, "Completed", "") for index in range(4)]
    assert [trial.spec.purpose for trial in trials(home)][:2] == [Purpose.DEFAULT, Purpose.FINAL_TEST]
    assert status.best is not None
    assert status.best.index == 3
    assert {t.spec.source for t in trials(home, is_test)} == {trials(home)[0].name, status.best.name}
    assert so_far(home) == 30_000  # two rounds of two trials, and the tests


def test_the_best_is_tested_once_where_it_is_the_default() -> None:
    home = Simulation(a_small_study(maxTrials=1))
    home.run()

    assert len(trials(home, is_test)) == 1


def test_the_best_is_tested_first_for_what_is_left_may_do_for_one() -> None:
    home = Simulation(a_small_study(parallelism=1, maxTrials=2, maxDuration="40s"))
    home.run()

    best, default = home.study.status.best, home.study.status.default
    assert best is not None
    assert default is not None
    tests = {test.spec.index: test.status.state for test in trials(home, is_test)}
    assert tests == {best.index: TrialState.COMPLETED, default.index: TrialState.STOPPED}
    assert home.study.status.message.endswith(f"the final test of {default.name}")


def test_both_tests_share_what_is_left() -> None:
    home = Simulation(a_small_study(maxTrials=2, maxGpuHours=0.02), gpus=1)
    home.advance(10_000)

    limits = [process.limit for process in home.living]
    assert limits == [(72_000 - 20_000) // 2 - 2_000] * 2


def test_no_test_where_none_is_wanted() -> None:
    home = Simulation(a_small_study(tests=False))
    home.run()

    assert trials(home, is_test) == []


def test_a_test_that_no_budget_is_left_for_is_left_out_and_the_study_says_so() -> None:
    home = Simulation(a_small_study(maxDuration="12s", maxTrials=1))
    assert home.run() is Phase.COMPLETED

    assert trials(home, is_test) == []
    assert home.study.status.reason == "MaxTrialsReached"
    name = trials(home)[0].name
    assert (
        home.study.status.message == f"every trial has ended; no budget was left for the final test of {name}"
    )


def test_a_test_that_the_budget_ends_counts_as_left_out_too() -> None:
    home = Simulation(a_small_study(maxDuration="16s", maxTrials=1))
    assert home.run() is Phase.COMPLETED

    assert [test.status.state for test in trials(home, is_test)] == [TrialState.STOPPED]
    assert "no budget was left for the final test of" in home.study.status.message


def test_a_test_that_the_budget_ended_is_repeated_once_there_is_room() -> None:
    home = Simulation(a_small_study(maxDuration="16s", maxTrials=1))
    home.run()
    home.edit(max_duration=600)
    assert home.run() is Phase.COMPLETED

    tests = trials(home, is_test)
    assert [test.status.state for test in tests] == [TrialState.STOPPED, TrialState.COMPLETED]
    assert tests[1].name == f"{tests[0].name}-1"
    assert home.study.status.message == "every trial has ended"


def test_a_test_that_was_created_and_cannot_begin_ends() -> None:
    home = Simulation(a_small_study(maxTrials=2, parallelism=1, maxGpuHours=0.01), gpus=1)
    home.advance(25_000)
    assert [test.status.state for test in trials(home, is_test)] == [TrialState.PENDING, TrialState.RUNNING]
    home.edit(max_gpu_hours=0.007)
    assert home.run() is Phase.COMPLETED

    reasons = {test.spec.index: (test.status.state, test.status.reason) for test in trials(home, is_test)}
    assert reasons[0] == (TrialState.STOPPED, "BudgetExhausted")
    assert reasons[1] == (TrialState.STOPPED, "MaxGpuHoursReached")


def test_a_study_that_fails_while_it_tests_tests_no_more() -> None:
    failing = Fate(code=1)
    home = Simulation(a_small_study(parallelism=1, maxTrials=2), scripted(Fate(), failing, rest=all_well))
    home.advance(20_000)
    assert home.study.status.phase is Phase.TESTING
    home.edit(max_failed_trials=0)
    assert home.run() is Phase.FAILED

    assert home.study.status.reason == "TooManyFailedTrials"
    assert [test.status.reason for test in trials(home, is_test)] == ["TooManyFailedTrials"]


def test_a_waiting_test_of_a_study_that_fails_does_not_begin() -> None:
    best = Fate(value=0.9)
    home = Simulation(a_small_study(parallelism=1, maxTrials=3), scripted(Fate(), best, Fate(code=1)))
    home.advance(30_000)
    begun = len(home.attempts_begun)
    home.edit(max_failed_trials=0)
    home.run()

    assert len(home.attempts_begun) == begun
    assert {test.status.state for test in trials(home, is_test)} == {TrialState.STOPPED}


def test_more_failures_than_allowed_stop_what_runs() -> None:
    home = Simulation(a_small_study(maxFailedTrials=0), scripted(Fate(code=1, runs=2_000), Fate(runs=60_000)))
    assert home.run() is Phase.FAILED

    assert ended(home) == [(0, "Failed", "NonZeroExit"), (1, "Stopped", "TooManyFailedTrials")]


def test_a_target_stops_what_runs_and_ends_what_waits() -> None:
    rest = [Fate(runs=60_000), Fate(runs=500, code=143, final=False)]
    home = Simulation(a_small_study(target=0.5, parallelism=3), scripted(Fate(value=0.6, runs=500), *rest))
    assert home.run() is Phase.COMPLETED

    assert home.study.status.reason == "TargetReached"
    assert ended(home) == [
        (0, "Completed", ""),
        (1, "Stopped", "TargetReached"),
        (2, "Stopped", "TargetReached"),
    ]


def test_a_lowered_number_of_trials_lets_those_that_exist_end() -> None:
    home = Simulation(a_small_study(parallelism=4))
    home.settle()
    home.edit(max_trials=2)
    home.run()

    assert [state for _, state, _ in ended(home)] == ["Completed"] * 4
    assert home.study.status.reason == "MaxTrialsReached"


def test_a_lowered_parallelism_waits_for_what_runs() -> None:
    home = Simulation(a_small_study(parallelism=4, maxTrials=6))
    home.settle()
    home.edit(parallelism=1)
    home.advance(9_999)
    assert len(home.living) == 4
    home.advance(1)
    assert len(home.living) == 1


def test_a_raised_budget_opens_a_completed_study_again() -> None:
    home = Simulation(a_small_study(maxTrials=2))
    home.run()
    home.edit(max_trials=3)
    home.settle()
    assert home.study.status.phase is Phase.RUNNING
    assert home.study.status.completion_time is None
    home.run()

    assert len(ended(home)) == 3
    assert {test.spec.index for test in trials(home, is_test)} == {0, 1, 2}


def test_what_was_asked_after_a_final_test_can_be_asked_again() -> None:
    home = Simulation(a_small_study(maxTrials=2))
    home.run()
    home.edit(max_trials=4)
    home.run()
    home.check_replay()

    third = trials(home, lambda trial: trial.spec.index == 2 and not is_test(trial))[0]
    assert third.spec.proposal.inputs is not None
    assert third.spec.proposal.inputs.completed == 4


def test_a_suspended_trial_goes_on_from_where_it_was() -> None:
    home = Simulation(a_small_study(maxTrials=1, tests=False), scripted(Fate(runs=60_000)))
    home.advance(5_000)
    home.suspend()
    home.advance(5_000)
    assert home.study.status.phase is Phase.SUSPENDED
    assert ended(home) == [(0, "Pending", "Suspended")]
    home.suspend(False)
    home.run()

    assert [attempt.outcome for attempt in trials(home)[0].status.attempts] == ["stopped", "completed"]


def test_suspended_time_does_not_count() -> None:
    home = Simulation(a_small_study(maxTrials=1, tests=False), scripted(Fate(runs=60_000)))
    home.advance(5_000)
    home.suspend()
    home.advance(500_000)
    home.suspend(False)
    home.settle()
    assert home.study.status.active_milliseconds == 5_000
    home.advance(1_000)
    home.suspend()
    home.settle()

    assert home.study.status.active_milliseconds == 6_000


def test_an_answer_that_comes_while_suspended_is_kept() -> None:
    home = Simulation(a_small_study(), instant=False)
    home.settle()
    home.suspend()
    home.advance(10_000)
    home.answer()
    home.settle()
    assert len(home.trials) == 1
    home.suspend(False)
    home.settle()

    assert len(home.trials) == 2
    assert home.proposals == 1


def test_a_study_that_is_over_stays_so_though_it_is_suspended() -> None:
    home = Simulation(a_small_study(maxTrials=1, tests=False))
    home.run()
    home.suspend()

    assert home.settle().status.phase is Phase.COMPLETED


def test_a_trial_that_hangs_is_ended() -> None:
    hanging = Fate(runs=NEVER, reports=2, takes=1_000)
    home = Simulation(a_small_study(maxTrials=2, tests=False), scripted(hanging))
    home.run()

    assert ended(home)[0] == (0, "Failed", "Hung")
    assert trials(home)[0].status.message == "it reported nothing for 30 s"
    assert so_far(home) == 2_000 + 30_000 + 1_000


def test_an_attempt_that_waits_for_its_place_does_not_hang() -> None:
    home = Simulation(a_small_study(maxTrials=1, tests=False), scripted(Fate(waits=100_000)))
    home.run()

    assert ended(home) == [(0, "Completed", "")]


def test_a_trial_that_diverges_is_ended_at_once() -> None:
    diverging = Fate(runs=10_000, reports=1, not_finite=True)

    class Diverging(Fate):
        def reported_after(self, number: int) -> int:
            return 3_000

    home = Simulation(a_small_study(maxTrials=2, tests=False), scripted(Diverging(**vars(diverging))))
    home.run()

    assert ended(home)[0] == (0, "Failed", "NotANumber")
    attempt = trials(home)[0].status.attempts[0]
    assert attempt.started_at is not None
    assert attempt.ended_at == attempt.started_at + 3_500


def test_an_exhausted_space_ends_the_study() -> None:
    study = a_study(
        parameters=[{"name": "layers", "type": "int", "min": 1, "max": 3}],
        budget={"maxTrials": 9, "parallelism": 2},
    )
    home = Simulation(study, sampler=GridSampler(GridSampler.settings_model()))
    home.run()

    assert home.study.status.reason == "SpaceExhausted"
    assert len(ended(home)) == 3


def test_a_sampler_that_raises_an_error_fails_the_study_and_stops_what_runs() -> None:
    home = Simulation(a_small_study(), sampler=ValueError("no such luck"))
    assert home.run() is Phase.FAILED

    assert (home.study.status.reason, home.study.status.message) == ("SamplerFailed", "no such luck")
    assert ended(home) == [(0, "Stopped", "SamplerFailed")]


def test_a_restart_does_not_open_a_study_that_is_over() -> None:
    for sampler in (GridSampler(GridSampler.settings_model()), ValueError("no")):
        study = a_study(parameters=[{"name": "layers", "type": "int", "min": 1, "max": 2}])
        home = Simulation(study, sampler=sampler)
        home.run()
        before, proposals = home.study, home.proposals
        home.sleep(5_000)
        home.settle()

        assert home.study == before
        assert home.proposals == proposals


def test_a_deleted_running_trial_makes_place_for_another() -> None:
    home = Simulation(a_small_study(), gpus=1)
    home.advance(4_000)
    home.delete(trials(home)[0].name)
    home.settle()
    assert home.study.status.charged.gpu_milliseconds == 4_000
    assert len(home.living) == 2
    home.run()

    assert [index for index, *_ in ended(home)] == [1, 2, 3]
    assert home.study.status.trials.created == 4


def test_an_interrupted_trial_begins_again_until_it_was_too_often() -> None:
    def script(key: AttemptKey, grace: int) -> Fate:
        return Fate(code=None, cause=Cause.DISRUPTED, final=None)

    home = Simulation(a_small_study(maxTrials=1, maxAttempts=2), script)
    assert home.run() is Phase.FAILED

    assert ended(home) == [(0, "Failed", "TooManyInterruptions")]
    assert len(home.attempts_begun) == 2


def test_a_cancelled_study_stops_what_runs_ends_what_waits_and_has_failed() -> None:
    home = Simulation(
        a_small_study(parallelism=3), scripted(Fate(), Fate(runs=NEVER), Fate(waits=NEVER), INTERRUPTED)
    )
    home.advance(15_000)
    home.cancel()
    home.run()

    status = home.study.status
    assert (status.phase, status.reason, status.message) == (Phase.FAILED, "Cancelled", "cancelled")
    assert ended(home)[0] == (0, "Completed", "")
    assert {end[1:] for end in ended(home)[1:]} == {("Stopped", "Cancelled")}
    assert trials(home, is_test) == []
    begun = len(home.attempts_begun)
    home.sleep(60_000)
    home.check()
    assert len(home.attempts_begun) == begun


def test_a_study_that_is_cancelled_before_it_begins_never_begins() -> None:
    study = a_small_study()
    cancelled = study.model_copy(update={"spec": study.spec.model_copy(update={"cancel": True})})
    home = Simulation(cancelled)

    assert home.run() is Phase.FAILED
    assert (home.trials, home.proposals, home.study.status.start_time) == ({}, 0, None)


def test_cancelling_wins_over_suspending() -> None:
    home = Simulation(a_small_study(), scripted(Fate(runs=NEVER), Fate(runs=NEVER)))
    home.advance(5_000)
    home.suspend()
    home.advance(5_000)
    assert home.study.status.phase is Phase.SUSPENDED
    home.cancel()
    home.settle()

    assert (home.study.status.phase, home.study.status.reason) == (Phase.FAILED, "Cancelled")
    assert ended(home) == [(0, "Stopped", "Cancelled"), (1, "Stopped", "Cancelled")]


def test_cancelling_ends_the_final_tests() -> None:
    home = Simulation(a_small_study(parallelism=1, maxTrials=2))
    home.advance(25_000)
    assert home.study.status.phase is Phase.TESTING
    home.cancel()
    home.run()

    assert home.study.status.reason == "Cancelled"
    assert {test.status.reason for test in trials(home, is_test)} == {"Cancelled"}


def test_a_study_that_was_cancelled_stays_so_though_all_its_trials_have_ended() -> None:
    home = Simulation(a_small_study(maxTrials=2, tests=False), scripted(Fate(), Fate(runs=NEVER)))
    home.advance(15_000)
    home.cancel()
    home.run()
    assert [state for _, state, _ in ended(home)] == ["Completed", "Stopped"]
    home.sleep(1_000)

    assert home.settle().status.reason == "Cancelled"


def test_cancelling_may_be_taken_back() -> None:
    home = Simulation(a_small_study(), scripted(Fate(), Fate(runs=NEVER)))
    home.advance(15_000)
    home.cancel()
    home.advance(60_000)
    home.cancel(False)
    assert home.run() is Phase.COMPLETED

    assert [state for _, state, _ in ended(home)] == ["Completed", "Stopped", "Stopped", "Completed"]
    assert home.study.status.reason == "MaxTrialsReached"
    assert trials(home, is_test)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(
    ("layers", "sampler", "reason"),
    [
        (50, RandomSampler(NoSettings()), "MaxTrialsReached"),
        (2, GridSampler(GridSampler.settings_model()), "SpaceExhausted"),
        (50, ValueError("no"), "SamplerFailed"),
    ],
)
def test_what_was_over_before_it_was_cancelled_stays_as_it_ended(
    layers: int, sampler: Sampler | Exception, reason: str, restarted: bool
) -> None:
    parameters = [{"name": "layers", "type": "int", "min": 1, "max": layers}]
    home = Simulation(a_study(parameters=parameters, budget={"maxTrials": 4}), sampler=sampler)
    phase = home.run()
    before = home.study.status
    assert before.reason == reason
    home.cancel()
    if restarted:
        home.restart()
    home.check()

    assert (home.study.status.phase, home.study.status.reason) == (phase, reason)
    assert home.study.status.message == before.message
    assert home.study.status.completion_time == before.completion_time


def test_what_would_be_opened_again_by_its_budget_is_not_while_it_is_cancelled() -> None:
    home = Simulation(a_small_study(maxTrials=2))
    home.run()
    home.cancel()
    home.edit(max_trials=4)
    home.settle()
    assert home.study.status.reason == "Cancelled"
    home.cancel(False)
    home.run()

    assert len(ended(home)) == 4


def test_a_test_that_there_is_budget_for_again_does_not_begin_while_the_study_is_cancelled() -> None:
    home = Simulation(a_small_study(maxDuration="16s", maxTrials=1))
    home.run()
    home.cancel()
    home.edit(max_duration=600)
    home.settle()

    assert home.study.status.reason == "Cancelled"
    assert len(trials(home, is_test)) == 1


@pytest.mark.parametrize(("second", "state"), [(Fate(), "Completed"), (INTERRUPTED, "Failed")])
def test_fewer_attempts_allowed_leave_a_trial_that_waits_the_one_it_waits_for(
    second: Fate, state: str
) -> None:
    study = a_small_study(maxTrials=1, tests=False)
    home = Simulation(study, scripted(INTERRUPTED, rest=lambda key, grace: second))
    home.advance(1_000)
    home.obstruct(IMAGE)
    home.advance(5_000)
    home.edit(max_attempts=1)
    home.obstruct(None)
    home.run()

    assert ended(home)[0][:2] == (0, state)


def test_nothing_begins_while_something_stands_in_the_way_and_all_goes_on_once_it_is_gone() -> None:
    home = Simulation(a_small_study(tests=False))
    home.obstruct(IMAGE)
    home.advance(60_000)
    assert home.study.status.phase is Phase.RUNNING
    assert (home.trials, home.processes, home.proposals) == ({}, {}, 0)
    home.obstruct(None)
    home.advance(1_000)
    assert len(home.living) == 2
    home.obstruct(IMAGE)
    home.advance(60_000)
    assert [state for _, state, _ in ended(home)] == ["Completed"] * 2
    home.obstruct(None)
    home.run()

    assert len(ended(home)) == 4


def test_what_stands_in_the_way_of_a_final_test_keeps_the_study_testing() -> None:
    home = Simulation(a_small_study(maxTrials=1))
    home.advance(9_000)
    home.obstruct(IMAGE)
    home.advance(60_000)
    assert home.study.status.phase is Phase.TESTING
    assert trials(home, is_test) == []
    home.obstruct(None)
    home.run()

    assert len(trials(home, is_test)) == 1


def test_time_goes_on_while_something_stands_in_the_way() -> None:
    home = Simulation(a_small_study(maxDuration="60s"))
    home.advance(1_000)
    home.obstruct(IMAGE)
    home.advance(100_000)

    assert home.study.status.phase is Phase.COMPLETED
    assert home.study.status.reason == "MaxDurationReached"


def test_a_trial_that_waits_before_an_obstacle_ends_when_the_time_is_up() -> None:
    interrupted = Fate(code=None, cause=Cause.DISRUPTED, final=None)
    home = Simulation(a_small_study(maxTrials=1, maxDuration="60s"), scripted(interrupted))
    home.advance(5_000)
    home.obstruct(IMAGE)
    home.advance(30_000)
    assert ended(home) == [(0, "Pending", "Disrupted")]
    home.advance(60_000)

    assert ended(home) == [(0, "Stopped", "MaxDurationReached")]
    assert home.study.status.phase is Phase.COMPLETED


def test_a_final_test_that_waits_before_an_obstacle_ends_when_the_time_is_up() -> None:
    home = Simulation(a_small_study(maxTrials=2, parallelism=1, maxDuration="60s"))
    home.advance(25_000)
    home.obstruct(IMAGE)
    home.advance(60_000)

    states = {test.spec.index: test.status.state for test in trials(home, is_test)}
    assert states == {0: TrialState.STOPPED, 1: TrialState.COMPLETED}
    assert home.study.status.phase is Phase.COMPLETED


def test_a_running_attempt_is_stopped_though_something_stands_in_the_way() -> None:
    home = Simulation(a_small_study(), scripted(Fate(runs=NEVER), Fate(runs=NEVER)))
    home.advance(5_000)
    home.obstruct(IMAGE)
    home.suspend()
    home.advance(5_000)

    assert home.study.status.phase is Phase.SUSPENDED
    assert not home.living


def test_what_a_stop_is_decided_by_is_written_with_it() -> None:
    running = a_trial(0, state=TrialState.RUNNING)
    points = [(1, 0.5), (2, 0.25)]
    execution = Execution(
        AttemptKey("digits-0", 1),
        started_at=0,
        metrics={"accuracy": summary_of(points)},
        curves={"accuracy": points},
    )
    record = plan(State.of(a_study(suspend=True), [running], [execution]), 0).actions[0]

    assert isinstance(record, RecordTrial)
    status = record.trial.status
    assert status.stop == Stop(attempt=1, reason="Suspended", message="the study was suspended")
    assert status.metrics == execution.metrics
    assert (status.objectives, status.curves) == ({"accuracy": 0.5}, {"accuracy": points})
    assert status.state is TrialState.RUNNING


def test_a_request_to_stop_is_written_before_it_is_made_and_made_again_after_a_restart() -> None:
    stop = Stop(attempt=1, reason="Suspended")
    running = a_trial(0, state=TrialState.RUNNING)
    asked = a_trial(0, state=TrialState.RUNNING, stop=stop)
    execution = Execution(AttemptKey("digits-0", 1), started_at=0)
    study = a_study(suspend=True)

    first = plan(State.of(study, [running], [execution]), 0).actions
    assert [type(action) for action in first] == [RecordTrial, StopAttempt]
    again = plan(State.of(study, [asked], [execution]), 0).actions
    assert again == (StopAttempt(execution.key, "Suspended"),)
    assert plan(State.of(study, [asked], [replace(execution, stopping=True)]), 0).actions == ()


def test_ends_are_recorded_in_the_order_in_which_they_came() -> None:
    running = [a_trial(index, state=TrialState.RUNNING) for index in range(3)]
    ends = [
        Execution(AttemptKey(trial.name, 1), started_at=0, exit=Exit(at, 1))
        for trial, at in zip(running, (500, 300, 300), strict=True)
    ]
    actions = plan(State.of(a_study(), running, ends), 1_000).actions

    orders = [
        (a.trial.spec.index, a.trial.status.completion_order) for a in actions if isinstance(a, RecordTrial)
    ]
    assert orders == [(1, 0), (2, 1), (0, 2)]


def test_what_is_left_of_an_answer_is_used_when_there_is_place_again() -> None:
    home = Simulation(a_small_study(parallelism=4, maxTrials=4), instant=False)
    home.settle()
    home.edit(parallelism=2)
    home.answer()
    home.settle()
    assert len(home.trials) == 2
    home.run()

    assert len(ended(home)) == 4
    assert home.proposals == 1


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_half_used_answer_is_asked_for_again_after_a_restart(place: int) -> None:
    study = a_small_study(parallelism=4, maxTrials=4)
    uncut = Simulation(study)
    uncut.settle()
    home = Simulation(study, instant=False)
    home.settle()
    home.answer()
    created = [a.trial for a in plan(home.state, home.now).actions if isinstance(a, CreateTrial)]
    assert len(created) == 3
    for trial in created[:place]:
        home.trials[trial.name] = home.ever[trial.name] = trial
    home.restart()
    home.instant = True
    home.settle()

    assert {t.name: t.spec for t in trials(home)} == {t.name: t.spec for t in trials(uncut)}


def test_a_half_used_answer_whose_pending_trials_are_gone_is_not_asked_for_again() -> None:
    home = Simulation(a_small_study(parallelism=4, maxTrials=9), instant=False)
    home.settle()
    home.answer()
    created = [a.trial for a in plan(home.state, home.now).actions if isinstance(a, CreateTrial)]
    home.trials[created[0].name] = home.ever[created[0].name] = created[0]
    del home.trials[trials(home)[0].name]
    home.restart()
    questions = [a for a in plan(home.state, home.now).actions if isinstance(a, Propose)]

    assert [question.request.count for question in questions] == [3]


def test_no_trial_is_created_that_there_is_no_room_for_beside_what_begins() -> None:
    done = a_trial(0, accuracy=0.5)
    for left, kinds in ((3_001, [StartAttempt]), (6_001, [StartAttempt, Propose])):
        study = a_small_study(tests=False, maxGpuHours=left / 3_600_000)
        actions = plan(State.of(study, [done, a_trial(1)], gpus=1), 0).actions

        assert [type(action) for action in actions] == kinds


def test_attempts_begin_in_the_order_of_their_trials() -> None:
    state = State.of(a_small_study(parallelism=4), [a_trial(index) for index in (2, 0, 1)])
    actions = plan(state, 0).actions

    begun = [action.key.trial for action in actions if isinstance(action, StartAttempt)]
    assert begun == ["digits-0", "digits-1", "digits-2"]


def test_a_clock_that_is_set_back_stops_nothing() -> None:
    home = Simulation(a_small_study(maxDuration="300s"))
    home.advance(5_000)
    home.set_clock(-100_000)
    assert home.run() is Phase.COMPLETED

    assert [state for _, state, _ in ended(home)] == ["Completed"] * 4


def test_while_it_waits_for_nothing_but_the_sampler_the_home_is_woken_for_the_budget() -> None:
    home = Simulation(a_small_study(maxDuration="60s"), instant=False)
    home.advance(20_000)
    assert home.state.asked is not None
    wake_at = home.settle().wake_at

    assert wake_at is not None
    assert wake_at - home.now + so_far(home) == 60_000 - 2_000
