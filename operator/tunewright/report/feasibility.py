"""Which trials keep the constraints, in words and in numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tunewright.api.constraint import Constraint
from tunewright.api.trial import Trial, TrialState
from tunewright.report.view import StudyView
from tunewright.report.wording import count, number, printable


@dataclass(frozen=True)
class Exclusion:
    """What one constraint has done to the trials that have a value of every objective.

    Attributes:
        constraint: the constraint.
        broken: how many break it.
        alone: how many of them break no other.
        unreported: how many never reported its metric.
    """

    constraint: Constraint
    broken: int
    alone: int
    unreported: int


def exclusions(view: StudyView) -> Iterator[Exclusion]:
    """Of each constraint, in the study's order."""
    trials = [view.trial(name) for name in view.evaluated]
    for constraint in view.constraints:
        known = [trial for trial in trials if constraint.metric in trial.status.metrics]
        broken = [trial for trial in known if _breaks(trial, constraint)]
        others = [other for other in view.constraints if other is not constraint]
        alone = [trial for trial in broken if not any(_breaks(trial, other) for other in others)]
        yield Exclusion(constraint, len(broken), len(alone), len(trials) - len(known))


def _breaks(trial: Trial, constraint: Constraint) -> bool:
    summary = trial.status.metrics.get(constraint.metric)
    return summary is not None and constraint.violation(summary.last) > 0


def bound(constraint: Constraint) -> str:
    """`at most 50`, `at least 0.9`."""
    return f"{'at least' if constraint.max is None else 'at most'} {number(constraint.bound)}"


def bounds_of(view: StudyView, metric: str) -> str:
    """The bounds on a metric: `at least 1 and at most 50`; empty where there is none."""
    return " and ".join(bound(each) for each in view.constraints if each.metric == metric)


def breaks(violations: Mapping[str, float]) -> str:
    """`breaks latency by 13, recall by 0.1`; empty where nothing is broken."""
    if not violations:
        return ""
    return (
        f"breaks {', '.join(f'{printable(name)} by {number(amount)}' for name, amount in violations.items())}"
    )


def shortcoming(view: StudyView, trial: Trial) -> str:
    """Why an ended trial is not feasible: what it breaks, and what it did not report; empty if it is."""
    if trial.name not in view.infeasible:
        return ""
    metrics = dict.fromkeys(each.metric for each in view.constraints)
    missing = [f"{printable(name)} not reported" for name in metrics if name not in trial.status.metrics]
    return ", ".join(filter(None, [breaks(trial.status.violations), *missing]))


def state_of(view: StudyView, trial: Trial) -> str:
    """`Completed (breaks latency by 13)`, `Failed (Hung)`: a trial's state, and what is wrong with it."""
    state, reason = trial.status.state, trial.status.reason
    wrong = [printable(reason) if state is not TrialState.COMPLETED else "", shortcoming(view, trial)]
    said = ", ".join(filter(None, wrong))
    return f"{state.value} ({said})" if said else state.value


def feasible_share(view: StudyView) -> str:
    """How many trials keep the constraints, and what excluded the others; empty without constraints."""
    if not view.constraints or not view.evaluated:
        return ""
    kept = len(view.evaluated) - len(view.infeasible)
    text = f"{kept:,} of {count(len(view.evaluated), 'trial')} feasible"
    reasons = ", ".join(_excluded(each) for each in exclusions(view) if each.broken or each.unreported)
    return text + (f"; excluded: {reasons}" if reasons else "")


def _excluded(exclusion: Exclusion) -> str:
    """`4 by latency at most 50 (1 did not report it)`."""
    name = printable(exclusion.constraint.metric)
    total = exclusion.broken + exclusion.unreported
    missing = f" ({exclusion.unreported:,} did not report it)" if exclusion.unreported else ""
    return f"{total:,} by {name} {bound(exclusion.constraint)}{missing}"
