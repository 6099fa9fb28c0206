import math
from itertools import pairwise

import pytest

from tunewright_trainer.sdk.record import MAX_METRICS, Curve, Point, Record


def test_keeps_of_each_metric_the_last_value_and_the_first_of_its_extremes() -> None:
    record = Record()
    record.add(1, {"loss": 0.5, "accuracy": 0.1})
    for step, loss in enumerate((0.2, 0.9, 0.2, 0.9, 0.4), start=2):
        record.add(step, {"loss": loss})

    assert record.metrics["loss"].summary == (Point(6, 0.4), Point(2, 0.2), Point(3, 0.9))
    assert record.metrics["accuracy"].summary == (Point(1, 0.1), Point(1, 0.1), Point(1, 0.1))
    assert record.step == 6


def test_values_that_are_not_finite_are_counted_and_no_more() -> None:
    record = Record()
    for step, value in enumerate((math.nan, 0.5, math.inf, 0.75, -math.inf)):
        record.add(step, {"loss": value, "gain": math.nan})

    loss, gain = record.metrics["loss"], record.metrics["gain"]
    assert (loss.summary, loss.not_finite) == ((Point(3, 0.75), Point(1, 0.5), Point(3, 0.75)), 3)
    assert (gain.summary, gain.not_finite) == (None, 5)
    assert (loss.curve.points(), gain.curve.points()) == ([Point(1, 0.5), Point(3, 0.75)], [])


def test_a_milestone_takes_the_first_step_at_or_after_it() -> None:
    record = Record(milestones=(1, 3, 9))
    for step in (2, 4, 6):
        record.add(step, {"loss": step / 10})
    record.add(6, {"accuracy": 0.9})

    assert record.at_milestones == {
        ("loss", 1): Point(2, 0.2),
        ("loss", 3): Point(4, 0.4),
        ("accuracy", 1): Point(6, 0.9),
        ("accuracy", 3): Point(6, 0.9),
    }


def test_a_step_must_not_go_back_but_may_be_repeated_and_begin_anywhere() -> None:
    record = Record()
    record.add(7, {"loss": 0.5})
    record.add(7, {"accuracy": 0.5})

    with pytest.raises(ValueError, match="step 6 comes after step 7"):
        record.add(6, {"loss": 0.4})
    summary = record.metrics["loss"].summary
    assert summary is not None and summary.last == Point(7, 0.5)


def test_the_number_of_metric_names_is_bounded() -> None:
    record = Record()
    record.add(1, {f"metric_{i}": 0.0 for i in range(MAX_METRICS)})

    with pytest.raises(ValueError, match="more than 64 different metric names"):
        record.add(2, {"one_more": 0.0})
    record.add(2, {"metric_0": 1.0})


def test_a_long_curve_is_thinned_evenly_and_keeps_both_ends() -> None:
    curve = Curve()
    for step in range(100_000):
        curve.add(Point(step, step * 2.0))

    points = curve.points()
    gaps = {later.step - earlier.step for earlier, later in pairwise(points[:-1])}
    assert len(points) <= 65
    assert len(gaps) == 1
    assert (points[0], points[-1]) == (Point(0, 0.0), Point(99_999, 199_998.0))
