"""Importance of the parameters, as bars."""

import plotly.graph_objects as go

from tunewright.report.figures.drawing import GOOD, OTHER, Drawing, figure, shortened
from tunewright.report.importance import CONFIDENT, FOLDS, Importance, advice, why_unknown
from tunewright.report.view import StudyView
from tunewright.report.wording import count

MAX_PARAMETERS = 15


def importances(view: StudyView, found: Importance | None) -> Drawing:
    """The bars of what `importance` found."""
    reason = why_unknown(view, found)
    if found is None or reason:
        return Drawing(None, reason)
    names = list(found.effects)[:MAX_PARAMETERS][::-1]
    effects = [found.effects[name] for name in names]
    plot = figure(height=90 + 30 * len(names))
    plot.add_trace(
        go.Bar(
            x=[effect.share for effect in effects],
            y=[shortened(name) for name in names],
            orientation="h",
            marker={"color": [GOOD if effect.clear else OTHER for effect in effects]},
            error_x={
                "array": [CONFIDENT * effect.share_error for effect in effects],
                "color": OTHER,
                "thickness": 1.5,
                "width": 3,
            },
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
            showlegend=False,
        )
    )
    plot.update_xaxes(
        title_text="share of the variance that the parameter explains by itself",
        zeroline=True,
        zerolinecolor=OTHER,
    )
    plot.update_yaxes(automargin=True, ticks="", showgrid=False)
    plot.update_layout(margin={"t": 12})
    return Drawing(plot, _caption(view, found), _alt(found))


def _caption(view: StudyView, found: Importance) -> str:
    what = "rank" if len(view.objectives) == 1 else "mean rank over the objectives"
    text = (
        f"fANOVA by {found.library}, from {count(found.trials, 'trial')}: a bar is the share of the variance "
        f"of a trial's {what} that the parameter explains by itself. Thin lines: 95 % confidence over "
        f"{FOLDS} folds. A bar is grey where a random forest, which predicts trials that it has not seen "
        f"(R² = {found.r2:.2f}), does not clearly do worse when the parameter's values are dealt out at "
        "random. It speaks of the trials that ran, not of the whole search space. "
    ) + " ".join(advice(found))
    if found.trials < len(view.evaluated):
        text += f" {found.trials:,} of {len(view.evaluated):,} trials were used, evenly spread by rank."
    if len(found.effects) > MAX_PARAMETERS:
        text += f" The {MAX_PARAMETERS} most important of {len(found.effects)} parameters are drawn."
    return text


def _alt(found: Importance) -> str:
    return (
        "Bar chart; from the most important parameter down: "
        + ", ".join(list(found.effects)[:MAX_PARAMETERS])
        + "."
    )
