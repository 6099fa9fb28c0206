"""What a study found, in the few lines with which a run ends."""

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from tunewright.api.trial import TrialState
from tunewright.report.comparison import MetricRow, ParameterRow, metric_rows, parameter_rows
from tunewright.report.feasibility import breaks, feasible_share
from tunewright.report.terminal import layout, plain_table
from tunewright.report.view import StudyView
from tunewright.report.wording import count, duration, gpu_hours, moment, number, printable, scalar, sentence


def closing_summary(view: StudyView, *, colour: bool = False) -> str:
    """Why the study ended, what it took, and the best configuration and its metrics beside the default's."""
    return layout(*_parts(view), colour=colour)


def why_ended(view: StudyView) -> str:
    """The phase, with its reason: `completed: max trials reached (every trial has ended)`."""
    status = view.study.status
    text = status.phase.value.lower()
    if status.reason and status.reason != status.phase:
        text += f": {sentence(printable(status.reason))}"
    if status.message:
        text += f" ({printable(status.message)})"
    return text


def by_state(view: StudyView) -> str:
    """How many trials are in which state: `36 completed, 4 failed`."""
    counts = Counter(trial.status.state for trial in view.searched)
    return ", ".join(f"{counts[state]:,} {state.value.lower()}" for state in TrialState if counts[state])


def usage(view: StudyView) -> str:
    """How many trials became what, and the time they took."""
    states = by_state(view)
    text = count(len(view.searched), "trial") + (f": {states}" if states else "") + f"; {elapsed(view)}"
    used = view.study.status.charged.gpu_milliseconds
    return text + (f", {gpu_hours(used)}" if used else "")


def elapsed(view: StudyView) -> str:
    """The wall-clock time the study took, as far as it is known without a clock."""
    status = view.study.status
    if status.active_since is not None:
        return f"running since {moment(status.active_since)}"
    return duration(status.active_milliseconds)


def _parts(view: StudyView) -> Iterator[RenderableType]:
    yield Text(f"{view.name} {why_ended(view)}", style="bold")
    yield Text(usage(view))
    if share := feasible_share(view):
        yield Text(share)
    yield Text("")
    if view.best is None:
        yield Text(why_no_best(view))
        return
    yield from _configuration(view)
    yield Text("")
    yield _metrics(view)


def why_no_best(view: StudyView) -> str:
    """Why there is no best trial, not even one that is nearest to feasible."""
    if view.infeasible:
        return "No trial reported every metric that has a constraint, so there is no best configuration."
    return "No trial has a value of every objective, so there is no best configuration."


def _configuration(view: StudyView) -> Iterator[RenderableType]:
    best = view.best
    assert best is not None
    broken = breaks(best.violations)
    yield Text(f"{_title(view)}: {best.name}" + (f", which {broken}" if broken else ""), style="bold")
    if view.default is not None and view.default.name == best.name and not broken:
        yield Text("It is the default configuration: nothing better was found.")
    rows = parameter_rows(view)
    table = plain_table(">  parameter", "value", "default", show_header=False)
    table.columns[0].justify = "left"
    for row in rows:
        table.add_row(
            f"  {row.parameter.name}",
            Text(scalar(row.best), style="bold green" if row.differs else "dim"),
            Text(_default(row) if row.differs else "", style="dim"),
        )
    yield table


def _default(row: ParameterRow) -> str:
    return "not active in the default" if row.default is None else f"default {scalar(row.default)}"


def _title(view: StudyView) -> str:
    if view.best is not None and view.best.violations:
        return "No configuration is feasible; the nearest"
    if len(view.objectives) == 1:
        return "Best configuration"
    front = count(len(view.front), "configuration")
    return f"Pareto front of {front}; the best in {view.objectives[0].metric}"


def _metrics(view: StudyView) -> RenderableType:
    rows = metric_rows(view)
    table = plain_table("", ">best", ">default", "difference")
    for row in rows:
        table.add_row(
            Text(_label(row)),
            Text("-" if row.best is None else number(row.best), style="bold"),
            Text("-" if row.default is None else number(row.default)),
            Text(row.words),
        )
    if not any(row.held_out for row in rows):
        table.add_row(Text("no held-out test evaluation", style="dim"))
    return table


def _label(row: MetricRow) -> str:
    kind = "objective" if row.objective is not None else "constraint"
    return f"{printable(row.metric)} ({'held-out test' if row.held_out else kind})"
