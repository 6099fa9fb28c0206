"""The story of one trial, in plain text: why it was proposed, what was expected, and what came of it."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from tunewright.api.parameters import same
from tunewright.api.trial import Purpose, Trial
from tunewright.report.feasibility import shortcoming
from tunewright.report.proposals import prediction, source, surprise
from tunewright.report.story import section
from tunewright.report.terminal import layout, plain_table
from tunewright.report.view import StudyView
from tunewright.report.wording import count, number, printable, scalar
from tunewright.search.history import Configuration
from tunewright.search.space import SearchSpace

NEAREST = 3
_ORIGINS = {
    Purpose.DEFAULT: "It is the default configuration.",
    Purpose.INITIAL: "It is one of the study's initial configurations.",
}


def trial_story(view: StudyView, name: str, *, colour: bool = False) -> str:
    """Why it was proposed, what it became, the nearest trials before it, and how it differs from the best.

    Raises:
        InvalidInput: the study has no trial of that name.
    """
    return layout(*_parts(view, view.trial(name)), colour=colour)


def _parts(view: StudyView, trial: Trial) -> Iterator[RenderableType]:
    status = trial.status
    why = ": ".join(printable(part) for part in (status.reason, status.message) if part)
    yield Text(f"{trial.name}: {status.state.value.lower()}" + (f", {why}" if why else ""), style="bold")
    yield from section("Why it was tried", list(_why(view, trial)))
    yield from section("What came of it", list(_outcome(view, trial)))
    if trial.spec.source is None:
        yield from section("The nearest trials before it", list(_nearest(view, trial)))
    yield from section("What differs from the best", list(_differences(view, trial)))


def _why(view: StudyView, trial: Trial) -> Iterator[str]:
    proposal = trial.spec.proposal
    if trial.spec.source is not None:
        yield f"To evaluate {trial.spec.source} on held-out test data."
        return
    yield _ORIGINS.get(trial.spec.purpose, f"Proposed by {source(trial)}.")
    if proposal.reason:
        yield printable(proposal.reason)
    if proposal.inputs is not None:
        running = len(proposal.inputs.pending)
        yield (
            f"Known then: {count(proposal.inputs.completed, 'trial')} that had ended, and "
            f"{running:,} that had not."
        )
    if view.study.spec.stages:
        yield f"In stage {printable(view.study.spec.stages[trial.stage].name)}."
    if prediction(trial):
        acquisition = "" if proposal.acquisition is None else f"; acquisition {number(proposal.acquisition)}"
        metric = printable(view.objectives[0].metric)
        yield f"Predicted of {metric}: {prediction(trial)}{acquisition}."


def _outcome(view: StudyView, trial: Trial) -> Iterator[str]:
    for metric, value in view.metrics(trial).items():
        if metric in view.study.spec.judging:
            yield f"{printable(metric)} {number(value)}"
    difference = surprise(view, trial)
    if difference is not None:
        than = "better" if difference > 0 else "worse"
        yield f"{number(float(f'{abs(difference):.2g}'))} predicted deviations {than} than predicted."
    if wrong := shortcoming(view, trial):
        yield f"Not feasible: {wrong}."
    if trial.name in view.evaluated and len(view.objectives) == 1:
        yield f"Rank {view.ranked.index(trial.name) + 1} of {len(view.ranked):,}."


def _nearest(view: StudyView, trial: Trial) -> Iterator[RenderableType]:
    """By the mean distance along the parameters' axes; a category is as far from another as can be."""
    space = SearchSpace(view.study.spec.parameters)
    before = [other for other in view.searched if other.spec.index < trial.spec.index]
    distances = {each.name: _distance(space, each.spec.parameters, trial.spec.parameters) for each in before}
    nearest = sorted(before, key=lambda each: (distances[each.name], each.spec.index))[:NEAREST]
    if not nearest:
        return
    table = plain_table("  trial", ">distance", *(f">{o.metric}" for o in view.objectives))
    for each in nearest:
        values = (each.status.objectives.get(o.metric) for o in view.objectives)
        cells = ("-" if value is None else number(value) for value in values)
        table.add_row(f"  {each.name}", f"{distances[each.name]:.2f}", *cells)
    yield table


def _distance(space: SearchSpace, left: Configuration, right: Configuration) -> float:
    names = [name for name in space.axes if name in left or name in right]
    total = 0.0
    for name in names:
        axis = space.axes[name]
        if name in left and name in right and axis.ordered:
            total += abs(axis.to_unit(left[name]) - axis.to_unit(right[name]))
        else:
            total += not same(left.get(name), right.get(name))
    return total / max(1, len(names))


def _differences(view: StudyView, trial: Trial) -> Iterator[RenderableType]:
    best = view.best
    if best is None:
        return
    if best.name in (trial.name, trial.spec.source):
        yield Text("  Nothing: it is the best.")
        return
    ours, theirs = trial.spec.parameters, best.parameters
    names = [each.name for each in view.study.spec.parameters]
    differing = [name for name in names if not same(ours.get(name), theirs.get(name))]
    table = plain_table("  name", ">here", f">{best.name}")
    for name in differing:
        table.add_row(f"  {name}", scalar(ours.get(name)), scalar(theirs.get(name)))
    yield table if differing else Text("  Nothing in its configuration.")
