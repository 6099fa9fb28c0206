"""Attempts that wait: what the operator does meanwhile."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.cluster import pretended
from tests.cluster.studying import Document, Namespace
from tests.faults.faulty import Chance, FaultyGateway, Odds
from tests.faults.operating import Operators, connect

from tunewright.cluster import telemetry
from tunewright.cluster.gateway import EVENTS, Kind, Object, Unavailable


class WithoutEvents(FaultyGateway):
    """Its server gives no events."""

    def list(self, kind: Kind, *arguments: Any, **options: Any) -> list[Object]:
        if kind is EVENTS:
            raise Unavailable(0, "", "no events")
        return super().list(kind, *arguments, **options)


@pytest.fixture
def operators(namespace: Namespace) -> Iterator[Operators]:
    made = Operators(connect(namespace.cluster), namespace.name, Chance(0, Odds()), WithoutEvents)
    yield made
    made.close()


def nowhere(name: str, trials: int) -> Document:
    """A study whose pods fit on no node."""
    document = pretended.study(name, trials, trials)
    pod = document["spec"]["trial"]["template"]["spec"]["template"]["spec"]
    pod["nodeSelector"] = {"type": "none"}
    return document


def blocked(namespace: Namespace, study: str) -> Callable[[], bool]:
    """Whether it says so."""

    def look() -> bool:
        conditions = namespace.get("hps", study).get("status", {}).get("conditions", [])
        return any(each["type"] == "Blocked" and each["status"] == "True" for each in conditions)

    return look


def steps() -> float:
    """How many steps studies have been taken so far."""
    [metric] = telemetry.RECONCILE_SECONDS.collect()
    return next(each.value for each in metric.samples if each.name.endswith("_count"))


def test_waiting_costs_nothing(namespace: Namespace, operators: Operators) -> None:
    """Also while nobody has said yet why."""
    before = steps()
    namespace.apply(nowhere("waits", 2))
    operators.run_until(blocked(namespace, "waits"), 20)
    assert steps() - before < 60


def test_a_study_that_waits_for_room_says_so_as_before_after_a_restart(
    namespace: Namespace, operators: Operators
) -> None:
    namespace.apply(nowhere("waits", 2))
    operators.run_until(blocked(namespace, "waits"), 20)
    since = namespace.condition("waits", "Blocked")["lastTransitionTime"]
    over = time.monotonic() + 5
    operators.run_until(lambda: time.monotonic() > over, 20)
    condition = namespace.condition("waits", "Blocked")
    assert (condition["status"], condition["lastTransitionTime"]) == ("True", since)
