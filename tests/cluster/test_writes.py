"""What a study of 100 trials costs the API server, and that it survives the operator's sudden death."""

import json
import time
from collections import Counter
from pathlib import Path

from tests.cluster import pretended
from tests.cluster.machine.cluster import Cluster
from tests.cluster.operator_process import OperatorProcess

TRIALS = 100
MOST_WRITES = 5
"""By the operator, for a trial that runs straight through."""


def test_writes_and_a_kill(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    cluster.add_kwok_nodes(2)
    pretended.complete_with_last_word(cluster)
    position = cluster.audit_position()
    operator = OperatorProcess(cluster, namespace, tmp_path / "operator.log")
    try:
        cluster.kubectl(
            "create", "-n", namespace, "-f-", input=json.dumps(pretended.study("many", TRIALS, 4))
        )
        wait_for_trials(cluster, namespace, TRIALS // 2)
        operator.kill()
        operator = OperatorProcess(cluster, namespace, tmp_path / "operator.log")
        cluster.kubectl("wait", "-n", namespace, "--for=condition=Complete", "--timeout=240s", "hps/many")
    finally:
        assert operator.end() == 0, (tmp_path / "operator.log").read_text()[-3000:]
    study = json.loads(cluster.kubectl("get", "-n", namespace, "hps", "many", "-o", "json"))
    trials = json.loads(cluster.kubectl("get", "-n", namespace, "hptrial", "-o", "json"))["items"]
    jobs = json.loads(cluster.kubectl("get", "-n", namespace, "jobs", "-o", "json"))["items"]
    assert sorted(trial["spec"]["index"] for trial in trials) == list(range(TRIALS))
    assert all(len(trial["status"]["attempts"]) == 1 for trial in trials)
    assert len(jobs) == TRIALS
    assert sorted(trial["status"]["completionOrder"] for trial in trials) == list(range(TRIALS))
    best = max(trials, key=lambda trial: trial["spec"]["parameters"]["x"])
    assert study["status"]["best"]["name"] == best["metadata"]["name"]
    assert study["status"]["best"]["objectives"]["accuracy"] == best["spec"]["parameters"]["x"]
    writes = writes_of_operator(cluster, namespace, position)
    print(f"{sum(writes.values()) / TRIALS:.2f} writes a trial: {dict(writes)}")
    assert sum(writes.values()) <= MOST_WRITES * TRIALS


def wait_for_trials(cluster: Cluster, namespace: str, count: int) -> None:
    deadline = time.monotonic() + 120
    while len(cluster.kubectl("get", "-n", namespace, "hptrial", "-o", "name").split()) < count:
        assert time.monotonic() < deadline, "the study makes no trials"
        time.sleep(0.2)


def writes_of_operator(cluster: Cluster, namespace: str, since: int) -> Counter[str]:
    """By verb and kind; the Lease and what was only asked, not done, is not counted."""
    return Counter(
        " ".join(filter(None, (event["verb"], reference["resource"], reference.get("subresource"))))
        for event in cluster.audit(since)
        if event["userAgent"].startswith("tunewright/")
        and event["verb"] in ("create", "update", "patch", "delete", "deletecollection")
        and (reference := event["objectRef"]).get("namespace") == namespace
        and reference["resource"] != "leases"
        and "dryRun" not in event["requestURI"]
    )
