"""What a study's parts answer. What is refused stands in test_documents.py."""

from typing import Any

import pytest

from tunewright.api.study import Objective, StudySpec
from tunewright.api.study_status import Phase
from tunewright.api.trial import TrialState
from tunewright.api.trial_definition import TrialDefinition


def objective(direction: str, **fields: Any) -> Objective:
    return Objective.model_validate({"metric": "a", "direction": direction, **fields})


@pytest.mark.parametrize(
    ("direction", "better", "worse"),
    [("maximize", 2.0, 1.0), ("minimize", 1.0, 2.0), ("minimize", -1.0, 0.0)],
)
def test_better(direction: str, better: float, worse: float) -> None:
    assert objective(direction).better(better, worse)
    assert not objective(direction).better(worse, better)
    assert not objective(direction).better(better, better)


@pytest.mark.parametrize(
    ("direction", "reached", "not_reached"),
    [("maximize", [0.9, 0.95], [0.899]), ("minimize", [0.9, 0.1], [0.901])],
)
def test_reached(direction: str, reached: list[float], not_reached: list[float]) -> None:
    with_target = objective(direction, target=0.9)
    assert all(with_target.reached(value) for value in reached)
    assert not any(with_target.reached(value) for value in not_reached)


def test_without_a_target_none_is_reached() -> None:
    assert not objective("maximize").reached(float("inf"))


@pytest.mark.parametrize(
    ("fields", "tests"),
    [
        ({"trainer": {"model": "mlp", "dataset": "digits"}}, True),
        ({"trainer": {"model": "mlp", "dataset": "digits"}, "finalTest": False}, False),
        ({"template": {}}, False),
        ({"template": {}, "finalTest": True}, True),
    ],
)
def test_whether_a_study_ends_with_test_evaluations(fields: dict[str, Any], tests: bool) -> None:
    assert TrialDefinition.model_validate(fields).tests is tests


def test_what_is_terminal() -> None:
    assert [phase for phase in Phase if phase.terminal] == [Phase.COMPLETED, Phase.FAILED]
    assert [state.value for state in TrialState if state.terminal] == ["Completed", "Stopped", "Failed"]


def test_trials_are_judged_by_the_metrics_of_objectives_and_constraints_each_once() -> None:
    spec = StudySpec.model_validate(
        {
            "objectives": [
                {"metric": "b", "direction": "minimize"},
                {"metric": "a", "direction": "maximize"},
            ],
            "constraints": [
                {"metric": "c", "max": 1},
                {"metric": "a", "min": 0.5},
                {"metric": "c", "min": 1},
            ],
            "parameters": [{"name": "x", "type": "bool"}],
        }
    )
    assert spec.judging == ["b", "a", "c"]


def test_budget_and_trial_are_needed_to_run_only() -> None:
    """A sampler is asked by `Optimizer` without either."""
    spec = StudySpec.model_validate(
        {
            "objectives": [{"metric": "a", "direction": "minimize"}],
            "parameters": [{"name": "x", "type": "bool"}],
        }
    )
    assert spec.budget is None
    assert spec.trial is None
    assert spec.algorithm.name == "auto"
    assert spec.initial.default
