"""Jobs as the operator renders them, in a namespace that enforces the restricted Pod Security Standard.

Their pods run for real: what is read from them is what a kubelet writes.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from tests.builders import a_study, a_trial, study_document
from tests.cluster.attempting import DEFAULTS, Attempts, a_study_of, named, shell
from tests.cluster.calling import a_namespace, install_kinds
from tests.cluster.images import archives
from tests.cluster.images.storage import Storage
from tests.cluster.machine.cluster import Cluster

from tunewright.cluster.gateway import CLAIMS, EVENTS, JOBS, STUDIES, Gateway, Refused
from tunewright.cluster.jobs import claim_of, job_of
from tunewright.cluster.obstacles import obstacle_of_event, obstacle_of_refusal
from tunewright.engine.facts import Cause

WORD = '{"v":2,"final":true,"step":1,"metrics":{"accuracy":[[1,0.5],null,null]},"curve":{}}'
SDK = f"""
set -e
echo a > /tmp/scratch
mkdir -p "$TUNEWRIGHT_CHECKPOINT_DIR"
echo b > "$TUNEWRIGHT_CHECKPOINT_DIR/model"
if echo c > /else 2> /dev/null; then exit 8; fi
test "$HP_OPTIMIZER" = adam
printf '%s' '{WORD}' > "$TUNEWRIGHT_LAST_WORD"
"""
FOREVER = "while true; do sleep 0.1; done"
# Ends well when it is told to end, as a program that saves its work does.
OBEDIENT = f"trap 'exit 0' TERM; {FOREVER}"


@pytest.fixture(scope="module")
def gateway(cluster: Cluster) -> Iterator[Gateway]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, "*")
        yield Gateway.connect(kubeconfig=str(cluster.kubeconfig))


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    install_kinds(cluster)
    for archive in archives.make("shell", Storage.open(), archives.directory()):
        cluster.load_image(archive)
    with a_namespace(cluster) as name:
        cluster.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
        yield name


@pytest.fixture(scope="module")
def attempts(gateway: Gateway, namespace: str) -> Iterator[Attempts]:
    """All of them begin at once, so that each test waits for little."""
    with Attempts(gateway, namespace).watched() as attempts:
        attempts.begin("well", shell(SDK, gpus=1))
        attempts.begin("silent", shell("exit 0"))
        # By one stream: of two the kubelet's log does not keep the order.
        attempts.begin("fails", shell("echo loading >&2; echo no such data >&2; exit 3"))
        attempts.begin("hungry", _hungry())
        attempts.begin("slow", shell(FOREVER), limit=2_000)
        attempts.begin("absent", shell("", command=["/no/such/program"]))
        attempts.begin("evicted", shell(OBEDIENT))
        attempts.begin("deleted", shell(OBEDIENT))
        attempts.begin("asked", shell(f"trap 'exit 143' TERM; {FOREVER}"))
        attempts.begin("unfetched", _with_a_failing_init_container())
        attempts.begin("no-image", shell("", image="localhost/none:1"))
        attempts.begin("root", shell("", securityContext={}))
        attempts.begin("no-secret", shell("", env=[_from_a_secret()]))
        attempts.begin("no-room", shell("", gpus=999))
        attempts.begin("no-account", _as_nobody())
        yield attempts


def _hungry() -> dict[str, Any]:
    limits = {"memory": "24Mi", "nvidia.com/gpu": 0}
    return shell("exec tail /dev/zero", resources={"limits": limits})


def _with_a_failing_init_container() -> dict[str, Any]:
    template = shell("exit 0")
    spec = template["spec"]["template"]["spec"]
    [main] = spec["containers"]
    spec["initContainers"] = [{**main, "name": "fetch", "command": ["sh", "-c", "exit 6"]}]
    return template


def _from_a_secret() -> dict[str, Any]:
    return {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "none", "key": "token"}}}


def _as_nobody() -> dict[str, Any]:
    template = shell("exit 0")
    template["spec"]["template"]["spec"]["serviceAccountName"] = "nobody"
    return template


class TestHowAnAttemptEnded:
    def test_well(self, attempts: Attempts) -> None:
        end = attempts.ended("well")

        found = attempts.execution("well")
        assert (end.code, end.cause, end.final) == (0, None, True)
        assert (found.metrics["accuracy"].last, found.gpus) == (0.5, 1)
        assert found.started_at is not None
        assert 0 <= end.ended_at - found.started_at < 60_000

    def test_without_a_word(self, attempts: Attempts) -> None:
        end = attempts.ended("silent")

        assert (end.code, end.cause, end.final) == (0, None, None)

    def test_with_a_code_and_what_it_printed_last(self, attempts: Attempts) -> None:
        end = attempts.ended("fails")

        assert (end.code, end.cause) == (3, None)
        assert end.message == "it exited with code 3: no such data"

    def test_out_of_memory(self, attempts: Attempts) -> None:
        end = attempts.ended("hungry")

        assert (end.code, end.cause) == (137, Cause.OUT_OF_MEMORY)
        assert end.message == "container main ran out of memory; its limit is 24Mi"

    def test_its_run_time_is_used_up(self, attempts: Attempts) -> None:
        end = attempts.ended("slow")

        assert (end.cause, end.message) == (Cause.DEADLINE, "")

    def test_no_such_program(self, attempts: Attempts) -> None:
        end = attempts.ended("absent")

        assert end.cause is Cause.CANNOT_START
        assert "/no/such/program" in end.message
        assert attempts.execution("absent").started_at is None

    def test_an_init_container_that_fails(self, attempts: Attempts) -> None:
        end = attempts.ended("unfetched")

        assert (end.code, end.message) == (6, "container fetch exited with code 6")

    def test_evicted(self, attempts: Attempts, cluster: Cluster, namespace: str) -> None:
        """As a drain of its node does it."""
        attempts.started("evicted")
        name = attempts.pod("evicted")
        eviction = f'{{"apiVersion":"policy/v1","kind":"Eviction","metadata":{{"name":"{name}"}}}}'
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/eviction"
        cluster.kubectl("create", "--raw", path, "-f-", input=eviction)

        end = attempts.ended("evicted")

        assert (end.code, end.cause) == (0, Cause.DISRUPTED)
        assert "evict" in end.message.lower()
        cluster.kubectl("wait", "job/evicted-1", "-n", namespace, "--for=condition=Complete", "--timeout=60s")
        assert attempts.pods("evicted") == 1

    def test_deleted_by_hand(self, attempts: Attempts, cluster: Cluster, namespace: str) -> None:
        attempts.started("deleted")
        cluster.kubectl("delete", "pod", attempts.pod("deleted"), "-n", namespace, "--wait=false")

        assert attempts.ended("deleted").cause is Cause.DISRUPTED

    def test_asked_to_end(self, attempts: Attempts) -> None:
        attempts.started("asked")
        attempts.stop("asked")

        end = attempts.ended("asked")

        assert (end.code, end.cause) == (143, None)


class TestWhatIsInTheWay:
    @pytest.mark.parametrize(
        ("name", "reason", "says"),
        [
            ("no-image", "ImagePullFailed", "localhost/none:1"),
            ("root", "ContainerConfigError", "runAsNonRoot"),
            ("no-secret", "ContainerConfigError", 'secret "none" not found'),
            ("no-room", "Unschedulable", "nvidia.com/gpu"),
        ],
    )
    def test_of_a_pod(self, attempts: Attempts, name: str, reason: str, says: str) -> None:
        obstacle = attempts.obstructed(name)

        assert obstacle.reason == reason
        assert says in obstacle.message
        assert attempts.execution(name).exit is None

    def test_of_a_job_that_gets_no_pod(self, attempts: Attempts, gateway: Gateway, namespace: str) -> None:
        event = _event(gateway, namespace, "involvedObject.name=no-account-1,reason=FailedCreate")

        obstacle = obstacle_of_event(event)

        assert obstacle is not None
        assert obstacle.reason == "ServiceAccountMissing"
        assert 'serviceaccount "nobody" not found' in obstacle.message


def _event(gateway: Gateway, namespace: str, selector: str) -> dict[str, Any]:
    """The first event that the selector names, once there is one."""
    found, version = gateway.list_version(EVENTS, namespace, field_selector=selector)
    if found:
        return found[0]
    name, reason = (part.split("=")[1] for part in selector.split(","))
    with closing(gateway.watch(EVENTS, namespace, resource_version=version, timeout=60)) as changes:
        for change in changes:
            event: dict[str, Any] = change["object"]
            if event.get("reason") == reason and event["involvedObject"]["name"] == name:
                return event
    raise AssertionError(f"no event {selector}")


def _with_a_sidecar() -> dict[str, Any]:
    template = shell("exit 0", ports=[{"containerPort": 8791}])
    spec = template["spec"]["template"]["spec"]
    spec["initContainers"] = [{**spec["containers"][0], "name": "side", "restartPolicy": "Always"}]
    return template


MANY: list[dict[str, Any]] = [{"name": f"p{i}", "type": "int", "min": 0, "max": 9} for i in range(200)]
TRAINER = {"model": "mlp", "dataset": "digits"}
TRIALS: dict[str, dict[str, Any]] = {
    "trainer": {},
    "shared claim": {"checkpoints": {"claim": "shared"}},
    "claims": {"checkpoints": {"claimTemplate": {"size": "1Gi"}}},
    "sidecar": {"template": _with_a_sidecar()},
    "log": {"template": shell("exit 0"), "metrics": {"source": "log"}},
    "trainer in a template": {
        "trainer": TRAINER,
        "template": {"spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}},
    },
}


class TestTheServerTakesIt:
    @pytest.mark.parametrize("trial", TRIALS.values(), ids=TRIALS)
    def test_with_names_at_their_limit(self, gateway: Gateway, namespace: str, trial: dict[str, Any]) -> None:
        study, owner = a_study_of(namespace, **trial), named("a" * 63)

        job = gateway.create(JOBS, namespace, job_of(study, owner, 100, 5_000, DEFAULTS, "u"), dry_run=True)
        claim = claim_of(study, owner, "u")

        assert job["spec"]["template"]["spec"]["activeDeadlineSeconds"] == 5
        if claim is not None:
            assert gateway.create(CLAIMS, namespace, claim, dry_run=True)["spec"]["resources"] == {
                "requests": {"storage": "1Gi"}
            }

    def test_with_200_parameters_and_a_queue(self, gateway: Gateway, namespace: str) -> None:
        study = a_study(parameters=MANY, trial={"template": shell("exit 0")})
        labels = {"kueue.x-k8s.io/queue-name": "gpus"}
        metadata = study.metadata.model_copy(update={"namespace": namespace, "labels": labels})
        study = study.model_copy(update={"metadata": metadata})
        trial = a_trial(parameters={each["name"]: 9 for each in MANY})

        job = gateway.create(JOBS, namespace, job_of(study, trial, 1, 5_000, DEFAULTS, "u"), dry_run=True)

        [container] = job["spec"]["template"]["spec"]["containers"]
        assert [each["name"] for each in container["env"][:200]] == [f"HP_P{i}" for i in range(200)]
        assert job["spec"]["suspend"] is True

    def test_what_it_refuses_is_told_by_its_path(self, gateway: Gateway, namespace: str) -> None:
        study = a_study_of(namespace, shell("", imagePullPolicy="Sometimes"))

        with pytest.raises(Refused) as refused:
            gateway.create(JOBS, namespace, job_of(study, named("a"), 1, None, DEFAULTS, "u"), dry_run=True)

        found = obstacle_of_refusal(refused.value.code, refused.value.reason, refused.value.message)
        assert found.reason == "JobRejected"
        assert "spec.template.spec.containers[0].imagePullPolicy" in found.message


class TestTheSchema:
    @pytest.mark.parametrize(
        ("trial", "says"),
        [
            ({}, "give trainer or template"),
            ({"trainer": TRAINER, "metricsContainer": "a"}, "metricsContainer is for a template"),
            ({"trainer": TRAINER, "checkpoints": {}}, "give either claim or claimTemplate"),
            (
                {"trainer": TRAINER, "checkpoints": {"claim": "a", "claimTemplate": {"size": "1Gi"}}},
                "give either claim or claimTemplate",
            ),
            (
                {"trainer": TRAINER, "checkpoints": {"claimTemplate": {"size": "much"}}},
                "spec.trial.checkpoints.claimTemplate.size",
            ),
        ],
    )
    def test_refuses(self, gateway: Gateway, namespace: str, trial: dict[str, Any], says: str) -> None:
        with pytest.raises(Refused, match=says):
            gateway.create(STUDIES, namespace, _document(trial), dry_run=True)

    def test_takes_trainer_and_template_and_fills_in_the_claim(
        self, gateway: Gateway, namespace: str
    ) -> None:
        trial = {**TRIALS["trainer in a template"], **TRIALS["claims"]}

        taken = gateway.create(STUDIES, namespace, _document(trial), dry_run=True)

        assert taken["spec"]["trial"]["checkpoints"] == {
            "claimTemplate": {"size": "1Gi", "accessModes": ["ReadWriteOnce"]}
        }


def _document(trial: dict[str, Any]) -> dict[str, Any]:
    document = study_document(trial=trial)
    del document["metadata"]["uid"]
    return document
