"""The story of one trial."""

from typing import Any

import pytest
from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view
from tests.unit.report.test_details import section
from tests.unit.report.test_story import MODEL, TRIALS, proposed

from tunewright.api.problems import InvalidInput
from tunewright.api.trial import Trial
from tunewright.report.trial_story import trial_story
from tunewright.report.view import StudyView

BEST = {
    "name": "digits-5",
    "index": 5,
    "parameters": {"learning_rate": 0.001, "optimizer": "adam"},
    "objectives": {},
}


def a_story(name: str, trials: list[Trial] = TRIALS, **spec: Any) -> str:
    return trial_story(StudyView(a_study(status={"best": BEST}, **spec), trials, {}), name)


def test_why_it_was_proposed_and_what_came_of_it() -> None:
    inputs = {"completed": 4, "pending": [4], "count": 1, "stage": 1}
    trial = proposed(5, 0.95, **MODEL, mean=0.9, acquisition=0.25, inputs=inputs)
    stages = [
        {"name": "rate", "parameters": ["learning_rate"], "maxTrials": 4},
        {"name": "refine", "narrow": 0.3},
    ]
    text = a_story("digits-5", [*TRIALS[:5], trial], stages=stages)

    assert text.splitlines()[0] == "digits-5: completed"
    assert section(text, "Why it was tried") == [
        "  Proposed by auto: model.",
        "  most improvement is expected there",
        "  Known then: 4 trials that had ended, and 1 that had not.",
        "  In stage refine.",
        "  Predicted of accuracy: 0.9 +- 0.01; acquisition 0.25.",
    ]
    assert section(text, "What came of it") == [
        "  accuracy 0.95",
        "  5 predicted deviations better than predicted.",
        "  Rank 1 of 5.",
    ]
    assert section(text, "What differs from the best") == ["  Nothing: it is the best."]


def test_what_was_tried_first() -> None:
    assert section(a_story("digits-0"), "Why it was tried") == ["  It is the default configuration."]
    assert section(a_story("digits-1"), "Why it was tried") == [
        "  It is one of the study's initial configurations."
    ]
    assert "The nearest trials before it" not in a_story("digits-0")


def test_a_failed_trial() -> None:
    text = a_story("digits-3")
    assert text.splitlines()[0] == "digits-3: failed, Hung"
    assert "What came of it" not in text


def test_the_nearest_trials_before_it_by_their_distance() -> None:
    def at(index: int, **parameters: object) -> Trial:
        return a_trial(index, accuracy=index / 10, parameters=parameters)

    trials = [
        at(0, learning_rate=1e-5, optimizer="adam"),
        at(1, learning_rate=0.011, optimizer="adam"),
        at(2, learning_rate=0.01, optimizer="sgd", momentum=0.5),
        at(3, learning_rate=0.3, optimizer="adam"),
        at(4, learning_rate=0.01, optimizer="adam"),
        at(5, learning_rate=0.01, optimizer="adam"),
    ]
    rows = [line.split() for line in section(a_story("digits-4", trials), "The nearest trials before it")[1:]]
    assert rows[0] == ["digits-1", "0.00", "0.1"]
    assert rows[1] == ["digits-3", "0.16", "0.3"]
    assert rows[2][0] == "digits-0"


def test_what_differs_from_the_best() -> None:
    trials = [*TRIALS[:6], a_trial(6, accuracy=0.1, parameters={"learning_rate": 0.1, "optimizer": "adam"})]
    rows = [line.split() for line in section(a_story("digits-6", trials), "What differs from the best")]
    assert rows == [["name", "here", "digits-5"], ["learning_rate", "0.1", "0.001"]]


def test_a_test_evaluation() -> None:
    view = a_view(40)
    assert view.best is not None
    text = trial_story(view, f"{view.best.name}-test")
    assert section(text, "Why it was tried") == [f"  To evaluate {view.best.name} on held-out test data."]


def test_a_trial_that_is_not_there() -> None:
    with pytest.raises(InvalidInput, match="has no trial named 'digits-99'"):
        a_story("digits-99")
