"""Importance of the parameters, as bars."""

import plotly.graph_objects as go

from tunewright.report.figures.drawing import GOOD, OTHER, Drawing, figure, shortened
from tunewright.report.importance import CONFIDENT, FOLDS, MIN_TRIALS, Importance, advice
from tunewright.report.view import StudyView
from tunewright.report.wording import count

MAX_PARAMETERS = 15


def importances(view: StudyView, found: Importance | None) -> Drawing:
    """The bars of what `importance` found."""
    if found is None:
        return Drawing(
            None,
            f"Too little to tell: importance takes at least {MIN_TRIALS} trials with values that differ; "
            f"{count(len(view.evaluated), 'trial')} ended with a value.",
        )
    if not found.learned:
        return Drawing(
            None,
            f"Nothing can be told from these {found.trials} trials: a random forest ({found.library}) that "
            f"has seen four fifths of them does not predict how good the others are (R² = {found.r2:.2f}).",
        )
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
