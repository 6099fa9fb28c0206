"""Importance of the parameters, as bars."""

import plotly.graph_objects as go

from tunewright.report.figures.drawing import GOOD, OTHER, Drawing, figure, shortened
from tunewright.report.importance import CONFIDENT, FOLDS, MIN_TRIALS, Importance
from tunewright.report.view import StudyView
from tunewright.report.wording import count

MAX_PARAMETERS = 15
LEAST_R2 = 0.1
"""Below this the forest has learned too little for its bars to mean anything."""
LEAST_LOSS = 0.02
"""A bar below this matters to nobody, however sure it is."""


def importances(view: StudyView, found: Importance | None) -> Drawing:
    """The bars of what `importance` found."""
    if found is None:
        return Drawing(
            None,
            f"Too little to tell: importance takes at least {MIN_TRIALS} trials with values that differ; "
            f"{count(len(view.evaluated), 'trial')} ended with a value.",
        )
    if found.r2 < LEAST_R2:
        return Drawing(
            None,
            f"Nothing can be told from these {found.trials} trials: a random forest ({found.library}) that "
            f"has seen four fifths of them does not predict how good the others are (R² = {found.r2:.2f}).",
        )
    names = list(found.losses)[:MAX_PARAMETERS][::-1]
    clear = [found.losses[name] > max(LEAST_LOSS, CONFIDENT * found.errors[name]) for name in names]
    plot = figure(height=90 + 30 * len(names))
    plot.add_trace(
        go.Bar(
            x=[found.losses[name] for name in names],
            y=[shortened(name) for name in names],
            orientation="h",
            marker={"color": [GOOD if each else OTHER for each in clear]},
            error_x={
                "array": [CONFIDENT * found.errors[name] for name in names],
                "color": OTHER,
                "thickness": 1.5,
                "width": 3,
            },
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
            showlegend=False,
        )
    )
    plot.update_xaxes(title_text="R² lost without knowing the parameter", zeroline=True, zerolinecolor=OTHER)
    plot.update_yaxes(automargin=True, ticks="", showgrid=False)
    plot.update_layout(margin={"t": 12})
    return Drawing(plot, _caption(view, found), _alt(found))


def _caption(view: StudyView, found: Importance) -> str:
    what = "rank" if len(view.objectives) == 1 else "mean rank over the objectives"
    text = (
        f"Permutation importance by {found.library}, from {count(found.trials, 'trial')}: a random forest "
        f"that has not seen a trial predicts its {what} from its parameters (R² = {found.r2:.2f}); a bar is "
        "the R² lost when the parameter's values are dealt out at random. Thin lines: 95 % confidence over "
        f"{FOLDS} folds; grey bars are not clearly above zero. It speaks of the trials that ran, not of the "
        "whole search space."
    )
    if found.trials < len(view.evaluated):
        text += f" {found.trials:,} of {len(view.evaluated):,} trials were used, evenly spread by rank."
    if len(found.losses) > MAX_PARAMETERS:
        text += f" The {MAX_PARAMETERS} most important of {len(found.losses)} parameters are drawn."
    return text


def _alt(found: Importance) -> str:
    return (
        "Bar chart; from the most important parameter down: "
        + ", ".join(list(found.losses)[:MAX_PARAMETERS])
        + "."
    )
