"""Observations, taken in as they come."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tunewright.api.trial import MetricSummary
from tunewright.metrics.curves import summary_of
from tunewright.metrics.gathering import MAX_METRICS, Gathering
from tunewright.metrics.observations import Observation
from tunewright.metrics.readings import Readings


def observed(*values: float, name: str = "loss") -> list[Observation]:
    return [Observation(step, {name: value}, 0) for step, value in enumerate(values)]


@given(st.lists(st.lists(st.floats()), max_size=4))
def test_in_however_many_parts(parts: list[list[float]]) -> None:
    whole = observed(*(value for part in parts for value in part))
    gathering = Gathering([])
    rest = list(whole)
    for part in parts:
        gathering.take(rest[: len(part)])
        rest = rest[len(part) :]
    points = [(each.step, each.values["loss"]) for each in whole if math.isfinite(each.values["loss"])]
    assert gathering.metrics == ({"loss": summary_of(points)} if points else {})
    assert gathering.curves() == ({"loss": points} if points else {})
    assert gathering.not_finite == ({"loss"} if len(points) < len(whole) else set())


def test_a_bound_on_names_but_for_those_that_trials_are_judged_by() -> None:
    gathering = Gathering(["accuracy"])
    for index in range(MAX_METRICS):
        gathering.take(observed(1.0, name=f"m{index}"))
    assert not gathering.refused
    gathering.take(observed(math.nan, name="one-more"))
    gathering.take(observed(0.5, name="accuracy"))
    gathering.take(observed(2.0, name="m0"))
    assert gathering.refused
    assert len(gathering.metrics) == MAX_METRICS + 1
    assert (gathering.metrics["accuracy"].last, gathering.metrics["m0"].last) == (0.5, 2.0)
    assert gathering.not_finite == set()


def a_summary(last_step: int, last: float, low: float, high: float) -> MetricSummary:
    return MetricSummary(last=last, last_step=last_step, min=low, min_step=1, max=high, max_step=1)


def test_readings_of_all_so_far() -> None:
    gathering = Gathering([])
    gathering.take(observed(0.5, 0.75))
    first = Readings({"loss": a_summary(3, 0.6, 0.5, 2.0), "gain": a_summary(1, 1.0, 1.0, 1.0)})
    assert gathering.take_readings(first) is True
    assert gathering.take_readings(first) is False
    assert gathering.take_readings(Readings({"loss": a_summary(2, 0.0, 0.0, 0.0)})) is False  # an older one
    assert gathering.take_readings(Readings(not_finite=frozenset({"norm"}))) is True
    loss = gathering.metrics["loss"]
    assert (loss.last, loss.last_step, loss.min, loss.max, loss.max_step) == (0.6, 3, 0.5, 2.0, 1)
    assert gathering.readings() == Readings(
        gathering.metrics,
        frozenset({"norm"}),
        curves={"loss": ((0, 0.5), (1, 0.75), (3, 0.6)), "gain": ((1, 1.0),)},
    )


def test_a_second_report_at_a_step_counts() -> None:
    gathering = Gathering([])
    gathering.take_readings(Readings({"loss": a_summary(3, 0.6, 0.5, 2.0)}))
    assert gathering.take_readings(Readings({"loss": a_summary(3, 0.1, 0.1, 2.0)})) is True
    assert (gathering.metrics["loss"].last, gathering.metrics["loss"].min) == (0.1, 0.1)
    assert gathering.curves() == {"loss": [(3, 0.6)]}
