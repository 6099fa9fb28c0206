"""A study's status."""

from typing import Any

import pytest
from tests.builders import a_study, a_trial

from tunewright.api.study import HyperparameterStudy, Phase, StudyStatus
from tunewright.api.trial import MetricSummary, Purpose, Trial, TrialState
from tunewright.engine.ending import Ending
from tunewright.engine.facts import Obstacle
from tunewright.engine.reasons import StudyReason
from tunewright.engine.state import State
from tunewright.engine.status import MAX_FRONT, status_of

DONE = Ending(Phase.COMPLETED, StudyReason.MAX_TRIALS_REACHED, "all 3 trials have ended")
LOST = Ending(Phase.FAILED, StudyReason.SAMPLER_FAILED, "no")


def status(
    state: State, now: int = 5_000, phase: Phase = Phase.RUNNING, ending: Ending | None = None
) -> StudyStatus:
    return status_of(state, now, phase, ending)


def carried_on(study: HyperparameterStudy, *times: tuple[int, Phase, Ending | None]) -> StudyStatus:
    """The status after one phase upon the other."""
    for now, phase, ending in times:
        study = study.model_copy(update={"status": status(State.of(study), now, phase, ending)})
    return study.status


def holding(status: StudyStatus) -> list[str]:
    return [condition.type for condition in status.conditions if condition.status == "True"]


@pytest.mark.parametrize(
    ("phase", "ending", "types"),
    [
        (Phase.RUNNING, None, []),
        (Phase.TESTING, DONE, []),
        (Phase.SUSPENDED, None, ["Suspended"]),
        (Phase.COMPLETED, DONE, ["Complete"]),
        (Phase.FAILED, LOST, ["Failed"]),
    ],
)
def test_the_conditions_follow_the_phase(phase: Phase, ending: Ending | None, types: list[str]) -> None:
    found = status(State.of(a_study()), phase=phase, ending=ending)

    assert holding(found) == types
    assert [condition.type for condition in found.conditions] == [
        "Complete",
        "Failed",
        "Suspended",
        "Blocked",
    ]
    assert {condition.reason for condition in found.conditions} == {found.reason}
    assert found.reason == (ending.reason if ending else phase.value)
    assert found.message == (ending.message if ending else "")


def test_a_condition_says_when_it_last_changed() -> None:
    study = a_study()
    found = carried_on(
        study, (1_000, Phase.RUNNING, None), (2_000, Phase.SUSPENDED, None), (3_000, Phase.SUSPENDED, None)
    )

    changed = {condition.type: condition.last_transition_time for condition in found.conditions}
    assert changed == {"Complete": 1_000, "Failed": 1_000, "Suspended": 2_000, "Blocked": 1_000}


def test_an_obstacle_is_a_condition_of_its_own_until_the_study_is_over() -> None:
    state = State.of(a_study())
    state.obstructed(Obstacle("ImagePullFailed", "no such image"))
    found = status(state)

    assert holding(found) == ["Blocked"]
    [blocked] = [condition for condition in found.conditions if condition.type == "Blocked"]
    assert (blocked.reason, blocked.message) == ("ImagePullFailed", "no such image")
    assert (found.phase, found.reason) == (Phase.RUNNING, "Running")
    assert {condition.reason for condition in found.conditions if condition != blocked} == {"Running"}
    assert holding(status(state, phase=Phase.COMPLETED, ending=DONE)) == ["Complete"]


def test_an_obstacle_that_changes_its_words_has_not_begun_anew() -> None:
    study = a_study()
    for now, obstacle in ((1_000, Obstacle("A", "a")), (2_000, Obstacle("B", "b")), (3_000, None)):
        state = State.of(study)
        state.obstructed(obstacle)
        study = study.model_copy(update={"status": status(state, now)})
        [blocked] = [condition for condition in study.status.conditions if condition.type == "Blocked"]

        assert blocked.last_transition_time == (1_000 if obstacle else 3_000)


def test_it_speaks_of_the_generation_that_it_saw() -> None:
    study = a_study()
    study = study.model_copy(update={"metadata": study.metadata.model_copy(update={"generation": 7})})
    found = status(State.of(study))

    assert found.observed_generation == 7
    assert {condition.observed_generation for condition in found.conditions} == {7}


def test_without_a_change_it_is_equal_at_any_time() -> None:
    study = a_study()
    for phase, ending in ((Phase.RUNNING, None), (Phase.SUSPENDED, None), (Phase.COMPLETED, DONE)):
        before = carried_on(study, (1_000, Phase.RUNNING, None), (2_000, phase, ending))
        state = State.of(study.model_copy(update={"status": before}))

        assert status(state, 9_000, phase, ending) == before


def test_start_and_completion() -> None:
    study = a_study()
    assert carried_on(study, (500, Phase.SUSPENDED, None)).start_time is None

    running = carried_on(study, (500, Phase.SUSPENDED, None), (1_000, Phase.RUNNING, None))
    assert (running.start_time, running.completion_time) == (1_000, None)

    done = carried_on(study, (1_000, Phase.RUNNING, None), (9_000, Phase.COMPLETED, DONE))
    assert (done.start_time, done.completion_time) == (1_000, 9_000)

    again = carried_on(
        study, (1_000, Phase.RUNNING, None), (9_000, Phase.COMPLETED, DONE), (12_000, Phase.RUNNING, None)
    )
    assert (again.start_time, again.completion_time) == (1_000, None)


def test_only_the_time_in_which_it_runs_or_tests_counts() -> None:
    found = carried_on(
        a_study(),
        (1_000, Phase.RUNNING, None),
        (3_000, Phase.SUSPENDED, None),
        (10_000, Phase.RUNNING, None),
        (11_000, Phase.TESTING, DONE),
        (15_000, Phase.COMPLETED, DONE),
        (99_000, Phase.COMPLETED, DONE),
    )

    assert (found.active_milliseconds, found.active_since) == (2_000 + 5_000, None)


def test_counts_by_state_leave_out_the_final_tests() -> None:
    trials = [
        a_trial(0, accuracy=0.5),
        a_trial(1, state=TrialState.FAILED, completion_order=1),
        a_trial(2, state=TrialState.STOPPED, completion_order=2),
        a_trial(3, state=TrialState.RUNNING),
        a_trial(4),
        a_trial(5),
        evaluation_of(a_trial(0, accuracy=0.5), 0.4),
    ]
    counts = status(State.of(a_study(), trials)).trials

    assert counts.model_dump() == {
        "created": 6,
        "pending": 2,
        "running": 1,
        "completed": 1,
        "stopped": 1,
        "failed": 1,
    }


def evaluation_of(source: Trial, accuracy: float, **more: float) -> Trial:
    """The final test evaluation of a trial, which has ended last."""
    metrics = {"test_accuracy": accuracy, "accuracy": 0.9, **more}
    trial = a_trial(source.spec.index, accuracy=0.9, purpose=Purpose.FINAL_TEST)
    summaries = {
        name: MetricSummary(last=v, last_step=1, min=v, min_step=1, max=v, max_step=1)
        for name, v in metrics.items()
    }
    update = {"metrics": summaries, "completion_order": 99}
    return trial.model_copy(
        update={
            "metadata": trial.metadata.model_copy(update={"name": f"{source.name}-test"}),
            "spec": trial.spec.model_copy(update={"source": source.name}),
            "status": trial.status.model_copy(update=update),
        }
    )


def test_the_best_and_the_default_are_named_with_what_their_tests_measured_beyond_them() -> None:
    default = a_trial(0, accuracy=0.5, purpose=Purpose.DEFAULT)
    best = a_trial(1, accuracy=0.8, parameters={"learning_rate": 0.1, "optimizer": "adam"})
    found = status(
        State.of(a_study(), [default, best, evaluation_of(best, 0.75), evaluation_of(default, 0.45)])
    )

    assert found.best is not None
    assert found.default is not None
    assert (found.best.name, found.best.index, found.best.parameters) == (best.name, 1, best.spec.parameters)
    assert (found.best.objectives, found.best.test) == ({"accuracy": 0.8}, {"test_accuracy": 0.75})
    assert (found.default.name, found.default.test) == (default.name, {"test_accuracy": 0.45})
    assert found.pareto_front == []


@pytest.mark.parametrize(
    "changes", [{"state": TrialState.FAILED}, {"objectives": {}}], ids=["failed", "without-values"]
)
def test_a_default_that_came_to_nothing_is_not_compared_with(changes: dict[str, Any]) -> None:
    default = a_trial(0, accuracy=0.5, purpose=Purpose.DEFAULT)
    default = default.model_copy(update={"status": default.status.model_copy(update=changes)})

    assert status(State.of(a_study(), [default])).default is None


def test_with_several_objectives_the_front_is_named_up_to_a_bound() -> None:
    study = a_study(
        objectives=[
            {"metric": "accuracy", "direction": "maximize"},
            {"metric": "size", "direction": "minimize"},
        ]
    )
    trials = []
    for index in range(MAX_FRONT + 10):
        trial = a_trial(index, accuracy=index / 100)
        objectives = {"accuracy": index / 100, "size": float(index)}
        update = {"status": trial.status.model_copy(update={"objectives": objectives})}
        trials.append(trial.model_copy(update=update))
    found = status(State.of(study, trials))

    assert [member.index for member in found.pareto_front] == list(range(MAX_FRONT))
    assert found.best is not None
    assert found.best.index == MAX_FRONT + 9


def test_the_high_water_marks_never_fall() -> None:
    marks = {"nextIndex": 7, "charged": {"gpuMilliseconds": 500, "failedTrials": 2}}
    found = status(State.of(a_study(status=marks), [a_trial(0)]))

    assert found.next_index == 7
    assert (found.charged.gpu_milliseconds, found.charged.failed_trials) == (500, 2)
