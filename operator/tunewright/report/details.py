"""Everything about one trial, for people."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from tunewright.api.base import Scalar
from tunewright.api.parameters import same
from tunewright.api.trial import Attempt, Purpose, Trial
from tunewright.report.feasibility import bound
from tunewright.report.proposals import prediction
from tunewright.report.terminal import layout, plain_table
from tunewright.report.view import StudyView
from tunewright.report.wording import duration, moment, number, printable, scalar, signed

_PURPOSES = {
    Purpose.DEFAULT: "the default configuration",
    Purpose.INITIAL: "an initial configuration of the study",
    Purpose.SEARCH: "proposed by the sampler",
    Purpose.FINAL_TEST: "test evaluation",
}


def details(view: StudyView, name: str, *, colour: bool = False) -> str:
    """The state, parameters, origin, attempts, metrics, test evaluation and log of a trial.

    Raises:
        InvalidInput: the study has no trial of that name.
    """
    trial = view.trial(name)
    return layout(*_parts(view, trial), colour=colour)


def _parts(view: StudyView, trial: Trial) -> Iterator[RenderableType]:
    yield Text(f"{trial.name}: {_state(trial)}", style="bold")
    yield Text(f"{_origin(trial)}{_standing(view, trial)}")
    if trial.spec.proposal.reason:
        yield Text(printable(trial.spec.proposal.reason))
    yield from _section("Parameters", _parameters(view, trial))
    yield from _section("Attempts", _attempts(trial))
    if view.constraints and trial.spec.source is None:
        yield from _section("Constraints", _constraints(view, trial))
    yield from _section("Metrics", _metrics(view, trial))
    yield from _section("Test evaluation", _test(view, trial))
    if trial.name in view.logs:
        yield from _section("Log", Text(f"  {printable(view.logs[trial.name])}"))


def _section(title: str, content: RenderableType) -> Iterator[RenderableType]:
    yield Text("")
    yield Text(title, style="bold")
    yield content


def _state(trial: Trial) -> str:
    status = trial.status
    why = ": ".join(printable(part) for part in (status.reason, status.message) if part)
    return status.state.value.lower() + (f", {why}" if why else "")


def _origin(trial: Trial) -> str:
    if trial.spec.source is not None:
        return f"test evaluation of {trial.spec.source}"
    proposal = trial.spec.proposal
    who = proposal.sampler + (f" ({proposal.part})" if proposal.part else "")
    facts = [_PURPOSES[trial.spec.purpose] + (f" {printable(who)}" if who else "")]
    if prediction(trial):
        facts.append(f"which predicted {prediction(trial)}")
    if proposal.acquisition is not None:
        facts.append(f"acquisition value {number(proposal.acquisition)}")
    return ", ".join(facts)


def _standing(view: StudyView, trial: Trial) -> str:
    if trial.name in view.infeasible:
        return "; not feasible"
    if trial.name not in view.evaluated or len(view.objectives) > 1:
        on_front = any(member.name == trial.name for member in view.front)
        return "; on the Pareto front" if on_front else ""
    return f"; rank {view.ranked.index(trial.name) + 1} of {len(view.ranked)}"


def _parameters(view: StudyView, trial: Trial) -> RenderableType:
    default = view.default.parameters if view.default is not None else None
    table = plain_table("  name", ">value", ">default")
    for parameter in view.study.spec.parameters:
        value = trial.spec.parameters.get(parameter.name)
        usual = parameter.default if default is None else default.get(parameter.name)
        style = "" if same(value, usual) else "bold"
        table.add_row(f"  {parameter.name}", Text(_exact(value), style=style), Text(_exact(usual)))
    return table


def _exact(value: Scalar | None) -> str:
    """All digits: what stands here may be used again."""
    return repr(value) if isinstance(value, float) else scalar(value)


def _attempts(trial: Trial) -> RenderableType:
    if not trial.status.attempts:
        return Text("  none has ended")
    table = plain_table(">  no.", "outcome", ">duration", "began", "reason")
    for attempt in trial.status.attempts:
        reason = ": ".join(printable(part) for part in (attempt.reason, attempt.message) if part)
        table.add_row(
            str(attempt.number),
            attempt.outcome.value,
            _ran(attempt),
            "-" if attempt.started_at is None else moment(attempt.started_at),
            Text(reason),
        )
    return table


def _ran(attempt: Attempt) -> str:
    if attempt.started_at is None or attempt.ended_at is None:
        return "-"
    return duration(attempt.ended_at - attempt.started_at)


def _constraints(view: StudyView, trial: Trial) -> RenderableType:
    table = plain_table("  metric", "bound", ">value", "")
    for constraint in view.constraints:
        value = view.last(trial.name, constraint.metric)
        amount = 0.0 if value is None else constraint.violation(value)
        said = "broken by " + number(amount) if amount > 0 else "kept"
        table.add_row(
            f"  {constraint.metric}",
            bound(constraint),
            "-" if value is None else number(value),
            Text("not reported", style="yellow") if value is None else Text(said, style="red" * (amount > 0)),
        )
    return table


def _metrics(view: StudyView, trial: Trial) -> RenderableType:
    if not trial.status.metrics:
        return Text("  none was reported")
    table = plain_table("  name", ">last", ">at step", ">least", ">at step", ">greatest", ">at step")
    for name in view.in_order(trial.status.metrics):
        summary = trial.status.metrics[name]
        table.add_row(
            Text(f"  {printable(name)}"),
            number(summary.last),
            str(summary.last_step),
            number(summary.min),
            str(summary.min_step),
            number(summary.max),
            str(summary.max_step),
        )
    return table


def _test(view: StudyView, trial: Trial) -> RenderableType:
    if trial.spec.source is not None:
        return Text(f"  this is the one of {trial.spec.source}")
    measured = view.test(trial.name)
    if not measured:
        evaluation = view.tests.get(trial.name)
        return Text("  none" if evaluation is None else f"  {evaluation.name}: {_state(evaluation)}")
    other = view.test(view.default.name) if view.default and view.default.name != trial.name else {}
    table = (
        plain_table("  name", ">value", ">default's", ">difference")
        if other
        else plain_table("  name", ">value")
    )
    for name, value in measured.items():
        row = [f"  {printable(name)}", number(value)]
        if other:
            row += [number(other[name]), signed(value - other[name])] if name in other else ["-", ""]
        table.add_row(*map(Text, row))
    return table
