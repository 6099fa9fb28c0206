"""The operator among its users and its likes: edits, deletions, restarts, and others that do the same."""

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cluster import pretended
from tests.cluster.installation import load_images
from tests.cluster.machine import lifecycle
from tests.cluster.machine.bare import MachineCluster
from tests.cluster.machine.cluster import Cluster
from tests.cluster.operator_process import OperatorProcess, free_port, page
from tests.cluster.studying import Document, Namespace, a_namespace, shell

from tunewright.api.base import parse_time
from tunewright.engine.naming import job_name, trial_name

UNTIL_ASKED = """
trap 'echo asked to end; exit 143' TERM
echo score=0.$TUNEWRIGHT_ATTEMPT
test $TUNEWRIGHT_ATTEMPT -gt 1 || while true; do sleep 0.2; done
"""
"""The first attempt of a trial goes on until it is asked to end; a second one ends by itself."""


@pytest.fixture(scope="module")
def prepared(cluster: Cluster) -> Cluster:
    cluster.kubectl("apply", "--server-side", "-f", "crds")
    load_images(cluster, "shell")
    cluster.add_kwok_nodes(1)
    pretended.complete_with_last_word(cluster)
    return cluster


@pytest.fixture(scope="module")
def elsewhere(prepared: Cluster) -> Iterator[Namespace]:
    """Another namespace of the same operator."""
    with a_namespace(prepared) as found:
        yield found


@pytest.fixture(scope="module")
def namespace(
    prepared: Cluster, elsewhere: Namespace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Namespace]:
    """With an operator that is left alone."""
    log = tmp_path_factory.mktemp("operator") / "log"
    with a_namespace(prepared) as found:
        operator = OperatorProcess(prepared, found.name, log, "--namespace", elsewhere.name)
        try:
            yield found
        finally:
            assert operator.end() == 0, log.read_text()[-3000:]


@pytest.fixture
def alone(prepared: Cluster) -> Iterator[Namespace]:
    """A namespace without an operator; the test starts its own."""
    with a_namespace(prepared) as found:
        yield found


def running_shell(name: str, script: str = UNTIL_ASKED, **more: Any) -> Document:
    """A study in real pods that hold no GPU; each reports a score, and runs until it is asked to end."""
    document = shell(name, script, **more)
    pod = document["spec"]["trial"]["template"]["spec"]["template"]["spec"]
    pod["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": 0}}
    return document


def trial_names(namespace: Namespace, study: str, count: int) -> list[str]:
    uid = namespace.get("hps", study)["metadata"]["uid"]
    return [trial_name(study, uid, index) for index in range(count)]


def wait_until_running(namespace: Namespace, *trials: str) -> None:
    for trial in trials:
        namespace.wait_for_new(f"hptrial/{trial}", "jsonpath={.status.state}=Running")


def attempts(trial: Document) -> list[tuple[str, str]]:
    return [(each["outcome"], each.get("reason", "")) for each in trial["status"].get("attempts", [])]


class TestEqualNames:
    def test_in_two_namespaces(self, namespace: Namespace, elsewhere: Namespace) -> None:
        for each, trials in ((namespace, 3), (elsewhere, 5)):
            each.apply(pretended.study("same", trials, 2))
        for each, trials in ((namespace, 3), (elsewhere, 5)):
            each.wait_for_new("hps/same", "condition=Complete")
            uid = each.get("hps", "same")["metadata"]["uid"]
            found = each.trials("same")
            assert [trial["spec"]["index"] for trial in found] == list(range(trials))
            assert {trial["metadata"]["ownerReferences"][0]["uid"] for trial in found} == {uid}
            assert len(each.list("jobs", "-l", "tunewright.dev/study=same")) == trials

    def test_made_again_while_its_pods_run(self, namespace: Namespace) -> None:
        """What the first one left under the same name stays, and runs on, until the second is done."""
        namespace.apply(running_shell("again"))
        namespace.wait_for_new("hps/again", "create")
        [old] = trial_names(namespace, "again", 1)
        wait_until_running(namespace, old)
        keep_while(namespace, old, ["tests.tunewright.dev/keep"])
        namespace.kubectl("delete", "hps", "again")
        namespace.apply(pretended.study("again", 3, 1))
        namespace.wait_for_new("hps/again", "condition=Complete")
        assert namespace.get("hps", "again")["status"]["nextIndex"] == 3
        new = trial_names(namespace, "again", 3)
        found = {trial["metadata"]["name"]: trial for trial in namespace.trials("again")}
        assert found.keys() == {old, *new}
        assert [attempts(found[name]) for name in new] == [[("completed", "")]] * 3
        assert namespace.get("job", job_name(old, 1))["status"]["active"] == 1
        keep_while(namespace, old, [])
        namespace.wait(f"hptrial/{old}", "delete")
        namespace.wait(f"job/{job_name(old, 1)}", "delete")


def keep_while(namespace: Namespace, trial: str, finalizers: list[str]) -> None:
    """A Trial is not gone before it has no finalizer, and nothing of it is."""
    patch = json.dumps({"metadata": {"finalizers": finalizers}})
    namespace.kubectl("patch", "hptrial", trial, "--type=merge", "-p", patch)


class TestDeletionByHand:
    def test_of_trials(self, namespace: Namespace) -> None:
        """One that runs: its Job goes with it. One that has ended: its index stays used."""
        namespace.apply(running_shell("deleted", trials=3, parallelism=3))
        namespace.wait_for_new("hps/deleted", "create")
        running, attempted, ended = trial_names(namespace, "deleted", 3)
        wait_until_running(namespace, running, attempted, ended)
        namespace.kubectl("delete", "hptrial", running)
        namespace.wait(f"job/{job_name(running, 1)}", "delete")
        namespace.kubectl("delete", "job", job_name(attempted, 1))
        namespace.kubectl("delete", "pod", "-l", f"tunewright.dev/trial={ended}")
        namespace.wait("hps/deleted", "condition=Complete", 90)
        status = namespace.get("hps", "deleted")["status"]
        assert status["nextIndex"] == 3
        assert status["trials"]["completed"] == 2
        found = {trial["metadata"]["name"]: trial for trial in namespace.trials("deleted")}
        assert found.keys() == {attempted, ended}
        for trial in found.values():
            first, second = attempts(trial)
            assert first[0] == "interrupted"
            assert second == ("completed", "")
        namespace.kubectl("delete", "hptrial", ended)
        namespace.edit("deleted", budget={"maxTrials": 4}, suspend=True)
        namespace.wait("hps/deleted", "condition=Suspended")
        status = namespace.get("hps", "deleted")["status"]
        assert status["nextIndex"] == 3
        assert [trial["metadata"]["name"] for trial in namespace.trials("deleted")] == [attempted]

    def test_of_a_trial_that_could_not_begin(self, namespace: Namespace) -> None:
        """What was in its way keeps the next one from nothing."""
        document = shell("unplaced", "echo score=$X", trials=2, parallelism=1)
        pod = document["spec"]["trial"]["template"]["spec"]["template"]["spec"]
        pod["nodeSelector"] = {"there-is": "none"}
        namespace.apply(document)
        namespace.wait_for_new("hps/unplaced", "condition=Blocked")
        first, second = trial_names(namespace, "unplaced", 2)
        namespace.kubectl("delete", "hptrial", first)
        namespace.wait(f"hptrial/{second}", "create")
        namespace.kubectl("delete", "hptrial", second)
        namespace.wait("hps/unplaced", "condition=Failed")
        assert namespace.condition("unplaced", "Failed")["reason"] == "NoTrialCompleted"

    def test_of_a_study(self, namespace: Namespace) -> None:
        """Kubernetes clears up, by the owners of what there is; the operator does nothing."""
        namespace.apply(running_shell("gone", trials=2, parallelism=2))
        namespace.wait_for_new("hps/gone", "create")
        trials = trial_names(namespace, "gone", 2)
        wait_until_running(namespace, *trials)
        since = namespace.cluster.audit_position()
        namespace.kubectl("delete", "hps", "gone")
        for trial in trials:
            namespace.wait(f"hptrial/{trial}", "delete")
            namespace.wait(f"job/{job_name(trial, 1)}", "delete")
        namespace.kubectl("wait", "pod", "-l", "tunewright.dev/study=gone", "--for=delete", "--timeout=60s")
        ours = [
            (event["verb"], event["objectRef"]["resource"])
            for event in namespace.cluster.audit(since)
            if event["userAgent"].startswith("tunewright/")
            and event["verb"] not in ("get", "list", "watch")
            and event["objectRef"].get("name", "").startswith("gone")
        ]
        assert ours == []


class TestSuspending:
    def test_running_attempts_end_and_new_ones_follow(self, namespace: Namespace) -> None:
        """The pods are asked to end; what they had reported stays; the time in between is not counted."""
        namespace.apply(
            running_shell("paused", budget={"maxTrials": 2, "parallelism": 2, "maxDuration": "1h"})
        )
        namespace.wait_for_new("hps/paused", "create")
        trials = trial_names(namespace, "paused", 2)
        wait_until_running(namespace, *trials)
        namespace.edit("paused", suspend=True)
        for trial in trials:
            namespace.wait(f"hptrial/{trial}", "jsonpath={.status.state}=Pending")
            namespace.wait(f"job/{job_name(trial, 1)}", "delete")
        namespace.wait("hps/paused", "condition=Suspended")
        for each in namespace.trials("paused"):
            assert attempts(each) == [("stopped", "Suspended")]
            assert each["status"]["metrics"]["score"]["last"] == 0.1
        used = namespace.get("hps", "paused")["status"]
        assert "activeSince" not in used
        paused_at = parse_time(namespace.condition("paused", "Suspended")["lastTransitionTime"])
        namespace.edit("paused", suspend=False)
        namespace.wait("hps/paused", "condition=Complete")
        suspended = namespace.condition("paused", "Suspended")
        assert suspended["status"] == "False"
        status = namespace.get("hps", "paused")["status"]
        pause = parse_time(suspended["lastTransitionTime"]) - paused_at
        wall = parse_time(status["completionTime"]) - parse_time(status["startTime"])
        assert status["activeMilliseconds"] == wall - pause
        for each in namespace.trials("paused"):
            assert attempts(each) == [("stopped", "Suspended"), ("completed", "")]

    def test_cancelling_stops_what_runs(self, namespace: Namespace) -> None:
        namespace.apply(running_shell("cancelled", trials=3, parallelism=2))
        namespace.wait_for_new("hps/cancelled", "create")
        trials = trial_names(namespace, "cancelled", 2)
        wait_until_running(namespace, *trials)
        namespace.edit("cancelled", cancel=True)
        namespace.wait("hps/cancelled", "condition=Failed")
        assert namespace.condition("cancelled", "Failed")["reason"] == "Cancelled"
        for each in namespace.trials("cancelled"):
            assert attempts(each) == [("stopped", "Cancelled")]
        for trial in trials:
            namespace.wait(f"job/{job_name(trial, 1)}", "delete")
        assert len(namespace.trials("cancelled")) == 2


class TestEditing:
    def test_a_raised_budget_opens_a_completed_study(self, namespace: Namespace) -> None:
        namespace.apply(pretended.study("raised", 2, 1))
        namespace.wait_for_new("hps/raised", "condition=Complete")
        namespace.edit("raised", budget={"maxTrials": 4})
        namespace.wait("hps/raised", "jsonpath={.status.progress}=4/4")
        namespace.wait("hps/raised", "condition=Complete")
        assert [trial["spec"]["index"] for trial in namespace.trials("raised")] == [0, 1, 2, 3]
        assert [attempts(trial) for trial in namespace.trials("raised")] == [[("completed", "")]] * 4

    def test_a_lowered_parallelism_ends_nothing_and_begins_less(self, namespace: Namespace) -> None:
        namespace.apply(running_shell("lowered", "echo score=$X; sleep 3", trials=4, parallelism=2))
        namespace.wait_for_new("hps/lowered", "create")
        wait_until_running(namespace, *trial_names(namespace, "lowered", 2))
        namespace.edit("lowered", budget={"parallelism": 1})
        namespace.wait("hps/lowered", "condition=Complete")
        found = namespace.trials("lowered")
        assert [attempts(trial) for trial in found] == [[("completed", "")]] * 4
        spans = sorted(
            (parse_time(each["startedAt"]), parse_time(each["endedAt"]))
            for trial in found
            for each in trial["status"]["attempts"]
        )
        assert max(end for _, end in spans[:2]) <= spans[2][0]
        assert spans[2][1] <= spans[3][0]


def test_names_texts_and_numbers_at_their_limits(namespace: Namespace) -> None:
    """In a real pod, which finds in its environment what its Trial says."""
    name, colour = "n" * 60 + ".0z", 'größe ✓ "$(HP_X)" \U0001f600'
    others = [{"name": f"p{index}", "type": "float", "min": 0.0, "max": 1.0} for index in range(198)]
    parameters = [
        {"name": "x", "type": "float", "min": 0.0, "max": 1.0},
        {"name": "colour", "type": "categorical", "values": [colour, "другой"], "default": colour},
        *others,
    ]
    script = "env | grep -c ^HP_ | sed s/^/score=/; env | grep ^HP_COLOUR="
    namespace.apply(running_shell(name, script, trials=2, parameters=parameters))
    namespace.wait_for_new(f"hps/{name}", "condition=Complete")
    trials = namespace.trials(name)
    for trial in trials:
        assert len(trial["spec"]["parameters"]) == 200
        assert trial["status"]["objectives"]["score"] == 200
        assert len(trial["metadata"]["name"]) <= 63
        log = namespace.kubectl("logs", f"job/{job_name(trial['metadata']['name'], 1)}")
        assert f"HP_COLOUR={trial['spec']['parameters']['colour']}\n" in log
    assert trials[0]["spec"]["parameters"]["colour"] == colour


SLOW_SAMPLER = """
import os, pathlib, time
from tunewright.search.sampler import Sampler

class Slow(Sampler):
    description = "takes its time"

    def propose(self, request):
        pathlib.Path(os.environ["SLOW_SAMPLER_PID"]).write_text(str(os.getpid()))
        time.sleep(60)
"""


def install_slow_sampler(folder: Path) -> dict[str, str]:
    """As another package offers one, by its entry point; what the operator's environment needs for it."""
    (folder / "slow_sampler.py").write_text(SLOW_SAMPLER)
    package = folder / "slow_sampler-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-sampler\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[tunewright.samplers]\nslow = slow_sampler:Slow\n")
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    return {"PYTHONPATH": path, "SLOW_SAMPLER_PID": str(folder / "pid")}


def test_a_slow_sampler_delays_nobody_and_ends_with_the_operator(alone: Namespace, tmp_path: Path) -> None:
    environment = install_slow_sampler(tmp_path)
    operator = OperatorProcess(alone.cluster, alone.name, tmp_path / "log", environment=environment)
    try:
        slow = pretended.study("slow", 1, 1, algorithm={"name": "slow"}, initial={"default": False})
        alone.apply(slow)
        sampler = int(once(lambda: (tmp_path / "pid").read_text(), 60))
        alone.apply(pretended.study("quick", 4, 1))
        alone.wait_for_new("hps/quick", "condition=Complete", 50)
        assert alone.trials("slow") == []
        processes = operator.children()
        assert sampler in processes
        asked_at = time.monotonic()
    finally:
        code = operator.end()
    assert code == 0, (tmp_path / "log").read_text()[-3000:]
    assert time.monotonic() - asked_at < 10
    once(lambda: "" if any(Path("/proc", str(pid)).exists() for pid in processes) else "all gone", 5)
    assert holder(alone) == ""


def once(read: Callable[[], str], within: float) -> str:
    """What is read, as soon as there is something."""
    deadline = time.monotonic() + within
    while True:
        try:
            found = read()
        except OSError:
            found = ""
        if found:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.1)


def holder(namespace: Namespace) -> str:
    found: str = namespace.get("lease", "tunewright-operator")["spec"].get("holderIdentity", "")
    return found


def all_done_once(namespace: Namespace, study: str, trials: int) -> None:
    """Every index once, one attempt each, one Job each."""
    found = namespace.trials(study)
    assert [trial["spec"]["index"] for trial in found] == list(range(trials))
    assert [attempts(trial) for trial in found] == [[("completed", "")]] * trials
    assert len(namespace.list("jobs", "-l", f"tunewright.dev/study={study}")) == trials


def wait_until_leading(namespace: Namespace, operator: OperatorProcess, within: int) -> None:
    """Until it holds the lease."""
    identity = f"{socket.gethostname()}-{operator.pid}"
    lease = "lease/tunewright-operator"
    namespace.wait_for_new(lease, f"jsonpath={{.spec.holderIdentity}}={identity}", within)


def test_of_two_operators_one_stands_by(alone: Namespace, tmp_path: Path) -> None:
    """It takes over at once from one that ends, and within the lease's duration from one that is killed."""
    log = tmp_path / "log"
    started: list[OperatorProcess] = []

    def start() -> OperatorProcess:
        port = free_port()
        started.append(OperatorProcess(alone.cluster, alone.name, log, "--port", str(port)))
        once(lambda: page(port, "/readyz"), 30)
        return started[-1]

    try:
        first = start()
        wait_until_leading(alone, first, 30)
        second = start()
        alone.apply(pretended.study("handed-on", 20, 2))
        alone.wait_for_new("hps/handed-on", "create")
        alone.wait_for_new(f"hptrial/{trial_names(alone, 'handed-on', 5)[-1]}", "create")
        assert first.end() == 0
        wait_until_leading(alone, second, 8)
        alone.wait("hps/handed-on", "condition=Complete")
        all_done_once(alone, "handed-on", 20)
        third = start()
        second.kill()
        killed_at = time.monotonic()
        alone.apply(pretended.study("taken-over", 3, 1))
        wait_until_leading(alone, third, 40)
        print(f"taken over {time.monotonic() - killed_at:.1f} s after the kill")
        assert time.monotonic() - killed_at < 25
        alone.wait("hps/taken-over", "condition=Complete")
        all_done_once(alone, "taken-over", 3)
        assert start().end() == 0, "the one that stands by"
        assert third.end() == 0
    except BaseException:
        print(log.read_text()[-3000:])
        raise
    finally:
        for operator in started:
            operator.kill()


def test_the_api_server_may_restart(alone: Namespace, tmp_path: Path) -> None:
    cluster = alone.cluster
    if not isinstance(cluster, MachineCluster):
        pytest.skip("the API server of a cluster that was given cannot be restarted")
    operator = OperatorProcess(cluster, alone.name, tmp_path / "log")
    try:
        alone.apply(pretended.study("interrupted", 40, 2))
        alone.wait_for_new("hps/interrupted", "create")
        name = trial_names(alone, "interrupted", 10)[-1]
        alone.wait_for_new(f"hptrial/{name}", "create")
        cluster.kill("kube-apiserver")
        lifecycle.run(cluster)
        alone.wait("hps/interrupted", "condition=Complete", 120)
        all_done_once(alone, "interrupted", 40)
    finally:
        code = operator.end()
    assert code == 0, (tmp_path / "log").read_text()[-3000:]


def test_the_budget_holds_while_the_operator_is_down(alone: Namespace, tmp_path: Path) -> None:
    """The kubelet ends the pod at its share; whoever comes next says why, and what it cost."""
    document = shell(
        "frugal",
        "echo score=1; while true; do sleep 0.2; done",
        budget={"maxTrials": 5, "maxGpuHours": 0.004},  # 14.4 s: 5 s of grace, 1 s of margin, 8.4 s to train
    )
    operator = OperatorProcess(alone.cluster, alone.name, tmp_path / "log")
    try:
        alone.apply(document)
        alone.wait_for_new("hps/frugal", "create")
        [trial] = trial_names(alone, "frugal", 1)
        wait_until_running(alone, trial)
    finally:
        operator.kill()
    [pod] = alone.list("pods", "-l", f"tunewright.dev/trial={trial}")
    assert pod["spec"]["activeDeadlineSeconds"] == 8
    alone.wait(f"pod/{pod['metadata']['name']}", "jsonpath={.status.reason}=DeadlineExceeded")
    another = ("--lease-name", "another")  # nobody need wait for the lease of one who is dead
    operator = OperatorProcess(alone.cluster, alone.name, tmp_path / "log", *another)
    try:
        alone.wait("hps/frugal", "condition=Complete")
    finally:
        code = operator.end()
    assert code == 0, (tmp_path / "log").read_text()[-3000:]
    status = alone.get("hps", "frugal")["status"]
    assert status["reason"] == "MaxGpuHoursReached"
    assert [attempts(each) for each in alone.trials("frugal")] == [[("stopped", "BudgetExhausted")]]
    assert 7_000 <= status["charged"]["gpuMilliseconds"] <= 14_400


def test_a_new_operator_blames_nobody_for_the_time_before(alone: Namespace, tmp_path: Path) -> None:
    """An attempt that runs longer than its progress deadline, and reports, is not taken to hang."""
    log = tmp_path / "log"
    script = "for step in $(seq 20); do echo step=$step score=0.5; sleep 1; done"
    study = running_shell("steady", script, trials=1)
    study["spec"]["trial"]["progressDeadline"] = "6s"
    operator = OperatorProcess(alone.cluster, alone.name, log, "--scrape-interval", "1")
    alone.apply(study)
    alone.wait_for_new("hps/steady", "jsonpath={.status.phase}=Running")
    [trial] = trial_names(alone, "steady", 1)
    wait_until_running(alone, trial)
    alone.kubectl("wait", "pods", "--all", "--for=condition=Ready", "--timeout=60s")
    time.sleep(8)  # longer than the deadline
    operator.kill()
    operator = OperatorProcess(alone.cluster, alone.name, log, "--scrape-interval", "1")
    try:
        alone.wait("hps/steady", "condition=Complete", 90)
    finally:
        assert operator.end() == 0, log.read_text()[-3000:]
    assert attempts(alone.trials("steady")[0]) == [("completed", "")]
