"""Summaries over several stretches of observations."""

from hypothesis import given
from hypothesis import strategies as st

from tunewright.api.trial import MetricSummary
from tunewright.metrics import curves
from tunewright.metrics.observations import combine, merge

VALUES = st.lists(st.floats(-10, 10), min_size=1, max_size=20)


def summary_of(*values: float) -> MetricSummary:
    return curves.summary_of(list(enumerate(values, start=1)))


def test_of_equal_extremes_the_earlier_stays() -> None:
    earlier, later = curves.summary_of([(1, 1), (2, 3)]), curves.summary_of([(3, 3), (4, 1), (5, 2)])
    assert combine(earlier, later) == MetricSummary(last=2, last_step=5, min=1, min_step=1, max=3, max_step=2)


@given(VALUES, st.data())
def test_two_stretches_merge_to_the_whole(values: list[float], data: st.DataObject) -> None:
    points = list(enumerate(values, start=1))
    cut = data.draw(st.integers(0, len(values)))
    stretches = [{"loss": curves.summary_of(some)} if some else {} for some in (points[:cut], points[cut:])]
    assert merge(*stretches) == {"loss": curves.summary_of(points)}


def test_metrics_are_kept_apart_and_what_is_given_stays_as_it_was() -> None:
    one, two = {"a": summary_of(1)}, {"a": summary_of(2), "b": summary_of(3)}
    assert merge(one, two) == {"a": combine(summary_of(1), summary_of(2)), "b": summary_of(3)}
    assert (one, two) == ({"a": summary_of(1)}, {"a": summary_of(2), "b": summary_of(3)})


def test_a_resumed_attempt_may_repeat_earlier_steps() -> None:
    earlier, later = summary_of(3, 1, 2), summary_of(3, 1)

    assert combine(earlier, later) == MetricSummary(last=1, last_step=2, min=1, min_step=2, max=3, max_step=1)
