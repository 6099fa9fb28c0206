"""The trials of a study as a table for people."""

from collections.abc import Callable, Sequence

from rich.table import Table
from rich.text import Text

from tunewright.api.parameters import Parameter
from tunewright.api.trial import Trial, TrialState
from tunewright.report.feasibility import state_of
from tunewright.report.terminal import GAP, layout, natural_width, plain_table
from tunewright.report.view import StudyView
from tunewright.report.wording import number, scalar

_NARROWEST = 32

_STYLES = {
    TrialState.PENDING: "dim",
    TrialState.RUNNING: "cyan",
    TrialState.COMPLETED: "",
    TrialState.STOPPED: "yellow",
    TrialState.FAILED: "red",
}


def as_table(view: StudyView, *, width: int | None = None, colour: bool = False) -> str:
    """The trials by index, `*` before those that none beats; one that breaks a constraint says by how much.

    Args:
        view: the study.
        width: columns of the terminal. Where a column per parameter does not fit, the parameters share
            one column that wraps. None, as for a pipe: one line per trial, however long.
        colour: whether states are coloured.
    """
    if not view.searched:
        return f"{view.name}: {view.study.status.phase.value.lower()}, no trials yet\n"
    parameters = view.study.spec.parameters
    table = _table(
        view,
        [(">" if p.numeric else "") + p.name for p in parameters],
        lambda trial: [Text(scalar(trial.spec.parameters.get(p.name))) for p in parameters],
    )
    if width is not None and natural_width(table) > width:
        table = _narrow(view, width)
    return layout(table, colour=colour)


def _narrow(view: StudyView, width: int) -> Table:
    taken = natural_width(_table(view, [], lambda _: [])) + GAP
    table = _table(view, ["parameters"], lambda trial: [_pairs(view.study.spec.parameters, trial)])
    last = table.columns[-1]
    # Numbers are never cut: where less is left than this, the terminal wraps the lines.
    last.width = max(_NARROWEST, width - taken)
    last.no_wrap, last.overflow = False, "fold"
    return table


def _table(view: StudyView, headings: Sequence[str], cells: Callable[[Trial], list[Text]]) -> Table:
    table = plain_table(
        "", "trial", "state", *(f">{metric}" for metric in view.study.spec.judging), *headings
    )
    unbeaten = {member.name for member in view.front}
    for trial in view.searched:
        values = [trial.status.objectives.get(o.metric) for o in view.objectives]
        values += [view.last(trial.name, metric) for metric in view.constrained]
        table.add_row(
            Text("*" if trial.name in unbeaten else ""),
            Text(trial.name),
            Text(state_of(view, trial)),
            *(Text("-" if value is None else number(value)) for value in values),
            *cells(trial),
            style="dim" if trial.name in view.infeasible else _STYLES[trial.status.state],
        )
    return table


def _pairs(parameters: Sequence[Parameter], trial: Trial) -> Text:
    values = trial.spec.parameters
    return Text(" ".join(f"{p.name}={scalar(values[p.name])}" for p in parameters if p.name in values))
