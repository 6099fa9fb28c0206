"""Running summaries of metrics."""

import math
from collections.abc import Mapping
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from tunewright.api.trial import MetricSummary
from tunewright.metrics.observations import Observation, combine, merge, summarize

VALUES = st.lists(st.floats(-10, 10), min_size=1, max_size=20)
NOTHING: Mapping[str, MetricSummary] = {}


def observations(*values: float) -> list[Observation]:
    return [Observation(step, {"loss": value}, time=0) for step, value in enumerate(values, start=1)]


def summary_of(*values: float) -> MetricSummary:
    return reduce(summarize, observations(*values), NOTHING)["loss"]


def test_the_first_observation_is_last_and_both_extremes() -> None:
    assert summary_of(0.5) == MetricSummary(last=0.5, last_step=1, min=0.5, min_step=1, max=0.5, max_step=1)


def test_of_equal_extremes_the_first_step_stays() -> None:
    assert summary_of(2, 1, 3, 1, 3, 2) == MetricSummary(
        last=2, last_step=6, min=1, min_step=2, max=3, max_step=3
    )


@given(VALUES)
def test_a_summary_is_that_of_all_values(values: list[float]) -> None:
    assert summary_of(*values) == MetricSummary(
        last=values[-1],
        last_step=len(values),
        min=min(values),
        min_step=values.index(min(values)) + 1,
        max=max(values),
        max_step=values.index(max(values)) + 1,
    )


@given(VALUES, st.data())
def test_two_stretches_merge_to_the_whole(values: list[float], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(values)))
    whole = observations(*values)

    merged = merge(reduce(summarize, whole[:cut], NOTHING), reduce(summarize, whole[cut:], NOTHING))

    assert merged == reduce(summarize, whole, NOTHING)


def test_values_that_are_not_finite_are_left_out() -> None:
    assert summary_of(1, math.nan, math.inf, -math.inf) == summary_of(1)
    assert summarize({}, Observation(1, {"loss": math.nan}, 0)) == {}


def test_metrics_are_kept_apart() -> None:
    one = summarize({}, Observation(1, {"loss": 1.0, "accuracy": 0.5}, 0))
    two = summarize(one, Observation(2, {"loss": 0.5}, 0))

    assert two["accuracy"] == one["accuracy"]
    assert two["loss"].last == 0.5
    assert merge({"a": one["loss"]}, {"b": two["loss"]}) == {"a": one["loss"], "b": two["loss"]}


def test_what_is_given_stays_as_it_was() -> None:
    before = summarize({}, Observation(1, {"loss": 1.0}, 0))
    kept = dict(before)
    summarize(before, Observation(2, {"loss": 0.5}, 0))
    merge(before, before)

    assert before == kept


def test_a_resumed_attempt_may_repeat_earlier_steps() -> None:
    earlier, later = summary_of(3, 1, 2), summary_of(3, 1)

    assert combine(earlier, later) == MetricSummary(last=1, last_step=2, min=1, min_step=2, max=3, max_step=1)
