"""Where the trials came from, and what was expected of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from tunewright.api.trial import Purpose, Trial, TrialState
from tunewright.report.view import StudyView
from tunewright.report.wording import number, printable

WITHIN = 2.0
"""So many predicted deviations; 95 % of what a normal law draws lies within them."""


def source(trial: Trial) -> str:
    """What a trial came from: `default configuration`, `auto: trust region`."""
    if trial.spec.purpose is Purpose.DEFAULT:
        return "default configuration"
    if trial.spec.purpose is Purpose.INITIAL:
        return "initial configurations"
    proposal = trial.spec.proposal
    return printable(": ".join(filter(None, [proposal.sampler, proposal.part]))) or "sampler"


def prediction(trial: Trial) -> str:
    """What was predicted of its objective: `0.93 +- 0.02`; empty where nothing was."""
    proposal = trial.spec.proposal
    if proposal.mean is None:
        return ""
    spread = f" +- {number(proposal.deviation)}" if proposal.deviation is not None else ""
    return f"{number(proposal.mean)}{spread}"


def surprise(view: StudyView, trial: Trial) -> float | None:
    """By how many predicted deviations it became better than predicted; None where that cannot be told."""
    proposal, values = trial.spec.proposal, view.evaluated.get(trial.name)
    if values is None or len(values) > 1 or proposal.mean is None or not proposal.deviation:
        return None
    sign = 1 if view.objectives[0].better(1, 0) else -1
    return sign * (values[0] - proposal.mean) / proposal.deviation


@dataclass(frozen=True)
class Source:
    """What came of the trials of one source.

    Attributes:
        name: the source.
        trials, failed: how many there are, and how many of them failed.
        improved: how many were the best when they ended; of several objectives, how many are on the front.
        predicted: of how many the value can be held against a prediction.
        within: how many of those lie within `WITHIN` predicted deviations.
    """

    name: str
    trials: int
    failed: int
    improved: int
    predicted: int
    within: int


def sources(view: StudyView) -> list[Source]:
    """All of them, in the order in which they first appeared."""
    named: dict[str, list[Trial]] = {}
    for trial in view.searched:
        named.setdefault(source(trial), []).append(trial)
    improved = {trial.name for trial in improvements(view)}
    found = []
    for name, trials in named.items():
        surprises = [s for trial in trials if (s := surprise(view, trial)) is not None]
        found.append(
            Source(
                name,
                len(trials),
                sum(trial.status.state is TrialState.FAILED for trial in trials),
                sum(trial.name in improved for trial in trials),
                len(surprises),
                sum(abs(each) <= WITHIN for each in surprises),
            )
        )
    return found


def improvements(view: StudyView) -> Iterator[Trial]:
    """The feasible trials that were the best when they ended; of several objectives, the Pareto front."""
    if len(view.objectives) > 1:
        front = {member.name for member in view.front}
        yield from (trial for trial in view.ended if trial.name in front)
        return
    best: float | None = None
    for trial in view.ended:
        values = view.evaluated.get(trial.name)
        if values is None or trial.name in view.infeasible:
            continue
        if best is None or view.objectives[0].better(values[0], best):
            best = values[0]
            yield trial
