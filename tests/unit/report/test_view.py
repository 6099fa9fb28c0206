import math
import subprocess
import sys

import pytest
from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_test, a_view, with_status

from tunewright.api.problems import InvalidInput
from tunewright.api.trial import TrialState
from tunewright.report.view import StudyView


def test_tests_are_no_part_of_the_history() -> None:
    view = a_view(5)
    assert [trial.spec.index for trial in view.searched] == [0, 1, 2, 3, 4]
    assert len(view.trials) == 7
    assert len(view.ended) == 5
    assert set(view.tests) == {view.default.name, view.best.name}  # type: ignore[union-attr]


def test_ended_trials_come_in_the_order_of_their_ends() -> None:
    trials = [
        a_trial(0, accuracy=0.5, completion_order=2),
        a_trial(1, accuracy=0.6, completion_order=0),
        a_trial(2),
        a_trial(3, state=TrialState.FAILED, completion_order=1),
    ]
    view = StudyView(a_study(), trials, {})
    assert [trial.spec.index for trial in view.ended] == [1, 3, 0]


def test_a_trial_without_a_finite_value_of_every_objective_is_not_evaluated() -> None:
    trials = [
        a_trial(0, accuracy=0.5),
        a_trial(1, accuracy=math.nan),
        a_trial(2, state=TrialState.COMPLETED, completion_order=2),
        a_trial(3, state=TrialState.FAILED, objectives={"accuracy": 0.9}, completion_order=3),
        a_trial(4, state=TrialState.STOPPED, objectives={"accuracy": 0.4}, completion_order=4),
        a_trial(5, state=TrialState.RUNNING, objectives={"accuracy": 0.99}),
    ]
    assert StudyView(a_study(), trials, {}).evaluated == {"digits-0": (0.5,), "digits-4": (0.4,)}


def test_equal_values_share_their_rank() -> None:
    trials = [a_trial(i, accuracy=value) for i, value in enumerate((0.5, 0.7, 0.5, 0.9))]
    view = StudyView(a_study(), trials, {})
    assert view.ranks == {"digits-0": 2.5, "digits-1": 1, "digits-2": 2.5, "digits-3": 0}
    assert view.ranked[:2] == ["digits-3", "digits-1"]


def test_rank_of_several_objectives_is_the_mean_and_the_front_comes_first() -> None:
    objectives = [
        {"metric": "accuracy", "direction": "maximize"},
        {"metric": "loss", "direction": "minimize"},
    ]
    values = [(0.9, 9.0), (0.8, 1.0), (0.5, 2.0), (0.7, 8.0)]
    trials = [
        a_trial(i, state=TrialState.COMPLETED, objectives={"accuracy": a, "loss": b}, completion_order=i)
        for i, (a, b) in enumerate(values)
    ]
    view = with_status(a_study(objectives=objectives), trials, {})
    assert view.ranks == {"digits-0": 1.5, "digits-1": 0.5, "digits-2": 2.0, "digits-3": 2.0}
    assert set(view.ranked[:2]) == {"digits-0", "digits-1"}


def test_metrics_hold_the_objective_as_the_trial_s_value() -> None:
    trial = a_trial(0, accuracy=0.9, objectives={"accuracy": 0.95})
    assert StudyView(a_study(), [trial], {}).metrics(trial) == {"accuracy": 0.95}


def test_test_metrics_leave_out_what_the_trial_reported_itself() -> None:
    trial = a_trial(0, accuracy=0.9)
    tested = a_test(trial, {"accuracy": 0.9, "test_accuracy": 0.88})
    assert StudyView(a_study(), [trial, tested], {}).test(trial.name) == {"test_accuracy": 0.88}
    only_again = a_test(trial, {"accuracy": 0.85})
    assert StudyView(a_study(), [trial, only_again], {}).test(trial.name) == {"accuracy": 0.85}
    assert StudyView(a_study(), [trial], {}).test(trial.name) == {}


def test_an_unknown_trial_is_refused_in_one_line() -> None:
    with pytest.raises(InvalidInput) as refused:
        a_view(3).trial("digits-99")
    assert refused.value.lines() == [
        "study digits has no trial named 'digits-99'; its trials go from digits-5f0c-0 to digits-5f0c-2"
    ]
    with pytest.raises(InvalidInput, match="it has no trials yet"):
        a_view(0).trial("digits-0")


@pytest.mark.parametrize("module", ["view", "tables", "records", "details", "summary"])
def test_what_the_commands_import_is_light(module: str) -> None:
    code = (
        f"import sys, tunewright.report.{module};"
        "print([m for m in ('plotly', 'optuna', 'numpy', 'sklearn', 'scipy') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
