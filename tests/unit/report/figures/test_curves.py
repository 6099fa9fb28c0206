import math

import plotly.graph_objects as go
from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view, with_status

from tunewright.report.figures.curves import MAX_METRICS, MAX_POINTS, MAX_TRIALS, learning_curves
from tunewright.report.view import StudyView


def plot_of(view: StudyView) -> go.Figure:
    plot = learning_curves(view).plot
    assert plot is not None
    return plot


def titles(plot: go.Figure) -> list[str]:
    return [annotation.text for annotation in plot.layout.annotations]


def test_the_best_and_the_default_are_in_front_and_the_others_faint() -> None:
    plot = plot_of(a_view(40))
    first = [trace for trace in plot.data if trace.xaxis == "x"]
    assert [trace.name for trace in first[-2:]] == ["default", "best"]
    assert {trace.name for trace in first[:-2]} == {"other trials"}
    assert first[-1].opacity == 1
    assert first[0].opacity < 1
    assert "digits-5f0c-26" in first[-1].text
    assert sum(bool(trace.showlegend) for trace in plot.data) == 3


def test_objectives_come_first_then_their_like_then_losses() -> None:
    curve = [(1, 0.5), (2, 0.6)]
    names = ("gap", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    study = a_study(objectives=[{"metric": "validation_accuracy", "direction": "maximize"}])
    view = with_status(study, [a_trial(0)], {"digits-0": dict.fromkeys(names, curve)})
    assert titles(plot_of(view)) == ["validation_accuracy", "train_accuracy", "validation_loss", "train_loss"]
    assert len(titles(plot_of(view))) == MAX_METRICS
    assert "At most 4 metrics are drawn" in learning_curves(view).caption


def test_plots_of_the_same_quantity_share_their_range() -> None:
    view = a_view(40)
    plot = plot_of(view)
    assert titles(plot)[1:] == ["validation_loss", "train_loss"]
    assert plot.layout.yaxis2.range == plot.layout.yaxis3.range != plot.layout.yaxis.range


def test_of_very_many_trials_the_best_and_the_latest_are_drawn() -> None:
    view = a_view(200)
    first = [trace for trace in plot_of(view).data if trace.xaxis == "x"]
    assert len(first) == MAX_TRIALS
    assert f"{MAX_TRIALS} of {len(view.curves)} trials with curves" in learning_curves(view).caption


def test_long_curves_are_thinned_and_nan_leaves_a_gap() -> None:
    curve = [(step, math.nan if step == 0 else 1 / (step + 1)) for step in range(5_000)]
    view = with_status(a_study(), [a_trial(0, accuracy=0.5)], {"digits-0": {"accuracy": curve}})
    trace = plot_of(view).data[0]
    assert len(trace.x) == MAX_POINTS
    assert (trace.x[-1], trace.y[0]) == (4_999, None)


def test_a_diverging_trial_does_not_squeeze_the_others() -> None:
    curves = {f"digits-{i}": {"accuracy": [(1, 0.5 + i / 100), (2, 0.7 + i / 100)]} for i in range(8)}
    curves["digits-8"] = {"accuracy": [(1, 1e12), (2, 1e15)]}
    trials = [a_trial(i, accuracy=0.7) for i in range(8)] + [a_trial(8)]
    assert plot_of(with_status(a_study(), trials, curves)).layout.yaxis.range[1] < 10


def test_a_single_observation_is_a_mark() -> None:
    view = with_status(a_study(), [a_trial(0, accuracy=0.5)], {"digits-0": {"accuracy": [(1, 0.5)]}})
    assert plot_of(view).data[0].mode == "markers"


def test_a_test_evaluation_has_no_curve() -> None:
    view = a_view(5)
    evaluation = next(iter(view.tests.values()))
    more = StudyView(
        view.study, view.trials, {**view.curves, evaluation.name: {"test_accuracy": [(30, 0.9)]}}
    )
    assert "test_accuracy" not in titles(plot_of(more))


def test_nothing_reported() -> None:
    assert learning_curves(a_view(0)).plot is None
    assert learning_curves(with_status(a_study(), [a_trial(0)], {"digits-0": {"accuracy": []}})).plot is None
