"""Tunewright as its users have it: installed by helm, real images, real pods of a real kubelet."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cluster import installation
from tests.cluster.machine.cluster import Cluster
from tests.cluster.studying import RESTRICTED, Namespace, a_namespace, digits, shell

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Cluster]:
    installation.load_images(cluster, "operator", "shell")
    installation.install(cluster)
    yield cluster
    installation.uninstall(cluster)


@pytest.fixture
def namespace(installed: Cluster) -> Iterator[Namespace]:
    """Which accepts pods under the restricted Pod Security standard alone."""
    with a_namespace(installed, **RESTRICTED) as made:
        yield made


@pytest.mark.timeout(900)  # with the trainer's image to be given to a new node
def test_digits_to_its_end(namespace: Namespace) -> None:
    installation.load_images(namespace.cluster, "trainer")
    namespace.apply(digits("digits", 5, 2))
    namespace.wait_for_new("hps/digits", "condition=Complete", 300)
    study = namespace.get("hps", "digits")
    trials = namespace.trials("digits")
    assert study["status"]["progress"] == "5/5"
    assert [trial["status"]["state"] for trial in trials] == ["Completed"] * 7  # with two test evaluations
    best = study["status"]["best"]
    assert best["test"].keys() == {"test_accuracy", "test_loss"}
    pod = pod_of(namespace, best["name"])
    said = json.loads(pod["status"]["containerStatuses"][0]["state"]["terminated"]["message"])
    [kept] = [trial["status"]["metrics"] for trial in trials if trial["metadata"]["name"] == best["name"]]
    assert said["final"] is True
    assert metrics_said(said) == kept
    assert best["objectives"]["validation_accuracy"] == kept["validation_accuracy"]["max"]
    assert best["objectives"]["validation_accuracy"] > 0.9
    limits = pod["spec"]["containers"][0]["resources"]["limits"]
    assert limits == {"nvidia.com/gpu": "1"}
    assert study["status"]["charged"]["gpuMilliseconds"] > 0


def pod_of(namespace: Namespace, trial: str) -> dict[str, Any]:
    [pod] = namespace.list("pods", "-l", f"tunewright.dev/trial={trial}")
    return pod


def metrics_said(word: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The metrics of a termination message, as a Trial's status holds them."""
    metrics = {}
    for name, (last, least, greatest) in word["metrics"].items():
        points = {"last": last, "min": least or last, "max": greatest or last}
        metrics[name] = {kind: point[1] for kind, point in points.items()} | {
            f"{kind}Step": point[0] for kind, point in points.items()
        }
    return metrics


def test_a_shell_program_is_read_from_its_log(namespace: Namespace) -> None:
    script = "for step in 1 2 3; do echo step=$step score=$X; done; echo step=4 score=0"
    namespace.apply(shell("log", script, trials=3))
    namespace.wait_for_new("hps/log", "condition=Complete", 120)
    for trial in namespace.trials("log"):
        score = trial["status"]["metrics"]["score"]
        assert (score["max"], score["maxStep"]) == (trial["spec"]["parameters"]["x"], 1)
        assert (score["last"], score["lastStep"]) == (0, 4)


def test_the_operator_killed_in_the_middle(namespace: Namespace) -> None:
    namespace.apply(shell("killed", "sleep 2; echo score=$X", trials=6, parallelism=2))
    namespace.wait_for_new("hps/killed", "jsonpath={.status.trials.completed}=2", 120)
    [pod] = installation.operator_pods(namespace.cluster)
    namespace.cluster.kubectl(
        *("delete", "pod", "-n", installation.NAMESPACE, pod), "--grace-period=0", "--force"
    )
    namespace.wait("hps/killed", "condition=Complete", 180)
    trials = namespace.trials("killed")
    assert [trial["spec"]["index"] for trial in trials] == list(range(6))
    assert [len(trial["status"]["attempts"]) for trial in trials] == [1] * 6
    assert len(namespace.list("jobs")) == 6


def test_a_drain_ends_the_attempt_and_not_the_trial(namespace: Namespace) -> None:
    cluster = namespace.cluster
    assert cluster.node_name is not None
    # Only the first attempt has the time to be drained.
    script = 'trap "exit 143" TERM; [ $TUNEWRIGHT_ATTEMPT = 1 ] && { sleep 600 & wait; }; echo score=$X'
    namespace.apply(shell("drained", script, trials=1, parallelism=1))
    namespace.wait_for_new("hps/drained", "jsonpath={.status.trials.running}=1", 60)
    try:
        cluster.kubectl(
            *("drain", cluster.node_name, "--pod-selector=tunewright.dev/study=drained"),
            *("--delete-emptydir-data", "--force", "--timeout=60s"),
        )
        [trial] = namespace.trials("drained")
        namespace.wait(f"hptrial/{trial['metadata']['name']}", "jsonpath={.status.state}=Pending", 60)
    finally:
        cluster.kubectl("uncordon", cluster.node_name)
    namespace.wait("hps/drained", "condition=Complete", 120)
    [trial] = namespace.trials("drained")
    first, second = trial["status"]["attempts"]
    assert (first["outcome"], first["reason"]) == ("interrupted", "Disrupted")
    assert second["outcome"] == "completed"
    assert namespace.get("hps", "drained")["status"]["charged"]["failedTrials"] == 0


def test_an_uninstall_with_live_studies_loses_nothing(namespace: Namespace) -> None:
    namespace.apply(shell("live", "sleep 3; echo score=$X", trials=6, parallelism=2))
    namespace.wait_for_new("hps/live", "jsonpath={.status.trials.completed}=2", 120)
    installation.uninstall(namespace.cluster)
    before = {trial["metadata"]["name"]: trial["metadata"]["uid"] for trial in namespace.trials("live")}
    installation.install(namespace.cluster)
    namespace.wait("hps/live", "condition=Complete", 180)
    trials = {trial["metadata"]["name"]: trial for trial in namespace.trials("live")}
    assert before.items() <= {name: trial["metadata"]["uid"] for name, trial in trials.items()}.items()
    assert [len(trial["status"]["attempts"]) for trial in trials.values()] == [1] * 6


CLAIMS = {"claimTemplate": {"size": "10Mi", "storageClassName": "by-hand"}}


def delete_its_pod(namespace: Namespace) -> None:
    namespace.kubectl("delete", "pod", "-l", "tunewright.dev/study=saved", "--wait=false")


def suspend_and_resume(namespace: Namespace) -> None:
    namespace.kubectl("patch", "hps", "saved", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    namespace.wait("hps/saved", "condition=Suspended", 60)
    namespace.wait("hps/saved", "jsonpath={.status.trials.pending}=1", 60)
    namespace.kubectl("patch", "hps", "saved", "--type=merge", "-p", '{"spec":{"suspend":false}}')


@pytest.mark.parametrize(
    ("end", "outcome"), [(delete_its_pod, "interrupted"), (suspend_and_resume, "stopped")]
)
def test_a_trial_goes_on_from_its_checkpoint(
    namespace: Namespace, tmp_path: Path, end: Callable[[Namespace], None], outcome: str
) -> None:
    """Its claim is bound to a folder of the node."""
    tmp_path.chmod(0o777)
    namespace.apply(a_volume(namespace.name, tmp_path))
    script = """
        saved=$TUNEWRIGHT_CHECKPOINT_DIR/saved
        [ -e $saved ] && { echo score=$(cat $saved); exit; }
        trap 'mkdir -p $TUNEWRIGHT_CHECKPOINT_DIR; echo 0.75 > $saved; exit 143' TERM
        sleep 600 & wait
    """
    study = shell("saved", script, trials=1, parallelism=1)
    study["spec"]["trial"]["checkpoints"] = CLAIMS
    namespace.apply(study)
    try:
        namespace.wait_for_new("hps/saved", "jsonpath={.status.trials.running}=1", 60)
        end(namespace)
        namespace.wait("hps/saved", "condition=Complete", 120)
        [trial] = namespace.trials("saved")
        assert [attempt["outcome"] for attempt in trial["status"]["attempts"]] == [outcome, "completed"]
        assert trial["status"]["objectives"] == {"score": 0.75}
        [claim] = namespace.list("pvc")
        assert claim["metadata"]["ownerReferences"][0]["uid"] == trial["metadata"]["uid"]
    finally:
        namespace.cluster.kubectl("delete", "pv", namespace.name, "--wait=false")


def a_volume(name: str, folder: Path) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "10Mi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "by-hand",
            "persistentVolumeReclaimPolicy": "Delete",
            "hostPath": {"path": str(folder)},
        },
    }


def test_a_suspended_study_ends_its_attempts_and_goes_on(namespace: Namespace) -> None:
    script = 'trap "exit 143" TERM; [ $TUNEWRIGHT_ATTEMPT = 1 ] && { sleep 600 & wait; }; echo score=$X'
    namespace.apply(shell("paused", script, trials=2))
    namespace.wait_for_new("hps/paused", "jsonpath={.status.trials.running}=2", 60)
    namespace.kubectl("patch", "hps", "paused", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    namespace.wait("hps/paused", "condition=Suspended", 60)
    namespace.wait("hps/paused", "jsonpath={.status.trials.pending}=2", 60)
    assert not namespace.list("jobs")
    namespace.kubectl("patch", "hps", "paused", "--type=merge", "-p", '{"spec":{"suspend":false}}')
    namespace.wait("hps/paused", "condition=Complete", 120)
    outcomes = [
        [each["reason"] for each in trial["status"]["attempts"]] for trial in namespace.trials("paused")
    ]
    assert outcomes == [["Suspended", ""]] * 2


def test_a_missing_service_account_is_told_and_mended(namespace: Namespace) -> None:
    study = shell("nobody", "echo score=$X", trials=1)
    study["spec"]["trial"]["template"]["spec"]["template"]["spec"]["serviceAccountName"] = "trainer"
    namespace.apply(study)
    namespace.wait_for_new("hps/nobody", "condition=Blocked", 30)
    assert namespace.condition("nobody", "Blocked")["reason"] == "ServiceAccountMissing"
    namespace.kubectl("create", "serviceaccount", "trainer")
    namespace.wait("hps/nobody", "condition=Complete", 120)
    assert namespace.condition("nobody", "Blocked")["status"] == "False"
    assert namespace.get("hps", "nobody")["status"]["charged"]["failedTrials"] == 0


def test_the_chart_tests_itself(installed: Cluster) -> None:
    installed.helm("test", installation.RELEASE, "--namespace", installation.NAMESPACE)


def test_what_kubectl_explains_is_in_the_docs(installed: Cluster) -> None:
    explained = installed.kubectl("explain", "hps.spec", "--recursive")
    assert explained.rstrip() in Path("docs/cluster.md").read_text()


SELDOM_USED = {
    # Only to take over an object whose creation was answered with 409: after a crash between its creation and
    # the news of it.
    ("get", "trials"),
    ("get", "jobs"),
    ("get", "persistentvolumeclaims"),
    # Not a call: asked for by the admission of owner references.
    ("update", "hyperparameterstudies/finalizers"),
    ("update", "trials/finalizers"),
    # An event that repeats.
    ("patch", "events"),
}
"""Rights that the tests above need not use, each with its reason."""


def test_every_right_is_used_and_every_call_allowed(installed: Cluster) -> None:
    """Of all that the tests above made the operator do."""
    audit = installed.audit(0)
    calls = [event for event in audit if event["user"].get("username") == installation.USER]
    # An uninstall takes its rights from it before its pod has ended, and a test its namespace.
    uninstalled_at = [moment(event) for event in audit if event["verb"] == "delete" and is_role(event)]
    refused = [
        f"{event['verb']} {event['requestURI']}: {event['responseStatus'].get('message')}"
        for event in calls
        if event.get("responseStatus", {}).get("code") in (401, 403)
        and not any(0 <= (moment(event) - each).total_seconds() < 30 for each in uninstalled_at)
    ]
    assert not [each for each in refused if "because it is being terminated" not in each]
    used = {(event["verb"], resource_of(event["objectRef"])) for event in calls if "objectRef" in event}
    granted = grants_of(installed)
    print("used", sorted(used))
    print("granted", sorted(granted))
    assert used <= granted
    assert granted - used <= SELDOM_USED


def moment(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["requestReceivedTimestamp"])


def is_role(event: dict[str, Any]) -> bool:
    reference = event.get("objectRef", {})
    return (reference.get("resource"), reference.get("name")) == ("clusterroles", "tunewright")


def resource_of(reference: dict[str, str]) -> str:
    return "/".join(filter(None, (reference["resource"], reference.get("subresource"))))


def grants_of(cluster: Cluster) -> set[tuple[str, str]]:
    """What the chart's roles let the operator do."""
    roles = [
        json.loads(cluster.kubectl("get", "clusterrole", "tunewright", "-o", "json")),
        json.loads(
            cluster.kubectl("get", "role", "-n", installation.NAMESPACE, "tunewright-lease", "-o", "json")
        ),
    ]
    return {
        (verb, resource)
        for role in roles
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
