from math import log

import plotly.graph_objects as go
import pytest
from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view, with_status

from tunewright.api.trial import TrialState
from tunewright.report.figures.parallel import MAX_PARAMETERS, MAX_TRIALS, parallel_coordinates
from tunewright.report.view import StudyView


def traces(view: StudyView) -> dict[str, go.Scatter]:
    plot = parallel_coordinates(view).plot
    assert plot is not None
    return {trace.name: trace for trace in plot.data}


def test_lines_are_graded_by_how_good_their_trials_are() -> None:
    assert list(traces(a_view(40))) == [
        "failed, no value (8)", "the rest", "next 7", "best 4", "default", "best",
    ]  # fmt: skip


def test_a_line_goes_through_the_axes_and_ends_in_a_gap() -> None:
    line = traces(a_view(40))["default"]
    assert list(line.x) == [0, 1, 2, 3, 4, 5, 6, 7, 8, None]
    assert line.y[0] == pytest.approx(log(1e-3 / 1e-5) / log(0.3 / 1e-5))
    assert line.y[3] < 0  # momentum is not active
    assert line.y[-1] is None


def test_a_log_axis_is_one_here_too() -> None:
    parameters = [{"name": "x", "type": "float", "min": 1e-4, "max": 1, "scale": "log"}]
    view = with_status(a_study(parameters=parameters), [a_trial(0, accuracy=0.5, parameters={"x": 0.01})], {})
    assert abs(traces(view)["best"].y[0] - 0.5) < 1e-9


def test_failed_lines_wait_in_the_legend() -> None:
    assert traces(a_view(40))["failed, no value (8)"].visible == "legendonly"
    only = [a_trial(i, state=TrialState.FAILED, completion_order=i) for i in range(2)]
    assert traces(with_status(a_study(), only, {}))["failed, no value (2)"].visible is True


def test_several_objectives_set_the_front_apart() -> None:
    found = traces(a_view(60, latency=True))
    assert list(found)[1:] == ["other trials", "default", "Pareto front"]
    assert max(x for x in found["default"].x if x is not None) == 9


def test_of_very_many_trials_the_best_and_the_latest_are_drawn() -> None:
    view = a_view(MAX_TRIALS + 100)
    graded = [trace for name, trace in traces(view).items() if name not in ("default", "best")]
    assert sum(list(trace.x).count(None) for trace in graded) == MAX_TRIALS
    assert "1,000 of 1,100 trials are drawn" in parallel_coordinates(view).caption


def test_of_very_many_parameters_the_important_are_drawn() -> None:
    parameters = [{"name": f"p{i}", "type": "float", "min": 0, "max": 1} for i in range(40)]
    trial = a_trial(0, accuracy=0.5, parameters={f"p{i}": 0.5 for i in range(40)})
    view = with_status(a_study(parameters=parameters), [trial], {})
    drawing = parallel_coordinates(view, ["p39", "p7"])
    assert drawing.plot is not None
    titles = [a.text for a in drawing.plot.layout.annotations if a.text.startswith("<b>")]
    assert len(titles) == MAX_PARAMETERS + 1
    assert "<b>p39</b>" in titles
    assert "<b>p14</b>" not in titles
    assert "15 of 40 parameters are drawn" in drawing.caption


def test_a_category_is_escaped() -> None:
    parameters = [{"name": "x", "type": "categorical", "values": ["<b>", "b"]}]
    view = with_status(
        a_study(parameters=parameters), [a_trial(0, accuracy=0.5, parameters={"x": "<b>"})], {}
    )
    plot = parallel_coordinates(view).plot
    assert plot is not None
    assert "&lt;b&gt;" in [annotation.text for annotation in plot.layout.annotations]


def test_nothing_ended() -> None:
    assert parallel_coordinates(a_view(0)).plot is None
