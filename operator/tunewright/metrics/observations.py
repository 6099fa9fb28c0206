"""Observations, and summaries over several stretches of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from tunewright.api.trial import MetricSummary


@dataclass(frozen=True)
class Observation:
    """The values of some metrics at one training step; `time` in milliseconds since the Unix epoch."""

    step: int
    values: Mapping[str, float]
    time: int


def merge(
    earlier: Mapping[str, MetricSummary], later: Mapping[str, MetricSummary]
) -> dict[str, MetricSummary]:
    """The summaries of a trial over an earlier and a later attempt."""
    result = dict(earlier)
    for name, summary in later.items():
        result[name] = combine(result[name], summary) if name in result else summary
    return result


def combine(earlier: MetricSummary, later: MetricSummary) -> MetricSummary:
    """One metric's summary over two stretches of time; of equal extremes the earlier one stays."""
    return MetricSummary(
        last=later.last,
        last_step=later.last_step,
        min=min(earlier.min, later.min),
        min_step=later.min_step if later.min < earlier.min else earlier.min_step,
        max=max(earlier.max, later.max),
        max_step=later.max_step if later.max > earlier.max else earlier.max_step,
    )
