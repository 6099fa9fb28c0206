"""What was read of an attempt, put together."""

from tunewright.api.trial import MetricSummary
from tunewright.metrics.readings import MAX_POINTS, NONE, Readings


def a_summary(last_step: int, last: float, low: float = 0.0, high: float = 1.0) -> MetricSummary:
    return MetricSummary(last=last, last_step=last_step, min=low, min_step=1, max=high, max_step=2)


def test_the_summary_that_goes_further_counts() -> None:
    early, late = a_summary(3, 0.5), a_summary(4, 0.75, high=2.0)
    other = a_summary(1, 0.125)
    assert Readings({"a": early, "b": other}).merge(Readings({"a": late})).metrics == {"a": late, "b": other}
    assert Readings({"a": late}).merge(Readings({"a": early, "b": other})).metrics == {"a": late, "b": other}


def test_of_summaries_to_the_same_step_the_later_reading_counts() -> None:
    first, second = a_summary(3, 0.5), a_summary(3, 0.25)
    assert Readings({"a": first}).merge(Readings({"a": second})).metrics == {"a": second}


def test_what_was_not_finite_stays_so_and_times_do_not_go_back() -> None:
    merged = Readings(not_finite=frozenset("a"), reported_at=5).merge(
        Readings(not_finite=frozenset("b"), reported_at=3)
    )
    assert (merged.not_finite, merged.reported_at) == (frozenset("ab"), 5)


def test_a_later_word_on_whether_it_was_the_last_counts() -> None:
    assert Readings(final=False).merge(Readings(final=True)).final is True
    assert Readings(final=True).merge(NONE).final is True


def test_nothing_changes_nothing() -> None:
    readings = Readings({"a": a_summary(1, 0.5)}, frozenset("b"), 7, {"a": ((1, 0.5),)}, False)
    assert readings.merge(NONE) == readings
    assert NONE.merge(readings) == readings


def test_curves_are_joined_by_step_and_the_earlier_reading_is_the_exact_one() -> None:
    scraped = Readings(curves={"a": ((2, 1 / 3), (5, 0.5)), "b": ((1, 1.0),)})
    word = Readings(curves={"a": ((1, 0.25), (2, 0.333333), (6, 0.75))})
    assert scraped.merge(word).curves == {
        "a": ((1, 0.25), (2, 1 / 3), (5, 0.5), (6, 0.75)),
        "b": ((1, 1.0),),
    }


def test_curves_stay_short() -> None:
    even = Readings(curves={"a": tuple((step, 0.5) for step in range(0, 2 * MAX_POINTS, 2))})
    odd = Readings(curves={"a": tuple((step, 0.5) for step in range(1, 2 * MAX_POINTS, 2))})
    points = even.merge(odd).curves["a"]
    assert len(points) <= MAX_POINTS
    assert (points[0][0], points[-1][0]) == (0, 2 * MAX_POINTS - 1)
