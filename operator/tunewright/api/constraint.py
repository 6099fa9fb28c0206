"""A constraint: what a configuration must keep to, to count as good at all."""

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import Field, model_validator

from tunewright.api.base import Model, Number
from tunewright.api.metric import MetricName


class Constraint(Model):
    """A bound on a metric that the trainer reports; a trial that breaks it is no candidate for the best."""

    metric: MetricName = Field(
        description="The metric's name, as the trainer reports it; its last value counts."
    )
    max: Number | None = Field(None, description="Greatest value allowed. Either max or min.")
    min: Number | None = Field(None, description="Least value allowed. Either max or min.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.max is None) is (self.min is None):
            raise ValueError("a constraint has either max or min")
        return self

    @property
    def bound(self) -> float:
        """The greatest or the least value allowed."""
        bound = self.min if self.max is None else self.max
        assert bound is not None
        return bound

    def violation(self, value: float) -> float:
        """By how much `value` breaks the bound, in the metric's unit; at most 0 where it keeps it."""
        amount = self.bound - value if self.max is None else value - self.bound
        return min(amount, sys.float_info.max)


def violations(constraints: Sequence[Constraint], metrics: Mapping[str, float]) -> dict[str, float]:
    """By how much the constraints that are broken are, by their metric and in its unit.

    What `metrics` does not have is passed over; at most one of a metric's constraints is broken.
    """
    reported = [constraint for constraint in constraints if constraint.metric in metrics]
    amounts = [(each.metric, each.violation(metrics[each.metric])) for each in reported]
    return {metric: amount for metric, amount in amounts if amount > 0}


def total_violation(constraints: Sequence[Constraint], values: Sequence[float | None]) -> float:
    """How far a trial is from keeping all constraints: 0 where it keeps them, infinite where nobody knows.

    It is the sum of the violations, each over its constraint's scale: the absolute value of the bound, or 1
    where the bound is 0. So 13 ms above 50 ms is .26, whatever the other metrics' units are. A scale made
    from the violations seen so far would suit bounds near 0 better, but would change as trials come: what
    was nearer yesterday might be further off today.

    Args:
        constraints: the study's.
        values: of each constraint's metric, in the order of the constraints; None: not reported.
    """
    total = 0.0
    for constraint, value in zip(constraints, values, strict=True):
        if value is None:
            return math.inf
        total += max(0.0, constraint.violation(value)) / (abs(constraint.bound) or 1.0)
    return total
