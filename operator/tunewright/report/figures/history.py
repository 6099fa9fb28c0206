"""Optimisation history: the value of each trial in the order in which they ended, and the best so far."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tunewright.api.trial import Trial, TrialState
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
    objective_range,
    style,
)
from tunewright.report.sample import evenly
from tunewright.report.view import StudyView
from tunewright.report.wording import count, number

MAX_TRIALS = 2_000
_HEIGHT = 380
_HEIGHT_OF_SEVERAL = 250


def history(view: StudyView) -> Drawing:
    """The history, one plot above the other for several objectives."""
    if not view.ended:
        return Drawing(None, "No trial has ended yet.")
    rows = len(view.objectives)
    plot = make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.12 / rows)
    style(plot, height=_HEIGHT if rows == 1 else 80 + _HEIGHT_OF_SEVERAL * rows)
    beyond = 0
    drawn = evenly(list(enumerate(view.ended, start=1)), MAX_TRIALS)
    for row, objective in enumerate(view.objectives, start=1):
        shown = objective_range(view, row - 1)
        beyond += shown.beyond([values[row - 1] for values in view.evaluated.values()])
        for trace in _traces(view, drawn, row - 1, shown):
            trace.showlegend = row == 1
            plot.add_trace(trace, row=row, col=1)
        plot.update_yaxes(title_text=escaped(objective.metric), range=shown.padded(0.08), row=row, col=1)
    plot.update_xaxes(title_text="trials ended", row=rows, col=1)
    plot.update_xaxes(range=[0, len(view.ended) * 1.02 + 1])
    return Drawing(plot, _caption(view, len(drawn), beyond), _alt(view))


def _traces(
    view: StudyView, drawn: Sequence[tuple[int, Trial]], position: int, shown: Range
) -> list[go.Scatter]:
    with_value = [(order, trial) for order, trial in drawn if trial.name in view.evaluated]
    infeasible = [pair for pair in with_value if pair[1].name in view.infeasible]
    feasible = [pair for pair in with_value if pair[1].name not in view.infeasible]
    completed = [pair for pair in feasible if pair[1].status.state is TrialState.COMPLETED]
    stopped = [pair for pair in feasible if pair[1].status.state is not TrialState.COMPLETED]
    without = [pair for pair in drawn if pair[1].name not in view.evaluated]
    default = [pair for pair in with_value if view.default and pair[1].name == view.default.name]
    front = {trial.name for trial in view.front}
    best = [pair for pair in with_value if pair[1].name in front]
    several = len(view.objectives) > 1

    def points(
        pairs: Sequence[tuple[int, Trial]], name: str, symbol: str = "circle", **marker: object
    ) -> go.Scatter:
        values = [view.evaluated[trial.name][position] for _, trial in pairs]
        return go.Scatter(
            x=[order for order, _ in pairs],
            y=[shown.clip(value) for value in values],
            mode="markers",
            name=name,
            marker={**marker, "symbol": [_symbol(value, shown, symbol) for value in values]},
            text=[describe(view, trial) for _, trial in pairs],
            hovertemplate="%{text}<extra></extra>",
        )

    cross = {"symbol": "x-thin", "size": 8, "line": {"color": FAILED, "width": 2}}
    traces = [
        _best_so_far(view, position, shown),
        points(completed, "completed", color=OTHER, size=7, opacity=0.75),
        points(stopped, "stopped early", color=OTHER, size=7, symbol="circle-open"),
        points(infeasible, "not feasible", color=OTHER, size=7, opacity=0.5, symbol="x-open"),
        go.Scatter(
            x=[order for order, _ in without],
            y=[shown.padded()[0]] * len(without),
            mode="markers",
            name="failed, no value",
            marker=cross,
            text=[describe(view, trial) for _, trial in without],
            hovertemplate="%{text}<extra></extra>",
        ),
        points(default, "default", color=DEFAULT, size=13, symbol="diamond"),
        points(best, front_label(view), color=BEST, size=9 if several else 15, symbol="star"),
    ]
    return [trace for trace in traces if len(trace.x)]


def _symbol(value: float, shown: Range, usual: str) -> str:
    if value < shown.low:
        return "triangle-down"
    return "triangle-up" if value > shown.high else usual


def _best_so_far(view: StudyView, position: int, shown: Range) -> go.Scatter:
    """A staircase with a step wherever a trial beat all before it."""
    objective = view.objectives[position]
    steps: list[tuple[int, float]] = []
    for order, trial in enumerate(view.ended, start=1):
        values = view.evaluated.get(trial.name) if trial.name not in view.infeasible else None
        if values is not None and (not steps or objective.better(values[position], steps[-1][1])):
            steps.append((order, values[position]))
    if steps:
        steps.append((len(view.ended), steps[-1][1]))
    return go.Scatter(
        x=[order for order, _ in steps],
        y=[shown.clip(value) for _, value in steps],
        mode="lines",
        name="best so far",
        line={"color": BEST, "width": 2, "shape": "hv"},
        hovertemplate="best so far: %{y}<extra></extra>",
    )


def _caption(view: StudyView, drawn: int, beyond: int) -> str:
    text = "Each mark is a trial, in the order in which they ended; the line is the best value so far."
    if any(trial.name not in view.evaluated for trial in view.ended):
        text += " Crosses at the bottom are trials that ended without a value."
    if view.infeasible:
        text += " Hollow crosses do not keep the constraints; the line leaves them out."
    if beyond:
        text += f" Triangles at the edge are {count(beyond, 'value')} beyond it; the pointer tells which."
    if drawn < len(view.ended):
        text += f" {drawn:,} of {len(view.ended):,} trials are drawn, evenly spread; the line takes in all."
    waiting = len(view.searched) - len(view.ended)
    if waiting:
        text += f" {count(waiting, 'trial')} not ended yet, not drawn."
    return text


def _alt(view: StudyView) -> str:
    text = f"Scatter plot of {count(len(view.ended), 'ended trial')}"
    if view.best is not None and not view.best.violations:
        metric = view.objectives[0].metric
        text += f"; the best reached {metric} {number(view.best.objectives.get(metric, float('nan')))}"
    return text + "."
