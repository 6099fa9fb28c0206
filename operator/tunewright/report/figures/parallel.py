"""Parallel coordinates: each trial a line through its parameters' values to its objectives' values.

Drawn of plain lines, not by plotly's own parallel coordinates: those need WebGL, know neither a missing
value nor a log scale, and print badly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter
from tunewright.api.trial import Trial
from tunewright.report.figures.drawing import (
    BEST,
    DEFAULT,
    FAILED,
    GOOD,
    OTHER,
    Drawing,
    describe,
    escaped,
    figure,
    front_label,
    objective_range,
    shortened,
)
from tunewright.report.figures.scale import Scale, objective_scale, parameter_scale
from tunewright.report.sample import best_and_latest
from tunewright.report.view import StudyView
from tunewright.report.wording import count

MAX_TRIALS = 1_000
MAX_PARAMETERS = 15
_INACTIVE = -0.13
_TITLE = 20
_BEST, _GOOD = 25, 125
_DESCRIBED = 150
"""In a group of more lines the pointer tells the trial's name alone, or the page would grow by megabytes."""


@dataclass(frozen=True)
class _Axis:
    """One of the parallel axes; `band` is how far equal values are spread out, as a share of the axis."""

    title: str
    scale: Scale
    value: Callable[[Trial], Scalar | None]
    conditional: bool = False
    band: float = 0.0

    def place(self, trial: Trial, standing: float) -> float | None:
        """Where the trial crosses the axis; `standing` is 0 for the best of all, 1 for the worst."""
        value = self.value(trial)
        if value is None:
            return _INACTIVE + 0.04 * (0.5 - standing) if self.conditional else None
        place = self.scale.place(value)
        return None if place is None else place + self.band * (0.5 - standing)


@dataclass(frozen=True)
class _Group:
    label: str
    trials: Sequence[Trial]
    line: Mapping[str, object]
    opacity: float
    hidden: bool = False


def parallel_coordinates(view: StudyView, important: Sequence[str] = ()) -> Drawing:
    """The lines of the trials that ended, coloured by how good they are.

    Args:
        view: the study.
        important: names of parameters, the most important first; of many, those are drawn.
    """
    if not view.ended:
        return Drawing(None, "No trial has ended yet.")
    drawn = best_and_latest(view, view.ended, MAX_TRIALS)
    parameters = _chosen(view.study.spec.parameters, important)
    axes = [_parameter_axis(parameter) for parameter in parameters]
    axes += [_objective_axis(view, position) for position in range(len(view.objectives))]
    plot = figure(height=460)
    standing = {name: rank / len(view.ranked) for rank, name in enumerate(view.ranked)}
    for group in _groups(view, drawn):
        plot.add_trace(_lines(view, group, axes, standing))
    _draw_axes(plot, axes)
    return Drawing(plot, _caption(view, len(drawn), axes), _alt(axes, len(drawn)))


def _chosen(parameters: Sequence[Parameter], important: Sequence[str]) -> list[Parameter]:
    """At most `MAX_PARAMETERS`, in the study's order."""
    order = {name: rank for rank, name in enumerate(important)}
    first = sorted(parameters, key=lambda parameter: order.get(parameter.name, len(order)))[:MAX_PARAMETERS]
    return [parameter for parameter in parameters if parameter in first]


def _parameter_axis(parameter: Parameter) -> _Axis:
    return _Axis(
        parameter.name,
        parameter_scale(parameter),
        lambda trial: trial.spec.parameters.get(parameter.name),
        conditional=bool(parameter.when),
        band=0.0 if parameter.numeric else 0.6 / max(2, len(parameter.choices)),
    )


def _objective_axis(view: StudyView, position: int) -> _Axis:
    metric = view.objectives[position].metric

    def value(trial: Trial) -> float | None:
        return view.evaluated[trial.name][position] if trial.name in view.evaluated else None

    return _Axis(metric, objective_scale(objective_range(view, position)), value)


def _groups(view: StudyView, drawn: Sequence[Trial]) -> list[_Group]:
    """The trials by how good they are, the best last and so on top."""
    by_name = {trial.name: trial for trial in drawn}
    known = [by_name[name] for name in view.ranked if name in by_name]
    ranked = [trial for trial in known if trial.name not in view.infeasible]
    infeasible = [trial for trial in known if trial.name in view.infeasible]
    unbeaten = {trial.name for trial in view.front}
    front = [trial for trial in ranked if trial.name in unbeaten]
    default = [trial for trial in known if view.default is not None and trial.name == view.default.name]
    failed = [trial for trial in drawn if trial.name not in view.evaluated]
    if len(view.objectives) > 1:
        others = [trial for trial in ranked if trial.name not in unbeaten]
        graded = [_Group("other trials", others, {"color": OTHER, "width": 1}, 0.5)]
    else:
        graded = _graded(ranked)
    dotted = {"color": FAILED, "width": 1, "dash": "dot"}
    groups = [
        _Group(f"failed, no value ({len(failed):,})", failed, dotted, 0.7, hidden=bool(known)),
        _Group(
            f"not feasible ({len(infeasible):,})",
            infeasible,
            {"color": OTHER, "width": 1, "dash": "dot"},
            0.35,
            hidden=bool(ranked),
        ),
        *graded,
        _Group("default", default, {"color": DEFAULT, "width": 3}, 1.0),
        _Group(front_label(view), front, {"color": BEST, "width": 2 if len(front) > 1 else 3.5}, 1.0),
    ]
    return [group for group in groups if group.trials]


def _graded(ranked: Sequence[Trial]) -> list[_Group]:
    """About a tenth and a third of the trials, but no more lines than the eye can follow."""
    best, good = min(-(-len(ranked) // 10), _BEST), min(-(-len(ranked) // 3), _GOOD)
    return [
        _Group("the rest", ranked[good:][::-1], {"color": OTHER, "width": 1}, 0.35),
        _Group(f"next {good - best}", ranked[best:good][::-1], {"color": GOOD, "width": 1}, 0.5),
        _Group(f"best {best}", ranked[:best][::-1], {"color": GOOD, "width": 2}, 0.95),
    ]


def _lines(
    view: StudyView, group: _Group, axes: Sequence[_Axis], standing: Mapping[str, float]
) -> go.Scatter:
    """All lines of a group as one with gaps, which is quick to draw."""
    few = len(group.trials) <= _DESCRIBED
    xs: list[float | None] = []
    ys: list[float | None] = []
    texts: list[str] = []
    for trial in group.trials:
        text = describe(view, trial) if few else f"<b>{escaped(trial.name)}</b>"
        for x, axis in enumerate(axes):
            xs.append(x)
            ys.append(axis.place(trial, standing.get(trial.name, 1.0)))
            texts.append(text)
        xs.append(None)
        ys.append(None)
        texts.append("")
    return go.Scatter(
        x=xs,
        y=ys,
        text=texts,
        name=group.label,
        mode="lines",
        line=dict(group.line),
        opacity=group.opacity,
        visible="legendonly" if group.hidden else True,
        hovertemplate="%{text}<extra></extra>",
    )


def _draw_axes(plot: go.Figure, axes: Sequence[_Axis]) -> None:
    conditional = any(axis.conditional for axis in axes)
    bottom = _INACTIVE - 0.07 if conditional else -0.06
    plot.update_xaxes(visible=False, range=[-0.02, len(axes) - 1 + 0.02])
    plot.update_yaxes(visible=False, range=[bottom, 1.18])
    plot.update_layout(margin={"l": 72, "r": 76, "t": 48, "b": 8})
    low, high = (1.08, 1.08) if len(axes) <= 6 else (1.08, 1.14)
    for x, axis in enumerate(axes):
        plot.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, line={"color": "#999", "width": 1.5})
        title = f"<b>{shortened(axis.title, _TITLE)}</b>"
        plot.add_annotation(x=x, y=low if x % 2 else high, text=title, showarrow=False)
        labels = [*axis.scale.labels, (_INACTIVE, "not active")] if axis.conditional else axis.scale.labels
        for y, text in labels:
            plot.add_annotation(
                x=x,
                y=y,
                text=shortened(text, _TITLE),
                showarrow=False,
                xanchor="left",
                xshift=4,
                font={"size": 11},
                bgcolor="rgba(255,255,255,0.8)",
                borderpad=1,
            )


def _caption(view: StudyView, drawn: int, axes: Sequence[_Axis]) -> str:
    text = "Each line is a trial; an axis is spread as the search spreads its values, such as on a log scale."
    if any(axis.band for axis in axes):
        text += " Within a listed value, better trials run higher."
    if any(axis.conditional for axis in axes):
        text += " A parameter that a trial does not have is drawn below its axis."
    if drawn < len(view.ended):
        text += f" {drawn:,} of {len(view.ended):,} trials are drawn: the best, and the latest."
    parameters = len(view.study.spec.parameters)
    if parameters > MAX_PARAMETERS:
        text += (
            f" {MAX_PARAMETERS} of {parameters} parameters are drawn, the most important where that is known."
        )
    return text + " Click a name above to hide or show its lines."


def _alt(axes: Sequence[_Axis], drawn: int) -> str:
    return f"Parallel coordinates of {count(drawn, 'trial')} over {', '.join(axis.title for axis in axes)}."
