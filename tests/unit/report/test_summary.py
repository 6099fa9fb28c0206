from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view, with_status

from tunewright.report.summary import closing_summary, elapsed, why_ended
from tunewright.report.view import StudyView


def test_the_summary_of_a_study() -> None:
    assert closing_summary(a_view(40)).splitlines() == [
        "digits completed: max trials reached",
        "40 trials: 32 completed, 8 failed; 6m",
        "",
        "Best configuration: digits-5f0c-26",
        "  learning_rate  0.0673926  default 0.001",
        "  batch_size     145        default 64",
        "  optimizer      sgd        default adam",
        "  momentum       0.0216309  not active in the default",
        "  width          64",
        "  dropout        0.385943   default 0.2",
        "  batch_norm     true       default false",
        "  beta2          0.961496   default 0.999",
        "",
        "                                     best   default  difference",
        "validation_accuracy (objective)  0.971982  0.936378  +0.0356, better",
        "test_accuracy (held-out test)      0.9722    0.9444  +0.0278, better",
        "test_loss (held-out test)          0.0278    0.0556  -0.0278",
    ]


def test_colour_highlights_only_what_differs() -> None:
    text = closing_summary(a_view(40), colour=True)
    assert "\x1b[1;32msgd" in text
    assert "\x1b[2m64" in text


def test_the_default_as_the_best_is_said() -> None:
    view = with_status(a_study(), [a_trial(0, accuracy=0.9), a_trial(1, accuracy=0.5)], {})
    assert "It is the default configuration: nothing better was found." in closing_summary(view)


def test_a_study_that_tests_nothing_says_so() -> None:
    status = {"best": {"name": "digits-0", "index": 0, "parameters": {}, "objectives": {"accuracy": 0.9}}}
    view = StudyView(a_study(status=status), [a_trial(0, accuracy=0.9)], {})
    assert closing_summary(view).splitlines()[-1] == "no held-out test evaluation"


def test_a_study_without_any_value() -> None:
    text = closing_summary(a_view(0))
    assert text.splitlines() == [
        "digits completed: max trials reached",
        "0 trials; 0.0s",
        "",
        "No trial has a value of every objective, so there is no best configuration.",
    ]


def test_several_objectives_name_the_front() -> None:
    assert "Pareto front of 5 configurations; the best in validation_accuracy: " in closing_summary(
        a_view(60, latency=True)
    )


def test_why_a_study_ended() -> None:
    status = {"phase": "Failed", "reason": "TooManyFailedTrials", "message": "6 trials failed"}
    assert (
        why_ended(StudyView(a_study(status=status), [], {}))
        == "failed: too many failed trials (6 trials failed)"
    )
    assert (
        why_ended(StudyView(a_study(status={"phase": "Running", "reason": "Running"}), [], {})) == "running"
    )


def test_elapsed_time_needs_no_clock() -> None:
    running = {"phase": "Running", "activeSince": 0, "activeMilliseconds": 5000}
    assert elapsed(StudyView(a_study(status=running), [], {})) == "running since 1970-01-01 00:00:00 UTC"
    ended = {"phase": "Completed", "activeMilliseconds": 125_000, "charged": {"gpuMilliseconds": 3_600_000}}
    view = StudyView(a_study(status=ended), [], {})
    assert closing_summary(view).splitlines()[1] == "0 trials; 2m5s, 1 GPU-hour"
