import random
from typing import Any

import pytest
from tests.builders import a_study
from tests.unit.report.studies import a_view, trial_document

from tunewright.api.trial import Trial
from tunewright.report import importance as module
from tunewright.report.importance import MIN_TRIALS, importance
from tunewright.report.view import StudyView

METRIC = "validation_accuracy"


def a_noisy_view(trials: int, parameters: list[dict[str, Any]], *, constant: bool = False) -> StudyView:
    """A study in which no parameter matters."""
    rng = random.Random(0)
    made = [
        trial_document(
            i,
            {p["name"]: rng.uniform(0, 1) for p in parameters},
            state="Completed",
            objectives={METRIC: 0.5 if constant else rng.random()},
            completionOrder=i,
        )
        for i in range(trials)
    ]
    objectives = [{"metric": METRIC, "direction": "maximize"}]
    study = a_study(objectives=objectives, parameters=parameters)
    return StudyView(study, [Trial.model_validate(document) for document in made], {})


UNIFORM = [{"name": name, "type": "float", "min": 0, "max": 1} for name in "abc"]


def test_what_matters_comes_first_and_is_clearly_above_zero() -> None:
    found = importance(a_view(120))
    assert found is not None
    assert next(iter(found.losses)) == "learning_rate"
    assert found.losses["learning_rate"] > 0.5
    assert found.losses["learning_rate"] > 4 * found.errors["learning_rate"]
    assert abs(found.losses["batch_size"]) < 0.1  # it has no effect at all
    assert 0.4 < found.r2 < 1
    assert found.trials == len(a_view(120).evaluated)
    assert found.library.startswith("scikit-learn ")


def test_of_noise_the_forest_learns_nothing() -> None:
    found = importance(a_noisy_view(60, UNIFORM))
    assert found is not None
    assert found.r2 < 0.1


def test_outliers_change_nothing() -> None:
    view = a_view(60)
    trials = [
        trial.model_copy(update={"status": trial.status.model_copy(update={"objectives": {METRIC: -1e30}})})
        if trial.name == view.ranked[-1]
        else trial
        for trial in view.searched
    ]
    worse = StudyView(view.study, trials, {})
    assert importance(worse) == importance(StudyView(view.study, view.searched, {}))


def test_too_few_trials_say_nothing() -> None:
    assert importance(a_noisy_view(MIN_TRIALS - 1, UNIFORM)) is None
    assert importance(a_noisy_view(MIN_TRIALS, UNIFORM)) is not None


def test_equal_values_say_nothing() -> None:
    assert importance(a_noisy_view(40, UNIFORM, constant=True)) is None


def test_several_objectives_share_a_rank() -> None:
    found = importance(a_view(80, latency=True))
    assert found is not None
    assert {"learning_rate", "width"} == set(list(found.losses)[:2])


def test_of_many_trials_or_parameters_a_sample_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_CELLS", 30 * len(UNIFORM))
    found = importance(a_noisy_view(60, UNIFORM))
    assert found is not None
    assert found.trials == 30


def test_a_value_that_the_edited_study_no_longer_has_is_no_error() -> None:
    view = a_view(40)
    narrowed = view.study.model_copy(
        update={"spec": view.study.spec.model_copy(update={"parameters": [
            p.model_copy(update={"values": ["sgd"]}) if p.name == "optimizer" else p
            for p in view.study.spec.parameters
        ]})}
    )  # fmt: skip
    assert importance(StudyView(narrowed, view.searched, {})) is not None
