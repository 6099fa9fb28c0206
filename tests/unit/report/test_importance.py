import random
from typing import Any

import pytest
from tests.builders import a_study
from tests.unit.report.studies import a_view, trial_document

from tunewright.api.trial import Trial
from tunewright.report import importance as module
from tunewright.report.importance import MIN_TRIALS, Importance, advice, importance
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
    assert next(iter(found.effects)) == "learning_rate"
    rate, batch = found.effects["learning_rate"], found.effects["batch_size"]
    assert rate.share > 0.4
    assert rate.clear
    assert rate.loss > 4 * rate.loss_error
    assert abs(batch.loss) < 0.1  # it has no effect at all
    assert not batch.clear
    assert "batch_size" in found.negligible
    assert not {"learning_rate", "optimizer", "width"} & set(found.negligible)
    assert 0.4 < found.r2 < 1
    assert found.trials == len(a_view(120).evaluated)
    assert found.library.startswith("Optuna ")


def test_of_noise_the_forest_learns_nothing() -> None:
    found = importance(a_noisy_view(60, UNIFORM))
    assert found is not None
    assert not found.learned
    assert found.negligible == []
    assert advice(found) == []


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
    assert {"learning_rate", "width"} == set(list(found.effects)[:2])


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


def shaped(trials: int, value: Any, low: float = 0.0) -> Importance:
    """Of a study whose metric is a function of a, b and c; c from `low` to 1."""
    rng = random.Random(1)
    view = a_noisy_view(trials, UNIFORM)
    made = []
    for trial in view.searched:
        parameters = {"a": rng.random(), "b": rng.random(), "c": rng.uniform(low, 1)}
        spec = trial.spec.model_copy(update={"parameters": parameters})
        status = trial.status.model_copy(update={"objectives": {METRIC: value(**parameters)}})
        made.append(trial.model_copy(update={"spec": spec, "status": status}))
    found = importance(StudyView(view.study, made, {}))
    assert found is not None
    return found


def test_what_two_parameters_do_only_together_is_told() -> None:
    found = shaped(100, lambda a, b, c: (a - 0.5) * (b - 0.5))
    assert list(found.pairs) == [("a", "b")]
    assert found.pairs["a", "b"] > 0.2
    # Neither says anything by itself, and both matter.
    assert found.effects["a"].clear
    assert found.effects["b"].clear
    assert found.negligible == ["c"]
    assert advice(found)[0].startswith("Explained only by two together: a and b (")


def test_what_was_hardly_varied_is_not_said_to_be_negligible() -> None:
    assert shaped(60, lambda a, b, c: a + b).negligible == ["c"]
    assert shaped(60, lambda a, b, c: a + b, low=0.9).negligible == []
