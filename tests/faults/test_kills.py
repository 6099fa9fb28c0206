"""The operator's process killed with -9, at random moments and right after what it has just written."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cluster import pretended
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.studying import Namespace
from tests.faults import pods
from tests.faults.invariants import violations
from tests.faults.operating import Watched, connect

from tunewright.cluster.gateway import JOBS, STUDIES, TRIALS, Gateway, Kind

KILLS = 15
TRIALS_OF_STUDY = 60
SEED = 5

Change = dict[str, Any]
Moment = tuple[Kind, Callable[[Change], bool]]

MOMENTS: list[Moment] = [
    (TRIALS, lambda change: change["type"] == "ADDED"),
    (TRIALS, lambda change: change["object"].get("status", {}).get("state") == "Running"),
    (TRIALS, lambda change: change["object"].get("status", {}).get("state") == "Completed"),
    (JOBS, lambda change: change["type"] == "ADDED"),
    (STUDIES, lambda change: change["type"] == "MODIFIED"),
]
"""After which write the operator is killed, as the API server's watch tells of it."""


@pytest.mark.slow
def test_killed_at_any_moment(namespace: Namespace, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    gateway = connect(namespace.cluster)
    log = tmp_path / "operator.log"
    with pods.that_run(namespace.cluster, 2000, 5000):
        namespace.apply(pretended.study("killed", TRIALS_OF_STUDY, 6))
        for number in range(KILLS):
            operator = start(namespace, log)
            wait_for_a_moment(gateway, namespace.name, chance, by_write=number % 3 > 0)
            operator.kill()
        assert not Watched(namespace, "killed").over(), "there was nothing to kill"
        operator = start(namespace, log)
        try:
            namespace.wait("hps/killed", "condition=Complete", 180)
        finally:
            operator.kill()
    assert not violations(namespace, "killed")
    assert "Traceback" not in log.read_text()  # nor of the sampler processes, whose operator is gone


def start(namespace: Namespace, log: Path) -> OperatorProcess:
    """As in a pod, whose container begins anew: so that it need not wait for its own lease."""
    in_pod = {"KUBERNETES_SERVICE_HOST": "in-a-pod"}
    return OperatorProcess(namespace.cluster, namespace.name, log, environment=in_pod)


def wait_for_a_moment(gateway: Gateway, namespace: str, chance: random.Random, *, by_write: bool) -> None:
    """Either a random time, which may come before the operator has done anything, or the n-th such write."""
    if not by_write:
        time.sleep(chance.uniform(0.5, 5))
        return
    kind, meant = chance.choice(MOMENTS)
    count = chance.randint(1, 4)
    _, version = gateway.list_version(kind, namespace)
    watch = gateway.watch(kind, namespace, resource_version=version, timeout=30)
    # So that nothing hangs where the study has no such write any more.
    enough = threading.Timer(30, watch.close)
    enough.start()
    for change in watch:
        count -= change["type"] != "BOOKMARK" and meant(change)
        if count == 0:
            watch.close()
    enough.cancel()
