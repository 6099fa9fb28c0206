"""Jobs that a queue admits. No Kueue runs here: the test does to a Job's `suspend` what Kueue does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.installation import load_images
from tests.cluster.machine.cluster import Cluster
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.studying import Document, Namespace, a_namespace, shell

from tunewright.cluster.labels import QUEUE

SCRIPT = 'trap "exit 143" TERM; [ $TUNEWRIGHT_ATTEMPT = 1 ] && { sleep 600 & wait; }; echo score=$X'
"""Only the first attempt has the time to be preempted."""


@pytest.fixture
def namespace(cluster: Cluster, kinds: None, tmp_path: Path) -> Iterator[Namespace]:
    load_images(cluster, "shell")
    log = tmp_path / "log"
    with a_namespace(cluster) as made:
        operator = OperatorProcess(cluster, made.name, log)
        try:
            yield made
        finally:
            assert operator.end() == 0, log.read_text()[-3000:]


def queued() -> Document:
    study = shell("queued", SCRIPT, trials=1, parallelism=1)
    study["metadata"]["labels"] = {QUEUE: "team-a"}
    return study


def job_of_attempt(namespace: Namespace, number: int) -> str:
    study = namespace.get("hps", "queued")
    [trial] = namespace.trials("queued")
    assert trial["metadata"]["ownerReferences"][0]["uid"] == study["metadata"]["uid"]
    return f"{trial['metadata']['name']}-{number}"


def suspend(namespace: Namespace, job: str, *, suspended: bool) -> None:
    patch = f'{{"spec":{{"suspend":{str(suspended).lower()}}}}}'
    namespace.kubectl("patch", "job", job, "--type=merge", "-p", patch)


@pytest.mark.parametrize("started", [True, False], ids=["running", "not-begun"])
def test_admitted_and_preempted(namespace: Namespace, started: bool) -> None:
    namespace.apply(queued())
    namespace.kubectl("wait", "hptrial", "-l", "tunewright.dev/study=queued", "--for=create", "--timeout=60s")
    first = job_of_attempt(namespace, 1)
    namespace.kubectl("wait", f"job/{first}", "--for=create", "--timeout=60s")
    job = namespace.get("job", first)
    assert job["spec"]["suspend"] is True
    assert job["metadata"]["labels"][QUEUE] == "team-a"
    if not started:
        # It waits in its queue, and nothing blames anybody for that.
        assert namespace.condition("queued", "Blocked")["status"] == "False"
    suspend(namespace, first, suspended=False)
    if started:
        namespace.wait_for_new("hps/queued", "jsonpath={.status.trials.running}=1", 60)
    else:
        pods = ("pods", "-l", "tunewright.dev/study=queued")
        namespace.kubectl("wait", *pods, "--for=create", "--timeout=60s")
    suspend(namespace, first, suspended=True)
    # Preempted: the attempt is over, and its Job does not run again beside the next one.
    namespace.kubectl("wait", f"job/{first}", "--for=delete", "--timeout=60s")
    second = job_of_attempt(namespace, 2)
    namespace.kubectl("wait", f"job/{second}", "--for=create", "--timeout=60s")
    suspend(namespace, second, suspended=False)
    namespace.wait("hps/queued", "condition=Complete", 90)
    [trial] = namespace.trials("queued")
    outcomes = [(each["outcome"], each.get("reason")) for each in trial["status"]["attempts"]]
    assert outcomes == [("interrupted", "Disrupted"), ("completed", "")]
