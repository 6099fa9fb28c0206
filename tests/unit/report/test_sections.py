from typing import Any
from xml.etree.ElementTree import Element

from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view, with_status

from tunewright.api.trial import Outcome, Trial, TrialState
from tunewright.report import sections
from tunewright.report.view import StudyView


def text_of(parts: list[Element]) -> str:
    """All text of the elements, each piece after a blank."""
    return " ".join(piece for part in parts for piece in part.itertext() if piece)


def rows_of(parts: list[Element]) -> list[list[str]]:
    """The cells of all body rows of the tables."""
    return [
        ["".join(cell.itertext()) for cell in row] for part in parts for row in part.findall(".//tbody/tr")
    ]


def test_the_headline_tells_results_and_budgets() -> None:
    text = text_of(sections.headline(a_view(40)))
    for piece in (
        "Study digits",
        "Completed: max trials reached.",
        "validation_accuracy of the best 0.971982 default 0.936378 +0.0356, better",
        "test_accuracy of the best, held-out test 0.9722 default 0.9444 +0.0278, better",
        "trials 40 of 40; 32 completed, 8 failed",
        "failed trials 8 of 40 that may fail",
        "wall-clock time 6m of 2h",
    ):
        assert piece in text


def test_the_gpu_budget_is_shown_where_there_is_one() -> None:
    spec: dict[str, Any] = {"budget": {"maxTrials": 4, "maxGpuHours": 8}}
    view = StudyView(a_study(status={"charged": {"gpuMilliseconds": 7_200_000}}, **spec), [], {})
    parts = sections.headline(view)
    assert "GPU time 2 GPU-hours of 8 GPU-hours" in text_of(parts)
    assert [p.get("value") for part in parts for p in part.iter("progress")] == ["0.000", "0.250"]
    assert "GPU" not in text_of(sections.headline(a_view(3)))


def test_the_comparison_tells_differences_in_words() -> None:
    rows = rows_of(sections.comparison(a_view(40)))
    assert ["test_accuracy", "held-out test data", "0.9722", "0.9444", "+0.0278, better"] in rows
    assert ["optimizer", "sgd", "adam", "sgd instead of adam", "one of sgd, adam, adamw"] in rows
    assert rows[3][-1] == "a number from 1e-05 to 0.3, log scale"


def test_failures_are_grouped_by_reason_the_most_frequent_first() -> None:
    rows = rows_of(sections.failures(a_view(40)))
    assert [(row[0], row[1]) for row in rows] == [("NotANumber", "6"), ("NonZeroExit", "1"), ("Hung", "1")]
    assert rows[1][2] == "it exited with code 1: RuntimeError: expected 64 features, got 32"
    assert rows[1][3] == "digits-5f0c-7"


def test_of_very_many_failures_some_are_named() -> None:
    trials = [
        a_trial(i, state=TrialState.FAILED, reason="Hung", message=f"message {i}", completion_order=i)
        for i in range(25)
    ]
    row = rows_of(sections.failures(StudyView(a_study(), trials, {})))[0]
    assert row[2] == "message 0 (and 24 other messages)"
    assert row[3].endswith("digits-19 and 5 more")


def test_interrupted_attempts_are_told_though_nothing_failed() -> None:
    attempts = [{"number": 1, "outcome": Outcome.INTERRUPTED, "reason": "Disrupted"}]
    view = StudyView(a_study(), [a_trial(0, accuracy=0.9, attempts=attempts)], {})
    assert text_of(sections.failures(view)) == "No trial has failed. 1 attempt interrupted (Disrupted)."


def test_all_trials_come_best_first_with_the_gap_and_the_flag() -> None:
    view = a_view(40)
    parts = sections.all_trials(view)
    headings = ["".join(cell.itertext()) for cell in parts[0].findall(".//thead/tr/th")]
    assert headings[:7] == [
        "trial", "rank", "state", "validation_accuracy", "generalization_gap", "overfitting", "time",
    ]  # fmt: skip
    rows = rows_of(parts)
    assert len(rows) == 40
    assert rows[0][:7] == ["digits-5f0c-26", "1", "Completed", "0.971982", "0.0639786", "no", "10s"]
    assert rows[-1][1] == rows[-1][3] == ""
    # Nothing was predicted of them, and no reasons were given.
    assert headings[-1] == "from"
    assert {row[-1] for row in rows} == {"default configuration", "tpe"}


def test_all_trials_say_what_was_predicted_and_why_they_were_proposed() -> None:
    document = a_trial(3, accuracy=0.9).document()
    proposal = {"sampler": "auto", "part": "model", "reason": "near the best", "mean": 0.88}
    document["spec"]["proposal"] = {**proposal, "deviation": 0.02}
    trials = [a_trial(0, accuracy=0.5), Trial.model_validate(document)]
    parts = sections.all_trials(StudyView(a_study(), trials, {}))
    headings = ["".join(cell.itertext()) for cell in parts[0].findall(".//thead/tr/th")]
    assert headings[-3:] == ["from", "predicted", "why"]
    assert rows_of(parts)[0][-3:] == ["auto: model", "0.88 +- 0.02", "near the best"]
    assert rows_of(parts)[1][-3:] == ["sampler", "", ""]


def test_of_very_many_trials_the_best_and_the_latest_are_listed() -> None:
    view = a_view(1_200)
    parts = sections.all_trials(view)
    assert len(rows_of(parts)) == sections.MAX_ROWS
    assert "1,000 of 1,200 trials" in text_of(parts)


def test_the_stages_say_why_they_looked_just_there() -> None:
    reasons = ["x: fixed at 3, as in the best of 4 trials", "y: 0..1 narrowed to 0.2..0.4"]
    status = {"stages": [{"name": "refine", "firstIndex": 4, "trials": 6, "reasons": reasons}]}
    rows = rows_of(sections.stages(StudyView(a_study(status=status), [], {})))
    assert rows == [["refine", "4", "6", "; ".join(reasons)]]


def test_the_front_of_several_objectives() -> None:
    view = a_view(60, latency=True)
    rows = rows_of(sections.front(view))
    assert len(rows) == len(view.front) == 5
    assert [float(row[1]) for row in rows] == sorted((float(row[1]) for row in rows), reverse=True)


def test_empty_studies_say_so() -> None:
    view = a_view(0)
    assert "there is no best configuration" in text_of(sections.headline(view))
    assert text_of(sections.comparison(view)) == "There is no best configuration to compare."
    assert text_of(sections.failures(view)) == "No trial has failed."
    assert text_of(sections.all_trials(view)) == "There are no trials yet."


def test_the_default_as_the_best_is_said() -> None:
    view = with_status(a_study(), [a_trial(0, accuracy=0.9)], {})
    assert "The default configuration is the best one: nothing better was found." in text_of(
        sections.headline(view)
    )
