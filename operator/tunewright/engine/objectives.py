"""A trial's value of each objective, from what it reported."""

from collections.abc import Mapping, Sequence

from tunewright.api.study import Direction, Objective, Summary
from tunewright.api.trial import MetricSummary, Trial


def values_of(metrics: Mapping[str, MetricSummary], objectives: Sequence[Objective]) -> dict[str, float]:
    """The value of each objective that was reported."""
    return {o.metric: _value(metrics[o.metric], o) for o in objectives if o.metric in metrics}


def _value(summary: MetricSummary, objective: Objective) -> float:
    if objective.summary is Summary.LAST:
        return summary.last
    return summary.max if objective.direction is Direction.MAXIMIZE else summary.min


def vector(trial: Trial, objectives: Sequence[Objective]) -> tuple[float, ...] | None:
    """The values of all objectives in their order; None where one is missing."""
    values = trial.status.objectives
    if any(o.metric not in values for o in objectives):
        return None
    return tuple(values[o.metric] for o in objectives)


def target_reached(values: Sequence[float], objectives: Sequence[Objective]) -> bool:
    """Whether every objective that has a target reaches it, and at least one has."""
    with_target = [(o, value) for o, value in zip(objectives, values, strict=True) if o.target is not None]
    return bool(with_target) and all(o.reached(value) for o, value in with_target)
