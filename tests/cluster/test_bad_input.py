"""Bad input: refused where it is applied, or told in a condition; it costs nothing, and harms nobody else."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cluster import pretended
from tests.cluster.installation import load_images
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.commands import CommandError
from tests.cluster.operator_process import OperatorProcess, free_port, page
from tests.cluster.studying import Document, Namespace, a_namespace, shell, study

from tunewright.api.base import parse_time
from tunewright.cluster.home import FIRST_RETRY
from tunewright.cluster.labels import owner_reference
from tunewright.engine.naming import job_name, trial_name

WITHIN = 10_000
"""Milliseconds from the moment a study is applied to the condition that says what is wrong with it."""

A_FLOAT = {"name": "x", "type": "float", "min": 0.0, "max": 1.0}
QUICK = "echo score=$X"


@pytest.fixture(scope="module")
def elsewhere(cluster: Cluster) -> Iterator[Namespace]:
    """Another namespace of the same operator."""
    with a_namespace(cluster) as found:
        yield found


@pytest.fixture(scope="module")
def port() -> int:
    """The operator's."""
    return free_port()


@pytest.fixture(scope="module")
def namespace(
    cluster: Cluster, elsewhere: Namespace, port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Namespace]:
    """With an operator that has proved that it works."""
    cluster.kubectl("apply", "--server-side", "-f", "crds")
    load_images(cluster, "shell")
    cluster.add_kwok_nodes(1)
    pretended.complete_with_last_word(cluster)
    log: Path = tmp_path_factory.mktemp("operator") / "log"
    with a_namespace(cluster) as found:
        options = ("--namespace", elsewhere.name, "--port", str(port))
        operator = OperatorProcess(cluster, found.name, log, *options)
        try:
            run_sound_study(found)
            yield found
            run_sound_study(found)
        finally:
            assert operator.end() == 0, log.read_text()[-3000:]


def run_sound_study(namespace: Namespace) -> None:
    """From its beginning to its end, whatever other studies do."""
    name = f"sound-{time.monotonic_ns()}"
    namespace.apply(pretended.study(name, trials=1, parallelism=1))
    namespace.wait_for_new(f"hps/{name}", "condition=Complete")


def pod_of(document: Document) -> Document:
    """The pod's spec in a study's template, to be changed."""
    pod: Document = document["spec"]["trial"]["template"]["spec"]["template"]["spec"]
    return pod


def without_gpu(document: Document) -> Document:
    pod_of(document)["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": 0}}
    return document


def with_pod(document: Document, **fields: Any) -> Document:
    pod_of(document).update(fields)
    return document


def with_container(document: Document, **fields: Any) -> Document:
    pod_of(document)["containers"][0].update(fields)
    return document


def spec_of(*parameters: Document, **fields: Any) -> Document:
    return {**shell("any", QUICK)["spec"], "parameters": list(parameters) or [A_FLOAT], **fields}


REFUSED: dict[str, tuple[Document, str]] = {
    "min above max": (
        spec_of({**A_FLOAT, "min": 2.0}),
        "spec.parameters[0]: Invalid value: min must not be greater than max",
    ),
    "log scale from 0": (
        spec_of({**A_FLOAT, "scale": "log"}),
        "spec.parameters[0]: Invalid value: min must be greater than 0",
    ),
    "no range": (
        spec_of({"name": "x", "type": "int"}),
        "spec.parameters[0]: Invalid value: float and int need min and max",
    ),
    "a text for a number": (
        spec_of({**A_FLOAT, "min": "low"}),
        'spec.parameters[0].min: Invalid value: "string"',
    ),
    "no such type": (
        spec_of(A_FLOAT, {"name": "y", "type": "real"}),
        'spec.parameters[1].type: Unsupported value: "real"',
    ),
    "a name twice": (spec_of(A_FLOAT, A_FLOAT), "spec.parameters[1]: Duplicate value"),
    "an unknown field": (spec_of(bugdet={}), 'unknown field "spec.bugdet"'),
    "an unknown field below": (
        spec_of({**A_FLOAT, "low": 1}),
        'unknown field "spec.parameters[0].low"',
    ),
    "a field not built yet": (spec_of(earlyStopping={"name": "asha"}), 'unknown field "spec.earlyStopping"'),
    "no objective": (spec_of(objectives=[]), "spec.objectives: Invalid value"),
    "a constraint without a bound": (
        spec_of(constraints=[{"metric": "a"}]),
        "spec.constraints[0]: Invalid value: a constraint has either max or min",
    ),
    "too many constraints": (
        spec_of(constraints=[{"metric": f"a{index}", "max": 1} for index in range(9)]),
        "spec.constraints: Too many: 9",
    ),
    "no parameters": (
        {key: value for key, value in spec_of().items() if key != "parameters"},
        "spec.parameters: Required value",
    ),
    "nothing to run": (spec_of(trial={}), "spec.trial: Invalid value: give trainer or template"),
    "a budget of nothing": (spec_of(budget={"maxTrials": 0}), "spec.budget.maxTrials: Invalid value: 0"),
    "no duration": (
        spec_of(budget={"maxTrials": 1, "maxDuration": "soon"}),
        'spec.budget.maxDuration: Invalid value: "soon"',
    ),
    "no regular expression wanted": (
        spec_of(trial={"trainer": {"model": "mlp", "dataset": "digits"}, "metrics": {"pattern": "x"}}),
        "spec.trial.metrics: Invalid value: pattern is for the source log",
    ),
}
"""Specs, and what kubectl says of each: where, and what is wrong."""


@pytest.mark.parametrize("case", REFUSED)
def test_refused_when_applied(namespace: Namespace, case: str) -> None:
    spec, said = REFUSED[case]
    with pytest.raises(CommandError) as refused:
        namespace.apply(study("refused", **spec))
    assert said in str(refused.value)
    assert namespace.list("hps", "--field-selector", "metadata.name=refused") == []


def test_a_name_too_long_is_refused_when_applied(namespace: Namespace) -> None:
    with pytest.raises(CommandError, match=r"metadata\.name"):
        namespace.apply(study("n" * 64, **spec_of()))


def test_what_was_tried_cannot_be_changed(namespace: Namespace) -> None:
    namespace.apply(study("begun", **spec_of(suspend=True)))
    changes = {
        "objectives": [{"metric": "score", "direction": "minimize"}],
        "parameters": [{**A_FLOAT, "max": 2.0}],
        "initial": {"default": False},
        "algorithm": {"name": "sobol"},
        "trial": {"trainer": {"model": "mlp", "dataset": "digits"}},
    }
    for field, value in changes.items():
        with pytest.raises(CommandError, match=f"spec: Invalid value: .*{field} cannot be changed"):
            namespace.apply(study("begun", **spec_of(**{"suspend": True, field: value})))
    namespace.apply(study("begun", **spec_of(suspend=True, budget={"maxTrials": 7})))
    assert namespace.get("hps", "begun")["spec"]["budget"]["maxTrials"] == 7


CIRCLE = [
    {"name": "a", "type": "bool", "when": {"b": [True]}},
    {"name": "b", "type": "bool", "when": {"a": [True]}},
]

INVALID: dict[str, tuple[Document, str]] = {
    "unknown-sampler": (spec_of(algorithm={"name": "tpee"}), "spec.algorithm.name: "),
    "unknown-setting": (
        spec_of(algorithm={"name": "random", "settings": {"depth": 1}}),
        "spec.algorithm.settings.depth: ",
    ),
    "circle": (spec_of(*CIRCLE), "spec.parameters: "),
    "equal-variables": (
        spec_of({**A_FLOAT, "name": "a-b"}, {**A_FLOAT, "name": "a_b"}),
        "spec.parameters[1].name: ",
    ),
    "no-budget": (spec_of(budget=None), "spec.budget: required"),
    "no-containers": (
        spec_of(trial={"template": {"spec": {}}}),
        "spec.trial.template.spec.template: required",
    ),
}
"""What the schema lets through and only the operator can see: specs, and where it says they are wrong."""

UNPULLED = {"image": "localhost/nope:1"}

BLOCKED: dict[str, tuple[Document, str, str]] = {
    "never-pulled": (
        with_container(without_gpu(shell("never-pulled", QUICK)), **UNPULLED),
        "ImagePullFailed",
        "localhost/nope:1",
    ),
    "not-pulled": (
        with_container(without_gpu(shell("not-pulled", QUICK)), **UNPULLED, imagePullPolicy="IfNotPresent"),
        "ImagePullFailed",
        "localhost/nope:1",
    ),
    "no-account": (
        with_pod(without_gpu(shell("no-account", QUICK)), serviceAccountName="absent"),
        "ServiceAccountMissing",
        'serviceaccount "absent" not found',
    ),
    "no-secret": (
        with_container(
            without_gpu(shell("no-secret", QUICK)),
            envFrom=[{"secretRef": {"name": "absent"}}],
        ),
        "ContainerConfigError",
        'secret "absent" not found',
    ),
    "no-room": (
        with_container(shell("no-room", QUICK), resources={"limits": {"nvidia.com/gpu": 64}}),
        "Unschedulable",
        "Insufficient nvidia.com/gpu",
    ),
    "refused-job": (
        with_container(shell("refused-job", QUICK), ports=[{"containerPort": 99999}]),
        "JobRejected",
        "spec.template.spec.containers[0].ports[0].containerPort",
    ),
    "unknown-in-job": (
        with_pod(shell("unknown-in-job", QUICK), colour="red"),
        "JobRejected",
        "spec.template.spec.colour",
    ),
}


def applied(namespace: Namespace, document: Document) -> int:
    """When the study was applied, in milliseconds since the Unix epoch."""
    now = time.time_ns() // 1_000_000
    namespace.apply(document)
    return now


def settled_within(namespace: Namespace, name: str, condition: str, applied_at: int) -> Document:
    """The condition that came, and in time."""
    namespace.wait_for_new(f"hps/{name}", f"condition={condition}")
    found = namespace.condition(name, condition)
    took = parse_time(found["lastTransitionTime"]) - applied_at
    print(f"{name}: {found['reason']} after {took} ms: {found['message']}")
    assert took < WITHIN
    return found


def costs_nothing(namespace: Namespace, name: str) -> bool:
    status = namespace.get("hps", name)["status"]
    trials = [each["status"] for each in namespace.trials(name) if "status" in each]
    assert not any(each["state"] == "Failed" or each.get("attempts") for each in trials)
    counts: Document = status["trials"]
    assert counts["failed"] == counts["completed"] == counts["stopped"] == 0
    assert status["charged"] == {"gpuMilliseconds": 0, "failedTrials": 0}
    return True


@pytest.mark.parametrize("name", INVALID)
def test_told_by_the_operator(namespace: Namespace, name: str) -> None:
    spec, said = INVALID[name]
    at = applied(namespace, study(name, **spec))
    failed = settled_within(namespace, name, "Failed", at)
    assert failed["reason"] == "InvalidStudy"
    assert failed["message"].startswith(said)
    assert costs_nothing(namespace, name)
    assert namespace.trials(name) == []


def test_an_invalid_study_that_is_mended_goes_on(namespace: Namespace) -> None:
    namespace.apply(pretended.study("mended", 1, 1, budget=None))
    namespace.wait_for_new("hps/mended", "condition=Failed")
    namespace.edit("mended", budget={"maxTrials": 1})
    namespace.wait("hps/mended", "condition=Complete")
    assert namespace.condition("mended", "Failed")["status"] == "False"


@pytest.fixture(scope="module")
def since(namespace: Namespace) -> dict[str, int]:
    """All obstacles at once, in one operator; when each study was applied."""
    return {name: applied(namespace, document) for name, (document, _, _) in BLOCKED.items()}


@pytest.mark.parametrize("name", BLOCKED)
def test_what_is_in_the_way_is_told(namespace: Namespace, since: dict[str, int], name: str) -> None:
    _, reason, said = BLOCKED[name]
    blocked = settled_within(namespace, name, "Blocked", since[name])
    assert blocked["reason"] == reason
    assert said in blocked["message"]
    assert "\n" not in blocked["message"]
    assert costs_nothing(namespace, name)


@pytest.mark.usefixtures("since")
def test_a_study_goes_on_once_nothing_is_in_its_way(namespace: Namespace) -> None:
    namespace.wait("hps/no-account", "condition=Blocked")
    namespace.wait("hps/no-secret", "condition=Blocked")
    namespace.kubectl("create", "serviceaccount", "absent")
    namespace.kubectl("create", "secret", "generic", "absent")
    for name in ("no-account", "no-secret"):
        namespace.wait(f"hps/{name}", "condition=Complete", 120)
        assert namespace.condition(name, "Blocked")["status"] == "False"
        assert [each["status"]["state"] for each in namespace.trials(name)] == ["Completed"] * 2
        assert all(len(each["status"]["attempts"]) == 1 for each in namespace.trials(name))


@pytest.mark.parametrize("resource", ["count/jobs.batch", "requests.nvidia.com/gpu"])
@pytest.mark.usefixtures("namespace")
def test_a_full_quota_blocks_until_it_is_raised(elsewhere: Namespace, resource: str) -> None:
    """One that lets no Job be made, and one that lets a Job make no pod."""
    name = resource.partition("/")[0]
    set_quota(elsewhere, resource, "0")
    at = applied(elsewhere, shell(name, QUICK, trials=2, parallelism=1))
    blocked = settled_within(elsewhere, name, "Blocked", at)
    assert blocked["reason"] == "QuotaExceeded"
    assert resource in blocked["message"]
    assert costs_nothing(elsewhere, name)
    set_quota(elsewhere, resource, "5")
    elsewhere.wait(f"hps/{name}", "condition=Complete", 120)
    assert elsewhere.condition(name, "Blocked")["status"] == "False"
    assert [len(each["status"]["attempts"]) for each in elsewhere.trials(name)] == [1, 1]


def set_quota(namespace: Namespace, resource: str, most: str) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "quota"}}
    namespace.apply({**quota, "spec": {"hard": {resource: most}}})
    key = resource.replace(".", "\\.")
    namespace.wait("quota/quota", f"jsonpath={{.status.hard.{key}}}={most}")


def break_status(namespace: Namespace, kind: str, name: str, status: Document) -> None:
    patch = json.dumps({"status": status})
    namespace.kubectl("patch", kind, name, "--subresource=status", "--type=merge", "-p", patch)


def trial_of(document: Document, index: int, **spec: Any) -> Document:
    """A Trial of a study that the cluster holds, as only an administrator could make it."""
    metadata = document["metadata"]
    return {
        "apiVersion": "tunewright.dev/v1alpha1",
        "kind": "Trial",
        "metadata": {
            "name": trial_name(metadata["name"], metadata["uid"], index),
            "labels": {"tunewright.dev/study": metadata["name"]},
            "ownerReferences": [owner_reference("HyperparameterStudy", document)],
        },
        "spec": {"study": metadata["name"], "index": index, "parameters": {"x": 0.5}, **spec},
    }


UNREADABLE = {"x": {"not": "a value"}}


class TestBrokenObjects:
    def test_a_status_is_made_anew(self, namespace: Namespace) -> None:
        namespace.apply(pretended.study("status", 2, 1))
        namespace.wait_for_new("hps/status", "condition=Complete")
        before = namespace.get("hps", "status")["status"]
        best = {**before["best"], "parameters": UNREADABLE}
        break_status(namespace, "hps", "status", {"best": best, "phase": "Pending", "conditions": []})
        namespace.wait("hps/status", "condition=Complete")
        after = namespace.get("hps", "status")["status"]
        for field in ("best", "trials", "nextIndex", "charged", "phase", "reason"):
            assert after[field] == before[field], field

    def test_a_trial_that_cannot_be_read_stops_its_study(self, namespace: Namespace) -> None:
        namespace.apply(pretended.study("trial", 3, 1, suspend=True))
        namespace.wait_for_new("hps/trial", "condition=Suspended")
        broken = trial_of(namespace.get("hps", "trial"), 0, parameters=UNREADABLE)
        namespace.apply(broken)
        namespace.wait("hps/trial", "condition=Failed")
        failed = namespace.condition("trial", "Failed")
        assert failed["reason"] == "InvalidStudy"
        assert failed["message"].startswith(f"Trial {broken['metadata']['name']}: spec.parameters.x: ")
        run_sound_study(namespace)
        namespace.kubectl("delete", "hptrial", broken["metadata"]["name"])
        namespace.edit("trial", suspend=False)
        namespace.wait("hps/trial", "condition=Complete")
        assert namespace.condition("trial", "Failed")["status"] == "False"
        assert len(namespace.trials("trial")) == 3

    def test_a_trial_whose_status_breaks_stops_its_study_for_as_long(self, namespace: Namespace) -> None:
        """What was charged and counted before stays."""
        namespace.apply(pretended.study("later", 2, 1))
        namespace.wait_for_new("hps/later", "condition=Complete")
        before = namespace.get("hps", "later")["status"]
        name = namespace.trials("later")[0]["metadata"]["name"]
        namespace.edit("later", budget={"maxTrials": 3}, suspend=True)
        namespace.wait("hps/later", "condition=Suspended")
        break_status(namespace, "hptrial", name, {"curves": {"accuracy": [[0.5, 1.0]]}})
        namespace.wait("hps/later", "condition=Failed")
        assert name in namespace.condition("later", "Failed")["message"]
        break_status(namespace, "hptrial", name, {"curves": None})
        namespace.edit("later", suspend=False)
        namespace.wait("hps/later", "condition=Complete")
        after = namespace.get("hps", "later")["status"]
        assert after["nextIndex"] == before["nextIndex"] + 1
        assert after["trials"]["completed"] == 3

    def test_what_only_looks_like_a_trial_s_job_is_passed_over(self, namespace: Namespace) -> None:
        """Such as a copy, made by hand to look into it; or one with half of the labels."""
        namespace.apply(pretended.study("copied", 2, 1, suspend=True))
        namespace.wait_for_new("hps/copied", "condition=Suspended")
        uid = namespace.get("hps", "copied")["metadata"]["uid"]
        trial = trial_name("copied", uid, 0)
        labels = {"tunewright.dev/study": "copied"}
        whole = {**labels, "tunewright.dev/trial": trial, "tunewright.dev/attempt": "1"}
        namespace.apply(
            a_job("half", labels),
            a_job("whole", whole),
            a_job("odd", {**whole, "tunewright.dev/attempt": "x"}),
        )
        namespace.edit("copied", suspend=False)
        namespace.wait("hps/copied", "condition=Complete")
        assert [each["status"]["attempts"][0]["number"] for each in namespace.trials("copied")] == [1, 1]
        assert len(namespace.list("jobs", "-l", "tunewright.dev/study=copied")) == 5


def a_job(name: str, labels: Document) -> Document:
    """Somebody's, that runs nothing."""
    container = {"name": "train", "image": "pretended"}
    pod = {"restartPolicy": "Never", "containers": [container]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {"suspend": True, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }


class TestTakenNames:
    """What has the name of an object that must be made, and is not the study's, is left as it is."""

    def test_of_a_trial(self, namespace: Namespace) -> None:
        namespace.apply(pretended.study("taken-trial", 1, 1, suspend=True))
        namespace.wait_for_new("hps/taken-trial", "condition=Suspended")
        foreign = trial_of(namespace.get("hps", "taken-trial"), 0)
        del foreign["metadata"]["ownerReferences"]
        self.check(namespace, "taken-trial", foreign, "hptrial")

    def test_of_a_job(self, namespace: Namespace) -> None:
        namespace.apply(pretended.study("taken-job", 1, 1, suspend=True))
        namespace.wait_for_new("hps/taken-job", "condition=Suspended")
        uid = namespace.get("hps", "taken-job")["metadata"]["uid"]
        self.check(namespace, "taken-job", a_job(job_name(trial_name("taken-job", uid, 0), 1), {}), "job")

    def check(self, namespace: Namespace, study: str, foreign: Document, kind: str) -> None:
        name = foreign["metadata"]["name"]
        namespace.apply(foreign)
        before = namespace.get(kind, name)
        namespace.edit(study, suspend=False)
        namespace.wait(f"hps/{study}", "condition=Blocked")
        blocked = namespace.condition(study, "Blocked")
        assert blocked["reason"] == "NameTaken"
        assert name in blocked["message"]
        assert costs_nothing(namespace, study)
        assert namespace.get(kind, name)["spec"] == before["spec"]
        namespace.kubectl("delete", kind, name)
        namespace.wait(f"hps/{study}", "condition=Complete")
        assert namespace.condition(study, "Blocked")["status"] == "False"


def test_what_was_refused_and_is_not_wanted_keeps_nobody_busy(namespace: Namespace, port: int) -> None:
    """Of a study that is suspended nothing is tried again, and there is nothing to do."""
    document = shell("unwanted", QUICK)
    namespace.apply(with_container(document, ports=[{"containerPort": 99999}]))
    namespace.wait_for_new("hps/unwanted", "condition=Blocked")
    namespace.edit("unwanted", suspend=True)
    namespace.wait("hps/unwanted", "condition=Suspended")
    time.sleep(FIRST_RETRY / 1000)  # nothing happens then; that is the point
    before = steps(port)
    time.sleep(2)
    assert steps(port) - before < 50


def steps(port: int) -> float:
    lines = page(port, "/metrics").splitlines()
    [count] = [line.split()[1] for line in lines if line.startswith("tunewright_reconcile_seconds_count")]
    return float(count)
