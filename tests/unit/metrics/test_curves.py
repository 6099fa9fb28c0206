"""Learning curves in bounded memory."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tunewright.api.trial import MetricSummary
from tunewright.metrics.curves import Curve, join, summary_of


def curve_of(count: int, limit: int) -> list[tuple[int, float]]:
    curve = Curve(limit)
    curve.extend((step, step / 2) for step in range(count))
    return curve.points()


def test_a_short_curve_is_kept_whole() -> None:
    assert curve_of(0, 10) == []
    assert curve_of(3, 10) == [(0, 0.0), (1, 0.5), (2, 1.0)]


@given(count=st.integers(1, 2_000), limit=st.integers(2, 50))
def test_a_long_curve_is_thinned_evenly(count: int, limit: int) -> None:
    points = curve_of(count, limit)
    steps = [step for step, _ in points]
    assert min(count, limit // 2) <= len(points) <= limit
    assert (steps[0], steps[-1]) == (0, count - 1)
    gaps = {after - before for before, after in pairwise(steps[:-1])}
    assert len(gaps) <= 1


@given(st.lists(st.sampled_from([0.5, 1.5, -1.0]), min_size=1))
def test_a_summary_has_the_last_and_both_extremes_where_they_were_first(values: list[float]) -> None:
    assert summary_of(list(enumerate(values))) == MetricSummary(
        last=values[-1],
        last_step=len(values) - 1,
        min=min(values),
        min_step=values.index(min(values)),
        max=max(values),
        max_step=values.index(max(values)),
    )


def test_a_step_done_again_replaces_what_was_lost() -> None:
    assert join([(1, 0.1), (2, 0.2), (3, 0.3)], [(3, 0.33), (4, 0.4)]) == [
        (1, 0.1),
        (2, 0.2),
        (3, 0.33),
        (4, 0.4),
    ]
    assert join([(1, 0.1)], []) == [(1, 0.1)]
    assert join([], [(1, 0.1)]) == [(1, 0.1)]
