"""The Pareto front of two objectives."""

from collections.abc import Sequence

import plotly.graph_objects as go

from tunewright.api.study import Direction, Objective
from tunewright.report.figures.drawing import (
    BEST,
    DEFAULT,
    OTHER,
    Drawing,
    Range,
    describe,
    escaped,
    figure,
    objective_range,
)
from tunewright.report.sample import evenly
from tunewright.report.view import StudyView
from tunewright.report.wording import count

MAX_TRIALS = 2_000


def pareto_front(view: StudyView) -> Drawing:
    """All trials in the plane of the two objectives, those that none beats joined by a staircase.

    Those that are not feasible are faint and hollow.
    """
    if len(view.objectives) != 2:
        return Drawing(None, "Drawn for two objectives only; the parallel coordinates show all of them.")
    if not view.evaluated:
        return Drawing(None, "No trial has a value of every objective yet.")
    unbeaten = {trial.name for trial in view.front} & view.evaluated.keys()
    front = sorted(unbeaten, key=view.evaluated.__getitem__)
    default = [view.default.name] if view.default and view.default.name in view.evaluated else []
    rest = [name for name in view.evaluated if name not in (*front, *default)]
    drawn = evenly(rest, MAX_TRIALS)
    feasible = [name for name in drawn if name not in view.infeasible]
    infeasible = [name for name in drawn if name in view.infeasible]
    ranges = (objective_range(view, 0), objective_range(view, 1))
    plot = figure(height=460)
    if infeasible:
        hollow = _points(
            view, infeasible, ranges, "not feasible", color=OTHER, size=7, opacity=0.4, symbol="circle-open"
        )
        plot.add_trace(hollow)
    plot.add_trace(_points(view, feasible, ranges, "other trials", color=OTHER, size=7, opacity=0.7))
    plot.add_trace(_staircase([view.evaluated[name] for name in front], view.objectives[0]))
    plot.add_trace(_points(view, front, ranges, "Pareto front", color=BEST, size=10))
    plot.add_trace(_points(view, default, ranges, "default", color=DEFAULT, size=13, symbol="diamond"))
    plot.update_xaxes(title_text=_title(view.objectives[0]), range=ranges[0].padded())
    plot.update_yaxes(title_text=_title(view.objectives[1]), range=ranges[1].padded())
    alt = f"Scatter plot; {count(len(front), 'trial')} on the Pareto front."
    return Drawing(plot, _caption(len(drawn), len(rest), hollow=bool(infeasible)), alt)


def _title(objective: Objective) -> str:
    best = "greater" if objective.direction is Direction.MAXIMIZE else "less"
    return f"{escaped(objective.metric)} ({best} is better)"


def _points(
    view: StudyView, names: Sequence[str], ranges: tuple[Range, Range], label: str, **marker: object
) -> go.Scatter:
    return go.Scatter(
        x=[ranges[0].clip(view.evaluated[name][0]) for name in names],
        y=[ranges[1].clip(view.evaluated[name][1]) for name in names],
        text=[describe(view, view.trial(name)) for name in names],
        name=label,
        mode="markers",
        marker=marker,
        hovertemplate="%{text}<extra></extra>",
    )


def _staircase(front: list[tuple[float, ...]], first: Objective) -> go.Scatter:
    """The border of what the front beats: between two members it keeps to the worse value of each."""
    shape = "vh" if first.direction is Direction.MAXIMIZE else "hv"
    return go.Scatter(
        x=[values[0] for values in front],
        y=[values[1] for values in front],
        mode="lines",
        line={"color": BEST, "width": 1.5, "shape": shape},
        hoverinfo="skip",
        showlegend=False,
    )


def _caption(drawn: int, rest: int, *, hollow: bool) -> str:
    text = (
        "No trial is better than one on the front in one objective without being worse in the other. "
        "Values far from the rest are drawn at the edge."
    )
    if hollow:
        text += " Hollow marks are trials that do not keep the constraints: the front is of the others."
    if drawn < rest:
        text += f" {drawn:,} of {rest:,} other trials are drawn, evenly spread."
    return text
