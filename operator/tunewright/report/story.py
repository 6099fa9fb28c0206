"""The story of a study, in plain text: how it began, what was tried and why, what it found, how it ended."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from tunewright.api.trial import Purpose, Trial, TrialState
from tunewright.report.comparison import metric_rows
from tunewright.report.feasibility import breaks, feasible_share
from tunewright.report.importance import Importance, advice, importance, why_unknown
from tunewright.report.proposals import WITHIN, improvements, prediction, source, sources
from tunewright.report.summary import usage, why_ended, why_no_best
from tunewright.report.terminal import layout, plain_table
from tunewright.report.view import StudyView
from tunewright.report.warm_start import warm_start_lines
from tunewright.report.wording import count, number, printable, scalar, signed

MAX_IMPROVEMENTS = 15
MAX_EFFECTS = 5


def story(view: StudyView, *, colour: bool = False) -> str:
    """The whole story, also of a study that still runs."""
    return layout(*_parts(view), colour=colour)


def section(title: str, content: Sequence[RenderableType]) -> Iterator[RenderableType]:
    """A part of a story under its title; lines of text are indented. Nothing if there is nothing to tell."""
    if not content:
        return
    yield Text("")
    yield Text(title, style="bold")
    for each in content:
        yield Text(f"  {each}") if isinstance(each, str) else each


def _parts(view: StudyView) -> Iterator[RenderableType]:
    yield Text(f"{view.name} {why_ended(view)}", style="bold")
    yield Text(usage(view))
    yield from section("How it began", list(_beginning(view)))
    if not view.searched:
        return
    yield from section("What proposed the trials", list(_sources(view)))
    several = len(view.objectives) > 1
    title = "How the Pareto front was found" if several else "How the best was found"
    yield from section(title, list(_improvements(view)))
    yield from section("Stages", list(_stages(view)))
    yield from section("What went wrong", list(_troubles(view)))
    yield from section("What matters", list(_importance(view)))
    ended = view.study.status.phase.terminal
    yield from section("How it ended" if ended else "Where it stands", list(_ending(view)))


def _beginning(view: StudyView) -> Iterator[str]:
    purposes = Counter(trial.spec.purpose for trial in view.searched)
    default = next((trial for trial in view.searched if trial.spec.purpose is Purpose.DEFAULT), None)
    if default is not None:
        yield f"With the default configuration, {default.name}: {_result(view, default)}."
    elif view.searched:
        yield "Without the default configuration."
    if purposes[Purpose.INITIAL]:
        yield f"Then {count(purposes[Purpose.INITIAL], 'initial configuration')} of the study."
    algorithm = view.study.spec.algorithm
    yield f"Then the sampler {printable(algorithm.name)}, seed {algorithm.seed}."
    for line in warm_start_lines(view.study.status):
        yield f"{line}."


def _sources(view: StudyView) -> Iterator[RenderableType]:
    found = sources(view)
    told = any(each.predicted for each in found)
    won = "on the front" if len(view.objectives) > 1 else "improved the best"
    headings = ["  from", ">trials", ">failed", f">{won}"]
    table = plain_table(*headings, *([f">within {WITHIN:g} deviations"] if told else []))
    for each in found:
        cells = [f"  {each.name}", f"{each.trials:,}", f"{each.failed:,}", f"{each.improved:,}"]
        if told:
            cells.append(f"{each.within:,} of {each.predicted:,}" if each.predicted else "-")
        table.add_row(*map(Text, cells))
    yield table
    predicted, within = (sum(getattr(each, name) for each in found) for name in ("predicted", "within"))
    if predicted:
        yield Text(
            f"  Of {count(predicted, 'value')} that had been predicted, {within:,} came within {WITHIN:g} "
            f"predicted deviations ({within / predicted:.0%}; a normal law would have 95%)."
        )


def _improvements(view: StudyView) -> Iterator[RenderableType]:
    found = list(improvements(view))
    values = [view.evaluated[trial.name] for trial in found]
    hidden = len(found) - MAX_IMPROVEMENTS
    for place, trial in enumerate(found):
        if 1 <= place <= hidden:
            continue
        if place == hidden + 1 > 1:
            yield Text(f"  (and {hidden:,} more)")
        change = ""
        if place and len(values[place]) == 1:
            change = f" ({signed(values[place][0] - values[place - 1][0])})"
        expected = f"; predicted {prediction(trial)}" if prediction(trial) else ""
        yield Text(f"  {trial.name}: {_result(view, trial)}{change}, by {source(trial)}{expected}")
        if trial.spec.proposal.reason:
            yield Text(f"    {printable(trial.spec.proposal.reason)}")


def _stages(view: StudyView) -> Iterator[RenderableType]:
    for stage in view.study.status.stages:
        last = stage.first_index + stage.trials - 1
        which = f"trials {stage.first_index} to {last}" if stage.trials else "no trials yet"
        yield Text(f"  {printable(stage.name)}: {which}")
        for reason in stage.reasons:
            yield Text(f"    {printable(reason)}")
    begun = {stage.name for stage in view.study.status.stages}
    missing = [printable(stage.name) for stage in view.study.spec.stages if stage.name not in begun]
    if missing and view.study.status.phase.terminal:
        yield Text(f"  without a trial: {', '.join(missing)}")


def _troubles(view: StudyView) -> Iterator[str]:
    failed = [trial for trial in view.searched if trial.status.state is TrialState.FAILED]
    reasons = Counter(trial.status.reason or "not told" for trial in failed)
    if failed:
        counted = reasons.most_common()
        listed = ", ".join(f"{times:,} {printable(reason)}" for reason, times in counted)
        yield f"{count(len(failed), 'trial')} failed: {listed}."
    if share := feasible_share(view):
        yield f"{share}."


def _importance(view: StudyView) -> Iterator[str]:
    found = importance(view)
    if reason := why_unknown(view, found):
        yield reason
        return
    assert found is not None
    for name, effect in list(found.effects.items())[:MAX_EFFECTS]:
        if effect.clear:
            yield f"{name} explains {effect.share:.0%} of the variance by itself."
    unseen = f"{found.r2:.0%} of the variance of trials that it has not seen"
    yield f"(fANOVA by {found.library}; a forest explains {unseen}.)"
    yield from advice(found)
    yield from _next_study(view, found)


def _next_study(view: StudyView, found: Importance) -> Iterator[str]:
    """What to tune next, if something need not be tuned any more; the stages of this study are fixed."""
    if view.best is None or not found.negligible:
        return
    left = [name for name in found.effects if name not in found.negligible]
    kept = ", ".join(
        f"{name} at {scalar(view.best.parameters[name])}"
        for name in found.negligible
        if name in view.best.parameters
    )
    if kept:
        yield f"The best trial has {kept}."
    if left:
        warm_start = f"warmStartFrom: {{studies: [{view.name}]}}"
        yield f"A new study could tune {', '.join(left)} alone, with {warm_start}."


def _ending(view: StudyView) -> Iterator[str]:
    status, best = view.study.status, view.best
    if status.message:
        yield f"{printable(status.message[0].upper() + status.message[1:])}."
    if best is None:
        yield why_no_best(view)
        return
    broken = f", which {breaks(best.violations)}" if best.violations else ""
    yield f"The best is {best.name}{broken}."
    for row in metric_rows(view):
        if row.best is not None:
            held_out = " on held-out test data" if row.held_out else ""
            usual = "" if row.default is None else f", the default {number(row.default)} ({row.words})"
            yield f"{printable(row.metric)}{held_out}: {number(row.best)}{usual}."


def _result(view: StudyView, trial: Trial) -> str:
    """What came of a trial, in a few words."""
    values = view.evaluated.get(trial.name)
    if values is None:
        return trial.status.state.value.lower()
    pairs = zip(view.objectives, values, strict=True)
    return ", ".join(f"{printable(objective.metric)} {number(value)}" for objective, value in pairs)
