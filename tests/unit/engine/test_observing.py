"""What a trial has reported: over several attempts, and while one still runs."""

from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_study, a_trial

from tunewright.api.trial import MAX_POINTS, Trial
from tunewright.engine.facts import AttemptKey, Execution
from tunewright.engine.observing import observed
from tunewright.metrics.curves import Point, summary_of

SPEC = a_study().spec


def reporting(*points: Point, number: int = 1, metric: str = "accuracy") -> Execution:
    """An attempt that has reported this."""
    summaries = {metric: summary_of(points)} if points else {}
    curves: Mapping[str, list[Point]] = {metric: list(points)} if points else {}
    return Execution(AttemptKey("digits-0", number), started_at=0, metrics=summaries, curves=curves)


def after(*executions: Execution, trial: Trial | None = None) -> Trial:
    """The trial once these were taken in."""
    trial = trial or a_trial(0)
    for execution in executions:
        trial = trial.model_copy(update={"status": observed(execution, trial, SPEC)})
    return trial


def test_metrics_values_and_curves_so_far() -> None:
    status = after(reporting((1, 0.5), (2, 0.9), (3, 0.8))).status

    assert status.metrics["accuracy"].last == 0.8
    assert status.objectives == {"accuracy": 0.9}
    assert status.curves == {"accuracy": [(1, 0.5), (2, 0.9), (3, 0.8)]}


def test_a_step_that_a_later_attempt_did_again_counts_as_it_did_it() -> None:
    status = after(reporting((1, 0.1), (2, 0.2), (3, 0.3)), reporting((2, 0.4), (3, 0.5), number=2)).status

    assert status.curves == {"accuracy": [(1, 0.1), (2, 0.4), (3, 0.5)]}


def test_only_objectives_have_curves() -> None:
    status = after(reporting((1, 0.5), metric="loss")).status

    assert "loss" in status.metrics
    assert status.curves == {}


def test_a_long_curve_keeps_its_ends_and_what_lies_evenly_between() -> None:
    points = [(step, step / 1000) for step in range(1, 1001)]
    kept = after(reporting(*points)).status.curves["accuracy"]

    assert len(kept) == MAX_POINTS
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    gaps = {later[0] - earlier[0] for earlier, later in pairwise(kept)}
    assert gaps <= {32, 33}


VALUES = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=90)


@given(before=VALUES, values=VALUES, seen=st.integers(1, 90), first=st.integers(1, 40))
def test_what_was_taken_in_while_it_ran_changes_nothing_of_what_it_comes_to(
    before: list[float], values: list[float], seen: int, first: int
) -> None:
    earlier = after(reporting(*enumerate(before, start=1)))
    points = list(enumerate(values, start=first))
    partly, wholly = reporting(*points[:seen], number=2), reporting(*points, number=2)

    at_once = after(wholly, trial=earlier).status
    in_between = after(partly, wholly, trial=earlier).status
    assert in_between.metrics == at_once.metrics
    assert in_between.objectives == at_once.objectives
    assert len(in_between.curves["accuracy"]) <= MAX_POINTS
    assert in_between.curves["accuracy"][-1] == at_once.curves["accuracy"][-1]
    assert after(wholly, wholly, trial=earlier).status.metrics == at_once.metrics
    if len(before) + len(values) <= MAX_POINTS:
        assert in_between == at_once


@given(values=VALUES)
def test_an_attempt_that_is_gone_without_a_word_takes_nothing_away(values: list[float]) -> None:
    trial = after(reporting(*enumerate(values, start=1)))

    assert after(reporting(), trial=trial) == trial


def test_what_is_stored_is_what_is_read_again() -> None:
    trial = after(reporting((1, 0.5), (2, 1.0)))

    assert trial.document()["status"]["curves"] == {"accuracy": [[1, 0.5], [2, 1.0]]}
    assert Trial.model_validate(trial.document()) == trial
