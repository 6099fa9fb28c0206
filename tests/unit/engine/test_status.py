"""A study's status."""

from itertools import pairwise
from typing import Any

import pytest
from tests.builders import a_study, a_trial

from tunewright.api.problems import Problem
from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import Charges, ConditionType, Phase, StudyStatus
from tunewright.api.trial import MetricSummary, Purpose, Trial, TrialState
from tunewright.engine.actions import CreateTrial, Propose
from tunewright.engine.ending import Ending
from tunewright.engine.facts import Obstacle
from tunewright.engine.plan import plan
from tunewright.engine.reasons import StudyReason
from tunewright.engine.state import State
from tunewright.engine.status import MAX_FRONT, rejected, status_of

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
    for condition in found.conditions:
        holds = condition.status == "True"
        assert (condition.reason, condition.message) == (
            (found.reason, found.message) if holds else (found.phase.value, "")
        )
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
    assert (found.phase, found.reason) == (Phase.RUNNING, "ImagePullFailed")
    assert found.message == "no such image"
    testing = status(state, phase=Phase.TESTING, ending=DONE)
    assert (holding(testing), testing.reason) == (["Blocked"], "MaxTrialsReached")
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


def test_what_a_templates_test_measured_under_a_name_that_the_trial_had_used_is_named() -> None:
    study = a_study(trial={"template": {"spec": {}}, "finalTest": True})
    best = a_trial(1, accuracy=0.8)
    found = status(State.of(study, [best, evaluation_of(best, 0.75)]))

    assert found.best is not None
    assert found.best.test == {"test_accuracy": 0.75, "accuracy": 0.9}


def test_what_columns_show() -> None:
    trials = [
        a_trial(0, accuracy=0.98333),
        a_trial(1, state=TrialState.FAILED, completion_order=1),
        a_trial(2, state=TrialState.STOPPED, completion_order=2),
        a_trial(3, state=TrialState.RUNNING),
    ]
    found = status(State.of(a_study(), trials))

    assert found.progress == "3/10"
    assert found.best is not None
    assert found.best.summary == "accuracy=0.9833"


PROBLEMS = [
    Problem("spec.algorithm.name", "no sampler is named tep; did you mean tpe?"),
    Problem("spec.parameters", "circle"),
    Problem("spec.trial", "none"),
]


def test_a_study_that_cannot_be_run_has_failed_and_says_why() -> None:
    study = a_study(name="digits", status={"observedGeneration": 0})
    found = rejected(study, 5_000, PROBLEMS)

    assert (found.phase, found.reason) == (Phase.FAILED, "InvalidStudy")
    assert found.message == "spec.algorithm.name: no sampler is named tep; did you mean tpe? (and 2 more)"
    assert rejected(study, 5_000, PROBLEMS[:1]).message == str(PROBLEMS[0])
    assert holding(found) == ["Failed"]
    assert [condition.type for condition in found.conditions] == [kind.value for kind in ConditionType]
    [failed] = [condition for condition in found.conditions if condition.status == "True"]
    assert (failed.type, failed.reason, failed.message) == ("Failed", "InvalidStudy", found.message)
    assert (found.start_time, found.completion_time, found.observed_generation) == (None, 5_000, 1)
    again = study.model_copy(update={"status": found})
    assert rejected(again, 9_000, PROBLEMS) == found


def test_what_is_known_of_a_rejected_study_is_kept_and_it_goes_on_once_it_is_mended() -> None:
    running = carried_on(a_study(), (1_000, Phase.RUNNING, None))
    marks = {"next_index": 7, "charged": Charges(gpu_milliseconds=9), "departed": Charges(gpu_milliseconds=4)}
    study = a_study().model_copy(update={"status": running.model_copy(update=marks)})
    found = rejected(study, 4_000, PROBLEMS)
    assert found.model_dump(include={*marks}) == study.status.model_dump(include={*marks})
    assert (found.active_milliseconds, found.active_since) == (3_000, None)

    mended = study.model_copy(update={"status": found})
    decided = plan(State.of(mended), 60_000)
    assert [type(action) for action in decided.actions] == [Propose]
    status = decided.status
    assert (status.phase, status.reason, holding(status)) == (Phase.RUNNING, "Running", [])
    assert (status.start_time, status.completion_time) == (1_000, None)
    assert (status.active_milliseconds, status.active_since) == (3_000, 60_000)
    assert (status.next_index, status.charged) == (7, Charges(gpu_milliseconds=9))


def test_a_rejected_study_that_never_ran_begins_once_it_is_mended() -> None:
    study = a_study()
    mended = study.model_copy(update={"status": rejected(study, 4_000, PROBLEMS)})
    decided = plan(State.of(mended), 60_000)

    assert [type(action) for action in decided.actions] == [CreateTrial]
    assert (decided.status.start_time, decided.status.active_milliseconds) == (60_000, 0)


def test_a_study_that_is_over_stays_as_it_ended_until_it_is_edited_though_it_cannot_be_run_any_more() -> None:
    study = a_study()
    done = carried_on(study, (1_000, Phase.RUNNING, None), (9_000, Phase.COMPLETED, DONE))
    study = study.model_copy(update={"status": done})
    assert rejected(study, 12_000, PROBLEMS) == done

    edited = study.model_copy(update={"metadata": study.metadata.model_copy(update={"generation": 2})})
    found = rejected(edited, 12_000, PROBLEMS)
    assert (found.reason, found.observed_generation) == ("InvalidStudy", 2)


@pytest.mark.parametrize(
    "changes", [{"state": TrialState.FAILED}, {"objectives": {}}], ids=["failed", "without-values"]
)
def test_a_default_that_came_to_nothing_is_not_compared_with(changes: dict[str, Any]) -> None:
    default = a_trial(0, accuracy=0.5, purpose=Purpose.DEFAULT)
    default = default.model_copy(update={"status": default.status.model_copy(update=changes)})

    assert status(State.of(a_study(), [default])).default is None


@pytest.mark.parametrize("count", [3, MAX_FRONT, MAX_FRONT + 10, 997])
@pytest.mark.parametrize(("direction", "sign"), [("minimize", 1), ("maximize", -1)])
def test_with_several_objectives_the_front_is_named_evenly_up_to_a_bound(
    count: int, direction: str, sign: int
) -> None:
    study = a_study(
        objectives=[
            {"metric": "accuracy", "direction": "maximize"},
            {"metric": "size", "direction": direction},
        ]
    )
    trials = []
    for index in range(count):
        place = index * 7 % count  # indices say nothing of where in the front a trial is
        trial = a_trial(index, accuracy=place / count)
        objectives = {"accuracy": place / count, "size": sign * float(place)}
        update = {"status": trial.status.model_copy(update={"objectives": objectives})}
        trials.append(trial.model_copy(update=update))
    found = status(State.of(study, trials))

    indices = [member.index for member in found.pareto_front]
    assert len(indices) == min(count, MAX_FRONT)
    assert indices == sorted(set(indices))
    assert found.best in found.pareto_front
    assert found.best is not None
    assert found.best.objectives["accuracy"] == (count - 1) / count
    places = sorted(round(member.objectives["accuracy"] * count) for member in found.pareto_front)
    assert (places[0], places[-1]) == (0, count - 1)
    gaps = {later - earlier for earlier, later in pairwise(places)}
    assert max(gaps) - min(gaps) <= 1
    assert status(State.of(study, trials[::-1])) == found


def test_of_a_large_front_whose_best_are_equal_in_the_first_objective_the_first_is_named_too() -> None:
    objectives = [
        {"metric": "accuracy", "direction": "minimize"},
        {"metric": "size", "direction": "minimize"},
        {"metric": "time", "direction": "minimize"},
    ]
    trials = []
    for index in range(MAX_FRONT * 3):
        trial = a_trial(index, accuracy=0.5)
        values = {"accuracy": 0.5, "size": float(index), "time": -float(index)}
        if index == MAX_FRONT:
            values |= {"accuracy": 0.9, "size": -1.0}
        update = {"status": trial.status.model_copy(update={"objectives": values})}
        trials.append(trial.model_copy(update=update))
    found = status(State.of(a_study(objectives=objectives), trials))

    assert found.best is not None
    assert found.best.index == 0
    assert found.best in found.pareto_front


def test_the_high_water_marks_never_fall() -> None:
    marks = {"nextIndex": 7, "charged": {"gpuMilliseconds": 500, "failedTrials": 2}}
    found = status(State.of(a_study(status=marks), [a_trial(0)]))

    assert found.next_index == 7
    assert (found.charged.gpu_milliseconds, found.charged.failed_trials) == (500, 2)
