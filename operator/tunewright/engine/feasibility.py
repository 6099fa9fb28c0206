"""Whether a trial keeps the study's constraints, from what it reported."""

from collections.abc import Mapping, Sequence

from tunewright.api.constraint import Constraint, total_violation, violations
from tunewright.api.trial import MetricSummary, Trial, TrialStatus


def constrained_values(
    metrics: Mapping[str, MetricSummary], constraints: Sequence[Constraint]
) -> tuple[float | None, ...]:
    """The last value of each constraint's metric; None of one that was not reported."""
    summaries = (metrics.get(constraint.metric) for constraint in constraints)
    return tuple(None if summary is None else summary.last for summary in summaries)


def feasible(trial: Trial, constraints: Sequence[Constraint]) -> bool:
    """Whether the trial is known to keep all constraints."""
    return total_violation(constraints, constrained_values(trial.status.metrics, constraints)) == 0


def unreported(status: TrialStatus, constraints: Sequence[Constraint]) -> list[str]:
    """The constraints' metrics that the trial did not report, each once."""
    return list(dict.fromkeys(c.metric for c in constraints if c.metric not in status.metrics))


def judged(status: TrialStatus, constraints: Sequence[Constraint]) -> TrialStatus:
    """The status, which says by what the trial has reported how it stands to the constraints."""
    last = {name: summary.last for name, summary in status.metrics.items()}
    broken = violations(constraints, last)
    known = bool(broken) or not unreported(status, constraints)
    feasible = not broken if constraints and known else None
    return status.model_copy(update={"feasible": feasible, "violations": broken})
