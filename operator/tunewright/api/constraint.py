"""A constraint: what a configuration must keep to, to count as good at all."""

import re
from typing import Self

from pydantic import Field, field_validator, model_validator

from tunewright.api.base import Model, Number, Str

METRIC = r"[A-Za-z_][A-Za-z0-9_./-]*"


class Constraint(Model):
    """A bound on a metric that the trainer reports; a trial that breaks it is no candidate for the best."""

    metric: Str = Field(
        min_length=1,
        max_length=63,
        description="The metric's name, as the trainer reports it; its last value counts.",
        json_schema_extra={"pattern": f"^{METRIC}$"},
    )
    max: Number | None = Field(None, description="Greatest value allowed. Either max or min.")
    min: Number | None = Field(None, description="Least value allowed. Either max or min.")

    @field_validator("metric")
    @classmethod
    def _check_metric(cls, metric: str) -> str:
        if not re.fullmatch(METRIC, metric, re.ASCII):
            raise ValueError(
                "a metric's name starts with a letter or _ and holds letters, digits, _ . / and - only"
            )
        return metric

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.max is None) is (self.min is None):
            raise ValueError("a constraint has either max or min")
        return self

    def violation(self, value: float) -> float:
        """By how much `value` breaks the bound, in the metric's unit; at most 0 where it keeps it."""
        if self.max is not None:
            return value - self.max
        assert self.min is not None
        return self.min - value
