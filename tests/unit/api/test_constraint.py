"""Constraints: by how much a value breaks one, and how far a trial is from keeping them all."""

import math
import sys
from typing import Any

import pytest

from tunewright.api.constraint import Constraint, total_violation, violations


def constraint(metric: str = "latency", **bound: float) -> Constraint:
    return Constraint(metric=metric, **bound)


LATENCY, RECALL = constraint(max=50.0), constraint("recall", min=0.8)


@pytest.mark.parametrize(
    ("bound", "value", "amount"),
    [
        ({"max": 50}, 63.0, 13.0),
        ({"max": 50}, 50.0, 0.0),
        ({"max": 50}, 20.0, -30.0),
        ({"min": 0.75}, 0.5, 0.25),
        ({"min": 0.75}, 1.0, -0.25),
        ({"min": -2.0}, -3.0, 1.0),
        ({"max": 0.0}, 3.0, 3.0),
    ],
)
def test_violation(bound: dict[str, Any], value: float, amount: float) -> None:
    assert constraint(**bound).violation(value) == amount


def test_a_violation_is_a_finite_number() -> None:
    """A status is JSON, which has no infinity."""
    assert constraint(max=-1e308).violation(1.7e308) == sys.float_info.max


@pytest.mark.parametrize(
    ("metrics", "broken"),
    [
        ({"latency": 50.0, "recall": 0.8, "other": 9.0}, {}),
        ({"latency": 60.0, "recall": 0.9}, {"latency": 10.0}),
        ({"latency": 60.0, "recall": 0.3}, {"latency": 10.0, "recall": 0.5}),
        ({"latency": 60.0}, {"latency": 10.0}),
        ({}, {}),
    ],
)
def test_violations_are_told_by_metric(metrics: dict[str, float], broken: dict[str, float]) -> None:
    assert violations([LATENCY, RECALL], metrics) == broken


@pytest.mark.parametrize(("value", "broken"), [(1.0, {}), (4.0, {"a": 1.0}), (-2.0, {"a": 2.0})])
def test_of_a_metric_with_two_bounds_the_one_that_is_broken_is_told(
    value: float, broken: dict[str, Any]
) -> None:
    bounds = [constraint("a", max=3.0), constraint("a", min=0.0)]
    assert violations(bounds, {"a": value}) == broken
    assert violations(bounds[::-1], {"a": value}) == broken


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ((50.0, 0.8), 0.0),
        ((10.0, 0.9), 0.0),
        ((75.0, 0.9), 0.5),
        ((75.0, 0.4), 1.0),
        ((10.0, None), math.inf),
        ((75.0, None), math.inf),
    ],
)
def test_the_total_is_of_shares_of_the_bounds(values: tuple[float | None, ...], total: float) -> None:
    assert total_violation([LATENCY, RECALL], values) == pytest.approx(total)


def test_of_a_bound_of_zero_the_amount_itself_counts() -> None:
    assert total_violation([constraint(max=0.0)], [3.0]) == 3.0
    assert total_violation([constraint(min=-4.0)], [-6.0]) == 0.5


def test_what_has_no_constraints_keeps_them() -> None:
    assert total_violation([], []) == 0.0
