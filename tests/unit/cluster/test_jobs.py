"""Tests of the Job that an attempt becomes."""

import copy
import json
from typing import Any

import pytest
from tests.builders import a_study, a_trial, study_document

from tunewright.api.checks import check
from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Trial
from tunewright.cluster.job_defaults import JobDefaults
from tunewright.cluster.jobs import claim_of, gpus_of, job_of
from tunewright.cluster.pod_spec import metrics_container_of
from tunewright.engine.variables import expand

DEFAULTS = JobDefaults(trainer_image="tunewright/trainer:1")
TRAINER = {"model": "mlp", "dataset": "digits"}
OURS = {"tunewright.dev/study": "digits", "tunewright.dev/trial": "digits-0", "tunewright.dev/attempt": "2"}
QUEUE = "kueue.x-k8s.io/queue-name"


def a_template(*containers: dict[str, Any], job: dict[str, Any] | None = None, **pod: Any) -> dict[str, Any]:
    main = {"name": "main", "image": "example/train:1", "command": ["train"]}
    return {"spec": {"template": {"spec": {"containers": list(containers or [main]), **pod}}, **(job or {})}}


def study_of(
    *, labels: dict[str, str] | None = None, parameters: list[dict[str, Any]] | None = None, **trial: Any
) -> HyperparameterStudy:
    spec: dict[str, Any] = {"trial": trial} | ({"parameters": parameters} if parameters else {})
    document = study_document(**spec)
    document["metadata"] |= {"namespace": "ml", "labels": labels or {}}
    study = HyperparameterStudy.model_validate(document)
    if "trainer" not in trial:
        assert check(study) == []
    return study


def job(
    study: HyperparameterStudy,
    trial: Trial | None = None,
    *,
    limit: int | None = None,
    defaults: JobDefaults = DEFAULTS,
) -> dict[str, Any]:
    return job_of(study, trial or a_trial(), 2, limit, defaults, "t-uid")


def pod(study: HyperparameterStudy, trial: Trial | None = None, **arguments: Any) -> dict[str, Any]:
    spec: dict[str, Any] = job(study, trial, **arguments)["spec"]["template"]["spec"]
    return spec


def main(study: HyperparameterStudy, trial: Trial | None = None, **arguments: Any) -> dict[str, Any]:
    [container] = pod(study, trial, **arguments)["containers"]
    return dict(container)


def environment(container: dict[str, Any]) -> dict[str, str]:
    """What the container's program finds, as the kubelet would expand it."""
    found: dict[str, str] = {}
    for entry in container["env"]:
        found[entry["name"]] = expand(entry.get("value", "?"), found)
    return found


def test_the_built_in_trainer() -> None:
    whole = job(study_of(trainer=TRAINER, gracePeriod="1m"), limit=60_999)
    env = whole["spec"]["template"]["spec"]["containers"][0].pop("env")

    assert whole == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": "digits-0-2",
            "namespace": "ml",
            "labels": OURS,
            "annotations": {"tunewright.dev/limit-milliseconds": "60999"},
            "ownerReferences": [
                {
                    "apiVersion": "tunewright.dev/v1alpha1",
                    "kind": "Trial",
                    "name": "digits-0",
                    "uid": "t-uid",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            "backoffLimit": 0,
            "podReplacementPolicy": "Failed",
            "ttlSecondsAfterFinished": 3600,
            "template": {
                "metadata": {"labels": OURS, "annotations": {}},
                "spec": {
                    "activeDeadlineSeconds": 60,
                    "automountServiceAccountToken": False,
                    "containers": [
                        {
                            "name": "trainer",
                            "image": "tunewright/trainer:1",
                            "command": [
                                "python",
                                "-m",
                                "tunewright_trainer",
                                "--model=mlp",
                                "--dataset=digits",
                                "--max-epochs=30",
                                "--seed=0",
                                "--validation-fraction=0.2",
                                "--test-fraction=0.2",
                            ],
                            "ports": [{"name": "tunewright", "containerPort": 8791}],
                            "resources": {"limits": {"nvidia.com/gpu": 1}},
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                                "readOnlyRootFilesystem": True,
                            },
                            "terminationMessagePolicy": "FallbackToLogsOnError",
                            "volumeMounts": [
                                {"name": "tunewright-checkpoints", "mountPath": "/tunewright/checkpoints"},
                                {"name": "tunewright-tmp", "mountPath": "/tmp", "subPath": "trainer"},
                            ],
                        }
                    ],
                    "enableServiceLinks": False,
                    "restartPolicy": "Never",
                    "securityContext": {
                        "runAsNonRoot": True,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "terminationGracePeriodSeconds": 60,
                    "volumes": [
                        {"name": "tunewright-checkpoints", "emptyDir": {}},
                        {"name": "tunewright-tmp", "emptyDir": {}},
                    ],
                },
            },
        },
    }
    assert env == [
        {"name": "HP_LEARNING_RATE", "value": "0.001"},
        {"name": "HP_OPTIMIZER", "value": "adam"},
        {"name": "HP_MOMENTUM", "value": ""},
        {"name": "TUNEWRIGHT_PARAMETERS", "value": '{"learning_rate": 0.001, "optimizer": "adam"}'},
        {"name": "TUNEWRIGHT_TRIAL", "value": "digits-0"},
        {"name": "TUNEWRIGHT_OBJECTIVES", "value": "accuracy"},
        {"name": "TUNEWRIGHT_ATTEMPT", "value": "2"},
        {"name": "TUNEWRIGHT_CHECKPOINT_DIR", "value": "/tunewright/checkpoints/digits-0"},
        {"name": "TUNEWRIGHT_LAST_WORD", "value": "/dev/termination-log"},
        {"name": "TUNEWRIGHT_METRICS_PORT", "value": "8791"},
        {
            "name": "TUNEWRIGHT_METRICS_HOST",
            "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}},
        },
    ]


class TestTheTrainerInTheContainerOfATemplate:
    def test_it_has_what_the_template_gives_it(self) -> None:
        template = a_template(
            {"name": "side", "image": "proxy"},
            {
                "name": "train",
                "resources": {"limits": {"amd.com/gpu": 2}},
                "env": [{"name": "A", "value": "b"}],
            },
            nodeSelector={"zone": "a"},
            priorityClassName="low",
        )
        study = study_of(trainer=TRAINER, template=template, metricsContainer="train")
        assert metrics_container_of(study) == "train"

        found = pod(study)

        side, train = found["containers"]
        assert (found["nodeSelector"], found["priorityClassName"]) == ({"zone": "a"}, "low")
        assert (side["image"], "command" in side) == ("proxy", False)
        assert train["image"] == "tunewright/trainer:1"
        assert train["command"][:3] == ["python", "-m", "tunewright_trainer"]
        assert train["resources"] == {"limits": {"amd.com/gpu": 2}}
        assert environment(train)["A"] == "b"

    def test_an_image_that_is_named_is_kept(self) -> None:
        defaults = JobDefaults("tunewright/trainer:1", "Always")
        own = study_of(trainer=TRAINER, template=a_template({"name": "main", "image": "mine:1"}))

        assert main(own, defaults=defaults)["image"] == "mine:1"
        assert "imagePullPolicy" not in main(own, defaults=defaults)
        assert main(study_of(trainer=TRAINER), defaults=defaults)["imagePullPolicy"] == "Always"

    def test_a_path_that_looks_like_a_variable(self) -> None:
        command = main(study_of(trainer={"model": "mlp", "dataset": "/d/$(A).csv"}))["command"]

        assert [expand(word, {"A": "x"}) for word in command][4] == "--dataset=/d/$(A).csv"


class TestATemplate:
    def test_what_it_says_is_kept(self) -> None:
        container = {
            "name": "main",
            "image": "example/train:1",
            "args": ["--lr=$(HP_LEARNING_RATE)"],
            "envFrom": [{"secretRef": {"name": "s"}}],
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        }
        own = {
            "serviceAccountName": "ml",
            "imagePullSecrets": [{"name": "registry"}],
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
            "initContainers": [{"name": "fetch", "image": "curl"}],
        }
        template = a_template(container, job={"ttlSecondsAfterFinished": 60}, **own)
        template["metadata"] = {"labels": {"team": "a"}, "annotations": {"note": "b"}}
        template["spec"]["template"]["metadata"] = {
            "labels": {"team": "c", **OURS},
            "annotations": {"d": "e"},
        }

        whole = job(study_of(template=template))

        assert whole["metadata"]["labels"] == {"team": "a", **OURS}
        assert whole["metadata"]["annotations"] == {"note": "b"}
        assert whole["spec"]["ttlSecondsAfterFinished"] == 60
        pod_template = whole["spec"]["template"]
        assert pod_template["metadata"] == {"labels": {"team": "c", **OURS}, "annotations": {"d": "e"}}
        spec = pod_template["spec"]
        assert all(spec[field] == own[field] for field in own.keys() - {"volumes", "initContainers"})
        assert spec["volumes"][0] == own["volumes"][0]
        [main] = spec["containers"]
        assert {name: main[name] for name in ("image", "args", "envFrom")} == {
            name: container[name] for name in ("image", "args", "envFrom")
        }
        assert main["volumeMounts"][0] == {"name": "data", "mountPath": "/data"}

    @pytest.mark.parametrize("trainer", [{}, {"trainer": TRAINER}])
    def test_it_stays_as_it_is(self, trainer: dict[str, Any]) -> None:
        container = {"name": "main", "env": [], "ports": [], "volumeMounts": [], "resources": {"limits": {}}}
        template = a_template(container, volumes=[], securityContext={}, initContainers=[{"name": "a"}])
        template["metadata"] = {"labels": {}, "annotations": {}}
        study = study_of(template=template, checkpoints={"claim": "shared"}, **trainer)
        before = copy.deepcopy(study)

        job(study, limit=60_000)

        assert study == before

    def test_our_labels_win(self) -> None:
        template = a_template()
        template["metadata"] = {"labels": {"tunewright.dev/attempt": "9"}}

        assert job(study_of(template=template))["metadata"]["labels"] == OURS

    @pytest.mark.parametrize(
        ("own", "limit", "expected"),
        [
            (None, None, None),
            (50, None, 50),
            (50, 60_000, 50),
            (90, 60_000, 60),
            (None, 8_999, 8),  # a budget holds: the kubelet knows whole seconds, and may be a little late
            (None, 400, 1),
        ],
    )
    def test_the_shorter_run_time_holds(
        self, own: int | None, limit: int | None, expected: int | None
    ) -> None:
        template = a_template() if own is None else a_template(activeDeadlineSeconds=own)

        assert pod(study_of(template=template), limit=limit).get("activeDeadlineSeconds") == expected


class TestVariables:
    def test_every_container_knows_the_parameters_and_one_the_attempt(self) -> None:
        template = a_template(
            {"name": "main", "image": "i"},
            {"name": "side", "image": "i"},
            initContainers=[{"name": "first", "image": "i"}],
        )

        spec = pod(study_of(template=template, metricsContainer="main"))

        [first, main, side] = map(environment, [*spec["initContainers"], *spec["containers"]])
        assert first == side
        assert (first["HP_OPTIMIZER"], first["TUNEWRIGHT_TRIAL"]) == ("adam", "digits-0")
        assert main.keys() - side.keys() == {
            "TUNEWRIGHT_ATTEMPT",
            "TUNEWRIGHT_CHECKPOINT_DIR",
            "TUNEWRIGHT_LAST_WORD",
            "TUNEWRIGHT_METRICS_PORT",
            "TUNEWRIGHT_METRICS_HOST",
        }

    def test_those_of_the_template_may_refer_to_ours(self) -> None:
        env = [{"name": "OUT", "value": "$(TUNEWRIGHT_CHECKPOINT_DIR)/$(HP_OPTIMIZER)"}]
        template = a_template({"name": "main", "image": "i", "env": env})

        assert (
            environment(main(study_of(template=template)))["OUT"] == "/tunewright/checkpoints/digits-0/adam"
        )

    @pytest.mark.parametrize("value", ["$(HP_LEARNING_RATE)", "a$$b", "$", "größe 漢字 🎲", 'say "$(x)"'])
    def test_a_value_arrives_as_it_is(self, value: str) -> None:
        parameters: list[dict[str, Any]] = [
            {"name": "learning_rate", "type": "float", "min": 0, "max": 1},
            {"name": "kind", "type": "categorical", "values": [value, "other"]},
        ]
        study = study_of(template=a_template(), parameters=parameters)

        found = environment(main(study, a_trial(parameters={"learning_rate": 0.5, "kind": value})))

        assert found["HP_KIND"] == value
        assert json.loads(found["TUNEWRIGHT_PARAMETERS"])["kind"] == value

    def test_200_parameters(self) -> None:
        parameters = [{"name": f"p{i}", "type": "int", "min": 0, "max": 9} for i in range(200)]
        study = study_of(template=a_template(), parameters=parameters)

        found = environment(main(study, a_trial(parameters={f"p{i}": i % 10 for i in range(200)})))

        assert [found[f"HP_P{i}"] for i in range(200)] == [str(i % 10) for i in range(200)]

    def test_a_program_that_is_read_from_its_log_serves_nothing(self) -> None:
        container = main(study_of(template=a_template(), metrics={"source": "log"}))

        assert not {"TUNEWRIGHT_LAST_WORD", "TUNEWRIGHT_METRICS_PORT"} & environment(container).keys()
        assert "ports" not in container

    def test_on_the_network_of_the_node_no_metrics_are_served(self) -> None:
        container = main(study_of(template=a_template(hostNetwork=True)))

        assert "TUNEWRIGHT_METRICS_PORT" not in environment(container)
        assert environment(container)["TUNEWRIGHT_LAST_WORD"] == "/dev/termination-log"

    def test_the_last_word_goes_where_the_kubelet_looks(self) -> None:
        container = {
            "name": "main",
            "image": "i",
            "terminationMessagePath": "/run/word",
            "terminationMessagePolicy": "File",
        }

        found = main(study_of(template=a_template(container)))

        assert environment(found)["TUNEWRIGHT_LAST_WORD"] == "/run/word"
        assert found["terminationMessagePolicy"] == "File"


class TestAQueue:
    def test_the_job_waits_in_the_queue_of_its_study(self) -> None:
        labels = {QUEUE: "gpus", "kueue.x-k8s.io/priority-class": "high", "team": "a"}

        whole = job(study_of(trainer=TRAINER, labels=labels, gracePeriod="20s"), limit=60_000)

        assert whole["spec"]["suspend"] is True
        assert whole["metadata"]["labels"] == {
            **OURS,
            QUEUE: "gpus",
            "kueue.x-k8s.io/priority-class": "high",
            "kueue.x-k8s.io/max-exec-time-seconds": "80",
        }
        assert whole["spec"]["template"]["metadata"]["labels"] == OURS

    def test_without_a_limit_the_queue_has_none(self) -> None:
        whole = job(study_of(trainer=TRAINER, labels={QUEUE: "gpus"}))

        assert whole["metadata"]["labels"] == {**OURS, QUEUE: "gpus"}


class TestCheckpoints:
    def test_a_claim_for_each_trial(self) -> None:
        template = {"size": "10Gi", "storageClassName": "fast", "accessModes": ["ReadWriteMany"]}
        study = study_of(trainer=TRAINER, checkpoints={"claimTemplate": template})

        claim = claim_of(study, a_trial(), "t-uid")

        assert claim is not None
        assert claim["metadata"]["ownerReferences"] == job(study)["metadata"]["ownerReferences"]
        assert claim["metadata"]["labels"].items() <= OURS.items()
        assert (claim["metadata"]["name"], claim["metadata"]["namespace"]) == ("digits-0", "ml")
        assert claim["spec"] == {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "10Gi"}},
            "storageClassName": "fast",
        }
        spec = pod(study)
        assert spec["volumes"][0]["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
        assert spec["securityContext"]["fsGroup"] == 65532

    def test_the_clusters_own_storage_class(self) -> None:
        claim = claim_of(
            study_of(trainer=TRAINER, checkpoints={"claimTemplate": {"size": "1Gi"}}), a_trial(), "u"
        )

        assert claim is not None
        assert claim["spec"] == {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        }

    @pytest.mark.parametrize("checkpoints", [None, {"claim": "shared"}])
    def test_no_claim_of_its_own(self, checkpoints: dict[str, Any] | None) -> None:
        assert claim_of(study_of(trainer=TRAINER, checkpoints=checkpoints), a_trial(), "u") is None

    def test_the_group_of_a_template_is_kept(self) -> None:
        template = a_template(securityContext={"fsGroup": 7})

        spec = pod(study_of(template=template, checkpoints={"claim": "shared"}))

        assert spec["securityContext"]["fsGroup"] == 7


@pytest.mark.parametrize(
    ("trial", "gpus"),
    [
        ({"trainer": TRAINER}, 1),
        ({"template": a_template()}, 1),
        (
            {
                "template": a_template(
                    {"name": "main", "image": "i", "resources": {"limits": {"nvidia.com/gpu": 0}}}
                )
            },
            0,
        ),
        (
            {
                "template": a_template(
                    {"name": "main", "image": "i", "resources": {"limits": {"nvidia.com/gpu": "8"}}}
                )
            },
            8,
        ),
    ],
)
def test_how_many_gpus_an_attempt_holds(trial: dict[str, Any], gpus: int) -> None:
    assert gpus_of(study_of(**trial), DEFAULTS) == gpus


def test_a_name_at_its_limit() -> None:
    name = "a" * 63
    long_trial = a_trial().model_copy(
        update={"metadata": a_trial().metadata.model_copy(update={"name": name})}
    )

    whole = job(a_study(name), long_trial)

    assert len(whole["metadata"]["name"]) <= 63
    assert whole["metadata"]["labels"]["tunewright.dev/trial"] == name
