import plotly.graph_objects as go
import pytest
from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view, with_status

from tunewright.api.trial import TrialState
from tunewright.report.figures.pareto import pareto_front


@pytest.mark.parametrize(
    ("directions", "values", "shape"),
    [
        (("maximize", "minimize"), [(0.9, 9.0), (0.8, 1.0), (0.5, 2.0)], "vh"),
        (("minimize", "minimize"), [(0.1, 9.0), (0.2, 1.0), (0.5, 2.0)], "hv"),
    ],
)
def test_the_front_is_joined_by_a_staircase_on_the_worse_side(
    directions: tuple[str, str], values: list[tuple[float, float]], shape: str
) -> None:
    objectives = [{"metric": m, "direction": d} for m, d in zip(("a", "b"), directions, strict=True)]
    trials = [
        a_trial(i, state=TrialState.COMPLETED, objectives={"a": a, "b": b}, completion_order=i)
        for i, (a, b) in enumerate(values)
    ]
    plot = pareto_front(with_status(a_study(objectives=objectives), trials, {})).plot
    assert plot is not None
    stairs = next(trace for trace in plot.data if trace.mode == "lines")
    assert stairs.line.shape == shape
    assert sorted(zip(stairs.x, stairs.y, strict=True)) == sorted(values[:2])


def test_all_trials_are_in_the_plane() -> None:
    view = a_view(60, latency=True)
    drawing = pareto_front(view)
    assert drawing.plot is not None
    found: dict[str, go.Scatter] = {trace.name: trace for trace in drawing.plot.data if trace.name}
    assert len(found["Pareto front"].x) == 5
    assert len(found["default"].x) == 1
    assert len(found["other trials"].x) == len(view.evaluated) - 6
    assert drawing.plot.layout.yaxis.title.text == "latency (less is better)"


def test_it_is_for_two_objectives() -> None:
    assert pareto_front(a_view(5)).plot is None


def test_nothing_evaluated() -> None:
    assert pareto_front(a_view(0, latency=True)).plot is None
