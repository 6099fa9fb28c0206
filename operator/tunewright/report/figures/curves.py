"""Learning curves: metrics over the steps of training."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tunewright.api.trial import Trial, TrialState
from tunewright.report.comparison import like, stem
from tunewright.report.figures.drawing import (
    BEST,
    DEFAULT,
    FAILED,
    OTHER,
    Drawing,
    Range,
    describe,
    escaped,
    front_label,
    style,
    visible_range,
)
from tunewright.report.sample import best_and_latest, evenly
from tunewright.report.view import Curve, StudyView
from tunewright.report.wording import count

MAX_TRIALS = 50
MAX_METRICS = 4
MAX_POINTS = 200
_HEIGHT = 300


@dataclass(frozen=True)
class _Group:
    """Trials that are drawn alike; those in front decide what is visible."""

    label: str
    trials: Sequence[Trial]
    line: Mapping[str, object]
    in_front: bool = False


def learning_curves(view: StudyView) -> Drawing:
    """The curves of the objectives and of what goes with them, the best and the default trial in front."""
    reported = [trial for trial in view.searched if any(view.curves.get(trial.name, {}).values())]
    metrics = _metrics(view, reported)
    if not metrics:
        return Drawing(None, "No trial has reported a metric yet.")
    drawn = best_and_latest(view, reported, MAX_TRIALS)
    groups = _groups(view, drawn)
    columns = min(2, len(metrics))
    rows = -(-len(metrics) // columns)
    titles = [escaped(metric) for metric in metrics]
    plot = make_subplots(
        rows, columns, subplot_titles=titles, vertical_spacing=0.2 / rows, horizontal_spacing=0.09
    )
    style(plot, height=110 + _HEIGHT * rows)
    plot.update_annotations(font_size=14)
    plot.update_layout(legend={"y": 1 + 34 / (_HEIGHT * rows)}, margin={"t": 72})
    for place, metric in enumerate(metrics):
        row, column = place // columns + 1, place % columns + 1
        for group in groups:
            for number, trial in enumerate(group.trials):
                trace = _trace(view, trial, metric, group)
                trace.showlegend = place == 0 and number == 0
                plot.add_trace(trace, row=row, col=column)
        alike = [other for other in metrics if stem(other) == stem(metric)]
        plot.update_yaxes(range=_range(view, groups, alike).padded(), row=row, col=column)
        plot.update_xaxes(title_text="step" if place + columns >= len(metrics) else None, row=row, col=column)
    return Drawing(plot, _caption(len(drawn), len(reported), len(metrics)), _alt(metrics, len(drawn)))


def _groups(view: StudyView, drawn: Sequence[Trial]) -> list[_Group]:
    """The trials by how they are drawn, those in front last."""
    front = {trial.name for trial in view.front}
    default = view.default.name if view.default else None
    rest = [trial for trial in drawn if trial.name not in front and trial.name != default]
    failed = [trial for trial in rest if trial.status.state is TrialState.FAILED]
    others = [trial for trial in rest if trial.status.state is not TrialState.FAILED]
    unbeaten = [trial for trial in drawn if trial.name in front]
    only_default = [trial for trial in drawn if trial.name == default and default not in front]
    groups = [
        _Group("other trials", others, {"color": OTHER, "width": 1}),
        _Group("failed", failed, {"color": FAILED, "width": 1.5, "dash": "dot"}),
        _Group("default", only_default, {"color": DEFAULT, "width": 2.5}, in_front=True),
        _Group(front_label(view), unbeaten, {"color": BEST, "width": 2.5}, in_front=True),
    ]
    return [group for group in groups if group.trials]


def _trace(view: StudyView, trial: Trial, metric: str, group: _Group) -> go.Scatter:
    curve = evenly(_curve(view, trial, metric), MAX_POINTS)
    return go.Scatter(
        x=[step for step, _ in curve],
        y=[value if math.isfinite(value) else None for _, value in curve],
        text=describe(view, trial),
        name=group.label,
        legendgroup=group.label,
        mode="lines" if len(curve) > 1 else "markers",
        line=dict(group.line),
        marker={"color": group.line["color"], "size": 6},
        opacity=1.0 if group.in_front else 0.6,
        hovertemplate="step %{x}: %{y}<br>%{text}<extra></extra>",
    )


def _range(view: StudyView, groups: Sequence[_Group], metrics: Sequence[str]) -> Range:
    """What to show of metrics that measure the same quantity, so that their plots compare."""
    values: list[float] = []
    kept: list[float] = []
    for group in groups:
        for trial in group.trials:
            own = [value for metric in metrics for _, value in _curve(view, trial, metric)]
            values += own
            kept += own if group.in_front else []
    return visible_range(values, kept)


def _curve(view: StudyView, trial: Trial, metric: str) -> Curve:
    return view.curves.get(trial.name, {}).get(metric, ())


def _metrics(view: StudyView, trials: Sequence[Trial]) -> list[str]:
    """The metrics to draw: the objectives, their like on other data, losses, then what else there is."""
    reported = {metric for trial in trials for metric, curve in view.curves[trial.name].items() if curve}
    objectives = [o.metric for o in view.objectives]

    def order(metric: str) -> tuple[bool, bool]:
        return like(metric, view.objectives) is None, "loss" not in metric

    # Backwards by name first: validation before train.
    rest = sorted(sorted(reported - set(objectives), reverse=True), key=order)
    return ([metric for metric in objectives if metric in reported] + rest)[:MAX_METRICS]


def _caption(drawn: int, reported: int, metrics: int) -> str:
    text = "Rest the pointer on a curve to see whose it is; click a name above to hide or show its curves."
    if drawn < reported:
        text += f" {drawn} of {reported:,} trials with curves are drawn: the best, and the latest."
    if metrics == MAX_METRICS:
        text += f" At most {MAX_METRICS} metrics are drawn, the objectives first."
    text += f" Curves of more than {MAX_POINTS} steps are thinned, and the axes leave out what lies far off."
    return text


def _alt(metrics: Sequence[str], drawn: int) -> str:
    return f"Line plots of {', '.join(metrics)} over the steps of training, for {count(drawn, 'trial')}."
