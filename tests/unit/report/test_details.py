import pytest
from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view

from tunewright.api.problems import InvalidInput
from tunewright.api.trial import Outcome, Trial, TrialState
from tunewright.report.details import details
from tunewright.report.view import StudyView


def section(text: str, title: str) -> list[str]:
    """The lines of a section, its heading left out."""
    lines = text.splitlines()
    start = lines.index(title) + 1
    end = lines.index("", start) if "" in lines[start:] else len(lines)
    return lines[start:end]


def test_the_best_trial_says_all() -> None:
    view = a_view(40)
    assert view.best is not None
    text = details(view, view.best.name)
    lines = text.splitlines()
    assert lines[0] == f"{view.best.name}: completed"
    assert lines[1] == "proposed by the sampler tpe, acquisition value 1.25; rank 1 of 32"
    assert section(text, "Parameters")[1].split() == ["learning_rate", "0.0673925580360608", "0.001"]
    assert section(text, "Attempts")[1].split()[:3] == ["1", "completed", "10s"]
    assert section(text, "Metrics")[0].split() == [
        "name", "last", "at", "step", "least", "at", "step", "greatest", "at", "step",
    ]  # fmt: skip
    assert section(text, "Test evaluation")[1].split() == ["test_accuracy", "0.9722", "0.9444", "+0.0278"]
    assert section(text, "Log") == [f"  .tunewright/digits/logs/{view.best.name}-1.log"]


def test_a_failed_trial_says_why() -> None:
    view = a_view(40)
    text = details(view, "digits-5f0c-1")
    assert text.splitlines()[0] == "digits-5f0c-1: failed, NotANumber: validation_loss was NaN or infinite"
    assert section(text, "Metrics") == ["  none was reported"]
    assert section(text, "Test evaluation") == ["  none"]


def test_every_attempt_is_told_with_its_reason() -> None:
    attempts = [
        {"number": 1, "outcome": Outcome.INTERRUPTED, "reason": "Disrupted", "message": "ended from outside"},
        {"number": 2, "started_at": 0, "ended_at": 61_000, "outcome": Outcome.COMPLETED},
    ]
    view = StudyView(a_study(), [a_trial(0, accuracy=0.9, attempts=attempts)], {})
    rows = section(details(view, "digits-0"), "Attempts")
    assert rows[1].split() == ["1", "interrupted", "-", "-", "Disrupted:", "ended", "from", "outside"]
    assert rows[2].split() == ["2", "completed", "1m1s", "1970-01-01", "00:00:00", "UTC"]


def test_a_pending_trial_without_a_default_trial_to_hold_it_against() -> None:
    view = StudyView(a_study(), [a_trial(0, state=TrialState.PENDING)], {})
    text = details(view, "digits-0")
    assert text.splitlines()[0] == "digits-0: pending"
    assert section(text, "Attempts") == ["  none has ended"]
    assert section(text, "Parameters")[1].split() == ["learning_rate", "0.001", "0.001"]


def test_a_prediction_is_told() -> None:
    document = a_trial(1).document()
    document["spec"]["proposal"] = {"sampler": "gp", "mean": 0.91, "deviation": 0.02}
    view = StudyView(a_study(), [Trial.model_validate(document)], {})
    assert details(view, "digits-1").splitlines()[1] == (
        "proposed by the sampler gp, which predicted 0.91 +- 0.02"
    )


def test_a_test_evaluation_names_its_source() -> None:
    view = a_view(40)
    text = details(view, "digits-5f0c-0-test")
    assert text.splitlines()[1] == "test evaluation of digits-5f0c-0"
    assert section(text, "Test evaluation") == ["  this is the one of digits-5f0c-0"]


def test_an_unknown_trial_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has no trial named 'x'"):
        details(a_view(2), "x")


def test_it_says_which_part_of_a_sampler_proposed_it_and_why() -> None:
    document = a_trial(3, accuracy=0.9).document()
    document["spec"]["proposal"] = {
        "sampler": "auto", "part": "trust region", "reason": "near the best", "mean": 0.88, "deviation": 0.02,
    }  # fmt: skip
    view = StudyView(a_study(), [Trial.model_validate(document)], {})
    assert details(view, "digits-3").splitlines()[1:3] == [
        "proposed by the sampler auto (trust region), which predicted 0.88 +- 0.02; rank 1 of 1",
        "near the best",
    ]
