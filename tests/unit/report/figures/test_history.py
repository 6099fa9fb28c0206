import math
from typing import Any

import plotly.graph_objects as go
from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view, with_status

from tunewright.api.trial import TrialState
from tunewright.report.figures.history import MAX_TRIALS, history
from tunewright.report.view import StudyView


def traces(view: StudyView) -> dict[str, go.Scatter]:
    plot = history(view).plot
    assert plot is not None
    return {trace.name: trace for trace in plot.data}


def test_the_line_is_the_best_so_far() -> None:
    values = (0.5, 0.4, 0.7, 0.6)
    view = with_status(a_study(), [a_trial(i, accuracy=value) for i, value in enumerate(values)], {})
    line = traces(view)["best so far"]
    assert list(zip(line.x, line.y, strict=True)) == [(1, 0.5), (3, 0.7), (4, 0.7)]


def test_less_is_better_where_the_study_says_so() -> None:
    study = a_study(objectives=[{"metric": "accuracy", "direction": "minimize"}])
    view = with_status(study, [a_trial(i, accuracy=value) for i, value in enumerate((0.5, 0.7, 0.4))], {})
    assert list(traces(view)["best so far"].y) == [0.5, 0.4, 0.4]


def test_trials_are_marked_by_what_became_of_them() -> None:
    found = traces(a_view(40))
    assert set(found) == {"best so far", "completed", "failed, no value", "default", "best"}
    assert len(found["completed"].x) == 32
    assert len(found["failed, no value"].x) == 8
    assert len(set(found["failed, no value"].y)) == 1
    assert list(found["default"].x) == [1]
    assert list(found["best"].x) == [27]
    assert "digits-5f0c-26" in found["best"].text[0]


def test_stopped_trials_are_hollow() -> None:
    trials = [
        a_trial(0, accuracy=0.5),
        a_trial(1, state=TrialState.STOPPED, objectives={"accuracy": 0.3}, completion_order=1),
    ]
    assert traces(with_status(a_study(), trials, {}))["stopped early"].marker.symbol == ("circle-open",)


def test_an_outlier_is_drawn_at_the_edge_and_said() -> None:
    values = [0.9 + i / 1000 for i in range(20)] + [-1e9]
    view = with_status(a_study(), [a_trial(i, accuracy=value) for i, value in enumerate(values)], {})
    completed = traces(view)["completed"]
    assert 0 < completed.y[-1] < 0.9
    assert completed.marker.symbol[-2:] == ("circle", "triangle-down")
    assert "Triangles at the edge are 1 value beyond it" in history(view).caption


def test_of_very_many_trials_some_are_drawn_and_the_line_takes_in_all() -> None:
    trials = [a_trial(i, accuracy=1 - 1 / (i + 1)) for i in range(MAX_TRIALS + 1_000)]
    view = with_status(a_study(), trials, {})
    found = traces(view)
    assert len(found["completed"].x) == MAX_TRIALS
    assert found["best so far"].y[-1] == trials[-1].status.objectives["accuracy"]
    assert "2,000 of 3,000 trials are drawn" in history(view).caption


def test_several_objectives_have_a_plot_each() -> None:
    plot = history(a_view(40, latency=True)).plot
    assert plot is not None
    assert [plot.layout.yaxis.title.text, plot.layout.yaxis2.title.text] == ["validation_accuracy", "latency"]


def test_only_failures() -> None:
    trials = [a_trial(i, state=TrialState.FAILED, completion_order=i) for i in range(3)]
    assert set(traces(with_status(a_study(), trials, {}))) == {"failed, no value"}


def test_nothing_ended() -> None:
    drawing = history(with_status(a_study(), [a_trial(0, state=TrialState.RUNNING)], {}))
    assert (drawing.plot, drawing.caption) == (None, "No trial has ended yet.")


def test_a_value_that_is_no_number_is_drawn_as_none() -> None:
    trials: list[Any] = [a_trial(0, accuracy=0.5), a_trial(1, accuracy=math.nan)]
    assert len(traces(with_status(a_study(), trials, {}))["failed, no value"].x) == 1
