"""Attempts that wait: what the operator does meanwhile."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.cluster import pretended
from tests.cluster.studying import Document, Namespace
from tests.faults import pods
from tests.faults.faulty import Chance, Odds
from tests.faults.invariants import wait_for_jobs
from tests.faults.operating import Operators, Watched, connect

from tunewright.cluster import reconciler, telemetry
from tunewright.cluster.home import StudyHome


@pytest.fixture
def operators(namespace: Namespace) -> Iterator[Operators]:
    made = Operators(connect(namespace.cluster), namespace.name, Chance(0, Odds()))
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


def test_jobs_of_a_study_that_is_over_may_go_unnoticed(
    namespace: Namespace, operators: Operators, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would else cost the reading of all its trials."""
    namespace.apply(pretended.study("over", 5, 5))
    operators.run_until(Watched(namespace, "over").over, 60)
    wait_for_jobs(namespace)
    homes: list[str] = []

    class Counted(StudyHome):
        def __init__(self, document: Document, *arguments: Any) -> None:
            homes.append(document["metadata"]["name"])
            super().__init__(document, *arguments)

    with operators.operator():
        namespace.apply(pretended.study("next", 1, 1))
        namespace.wait_for_new("hps/next", "condition=Complete", 30)
        monkeypatch.setattr(reconciler, "StudyHome", Counted)
        namespace.kubectl("delete", "jobs", "--all", "--wait=true")
        namespace.apply(pretended.study("last", 1, 1))
        namespace.wait_for_new("hps/last", "condition=Complete", 30)
    assert "last" in homes
    assert "over" not in homes


@pytest.mark.slow
def test_what_runs_is_looked_at_again_though_nothing_changes(
    namespace: Namespace, operators: Operators
) -> None:
    """A pod that its node has lost, or a NaN seen just after a look: no event tells of it."""
    with pods.that_run(namespace.cluster, 3_600_000, 3_600_000), operators.operator():
        namespace.apply(pretended.study("runs", 1, 1))
        namespace.wait_for_new("hps/runs", "jsonpath={.status.trials.running}=1", 30)
        before = -1.0
        while before != (before := steps()):
            time.sleep(1)  # nothing comes from that any more
        over = time.monotonic() + 12
        while steps() < before + 2:
            assert time.monotonic() < over
            time.sleep(0.2)
