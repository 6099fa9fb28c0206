"""What the figures have in common: their look, and how a trial reads when the pointer rests on it."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.io.json import to_json_plotly

from tunewright.api.trial import Trial
from tunewright.report.feasibility import shortcoming
from tunewright.report.view import StudyView
from tunewright.report.wording import number, printable, scalar

# Apart for the colour-blind too (after Okabe and Ito), and clear of white as well as of black paper.
BEST = "#d55e00"
DEFAULT = "#1f83c9"
GOOD = "#0f9d76"
FAILED = "#c0629b"
OTHER = "#8a8f98"

_DARK = "#20242b"
_FONT = "system-ui, sans-serif"
_HOVER_PARAMETERS = 12
_LABEL = 40


@dataclass(frozen=True)
class Drawing:
    """A figure of the report.

    Attributes:
        plot: the plot; None where there is too little to draw.
        caption: sentences below it: how to read it, what is left out, or why there is no plot.
        alt: what it shows, for those who cannot see it.
    """

    plot: go.Figure | None
    caption: str
    alt: str = ""


def figure(*, height: int) -> go.Figure:
    """An empty figure in the report's look; the page's style sheet colours text and grid."""
    plot = go.Figure()
    style(plot, height=height)
    return plot


def style(plot: go.Figure, *, height: int) -> None:
    """Give a figure the report's look; `height` in pixels."""
    plot.update_layout(
        template="none",
        height=height,
        margin={"l": 64, "r": 24, "t": 44, "b": 52},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": _FONT, "size": 13, "color": "#444"},
        hoverlabel={
            "bgcolor": _DARK,
            "bordercolor": _DARK,
            "font": {"family": _FONT, "color": "#fff"},
            "align": "left",
        },
        hovermode="closest",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": OTHER, "activecolor": DEFAULT},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left"},
    )
    axis = {"zeroline": False, "gridcolor": "#ddd", "linecolor": "#bbb", "tickcolor": "#bbb"}
    plot.update_xaxes(axis, ticks="outside", title_font_size=13)
    plot.update_yaxes(axis, ticks="outside", title_font_size=13)


def escaped(text: str) -> str:
    """A text of the user's as plotly takes it, which reads some HTML in texts."""
    return html.escape(printable(text), quote=False)


def shortened(text: str, limit: int = _LABEL) -> str:
    """The text, escaped, with its end cut off where it is too long for a label."""
    return escaped(text if len(text) <= limit else text[: limit - 1] + "…")


def describe(view: StudyView, trial: Trial) -> str:
    """The trial with its values and parameters, for the pointer; escaped."""
    lines = [f"<b>{escaped(trial.name)}</b>"]
    for objective in view.objectives:
        if objective.metric in trial.status.objectives:
            lines.append(f"{escaped(objective.metric)} = {number(trial.status.objectives[objective.metric])}")
    for metric in view.constrained:
        value = view.last(trial.name, metric)
        lines += [] if value is None else [f"{escaped(metric)} = {number(value)}"]
    state = trial.status.state.value.lower()
    lines.append(state + (f" ({escaped(trial.status.reason)})" if trial.status.reason else ""))
    lines += filter(None, [escaped(shortcoming(view, trial))])
    values = trial.spec.parameters
    pairs = [(p.name, values[p.name]) for p in view.study.spec.parameters if p.name in values]
    lines += [f"{escaped(name)}: {shortened(scalar(value))}" for name, value in pairs[:_HOVER_PARAMETERS]]
    if len(pairs) > _HOVER_PARAMETERS:
        lines.append(f"and {len(pairs) - _HOVER_PARAMETERS} more parameters")
    return "<br>".join(lines)


@dataclass(frozen=True)
class Range:
    """The part of a value axis that is drawn, and what lies beyond it."""

    low: float
    high: float

    def clip(self, value: float) -> float:
        """The value, or the end of the range that it lies beyond."""
        return min(max(value, self.low), self.high)

    def beyond(self, values: Sequence[float]) -> int:
        """How many of the values lie outside."""
        return sum(not self.low <= value <= self.high for value in values)

    def padded(self, share: float = 0.05) -> list[float]:
        """The range with a margin, as plotly takes it."""
        margin = (self.high - self.low) * share or abs(self.high) * share or 1.0
        return [self.low - margin, self.high + margin]


def visible_range(values: Sequence[float], keep: Sequence[float] = ()) -> Range:
    """The range of the values but for outliers, which would squeeze the others into a line.

    An outlier lies further from the middle half than four times its width (Tukey's fences, wider); those in
    `keep` are never left out.
    """
    ordered = sorted(value for value in values if math.isfinite(value))
    kept = [value for value in keep if math.isfinite(value)]
    if not ordered:
        return Range(min(kept, default=0.0), max(kept, default=1.0))
    low, high = ordered[0], ordered[-1]
    quarter = len(ordered) // 4
    lower, upper = ordered[quarter], ordered[-1 - quarter]
    fence = 4 * (upper - lower)
    if fence > 0:
        low, high = max(low, lower - fence), min(high, upper + fence)
    return Range(min([low, *kept]), max([high, *kept]))


def objective_range(view: StudyView, position: int) -> Range:
    """The range of an objective, by its position, that shows the default trial and those that none beats."""
    metric = view.objectives[position].metric
    named = [trial.objectives.get(metric) for trial in (view.default, *view.front) if trial]
    values = [values[position] for values in view.evaluated.values()]
    return visible_range(values, [value for value in named if value is not None])


def front_label(view: StudyView) -> str:
    """What the trials that none beats are called."""
    return "best" if len(view.objectives) == 1 else "Pareto front"


def as_json(plot: go.Figure) -> str:
    """The figure as JSON that may stand inside a script element."""
    return str(to_json_plotly(plot))
