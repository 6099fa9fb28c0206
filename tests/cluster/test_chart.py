"""The chart on a real API server: all of it is taken, rights are what is written, and no study is lost.

The operator's pods are never scheduled here: whether it works is asked elsewhere.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.builders import a_trial, study_document
from tests.cluster.machine import resolve
from tests.cluster.machine.bare import MachineCluster
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.commands import CommandError
from tests.unit.charts.generated import MANIFEST
from tests.unit.charts.rendering import CHARTS, Chart, Objects

FOLDER = CHARTS / "tunewright"
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/warn=restricted"
DRY_RUN = "apply", "--dry-run=server", "--warnings-as-errors", "--filename=-"
Grant = tuple[str, str, str]


@pytest.fixture(scope="module")
def own(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster for these tests alone, which install and remove the kinds."""
    if not isinstance(cluster, MachineCluster):
        pytest.skip("the chart's kinds are installed and removed here: this needs a cluster of our own")
    name = f"test-{os.getpid()}-chart"
    try:
        made = resolve.up(name)
        made.kubectl("cordon", str(made.node_name))
        yield made
    finally:
        resolve.down(name)


@pytest.fixture
def clean(own: Cluster) -> Iterator[Cluster]:
    """The same; every release and the kinds are gone afterwards."""
    yield own
    for release in json.loads(own.helm("list", "--all-namespaces", "--output=json")):
        own.helm("uninstall", release["name"], "--namespace", release["namespace"])
    own.kubectl("delete", "crd", "--selector=app.kubernetes.io/name=tunewright")


@pytest.fixture(scope="module")
def chart(own: Cluster) -> Chart:
    return Chart(own.helm_path)


def install(cluster: Cluster, release: str, namespace: str, *flags: str, folder: Path = FOLDER) -> None:
    cluster.helm(
        "upgrade", "--install", release, str(folder), f"--namespace={namespace}", "--create-namespace", *flags
    )


def namespace_of(cluster: Cluster, name: str, *labels: str) -> str:
    cluster.kubectl("create", "namespace", name)
    if labels:
        cluster.kubectl("label", "namespace", name, *labels)
    return name


def created(cluster: Cluster, body: dict[str, Any], *flags: str) -> dict[str, Any]:
    """What the API server made of it."""
    answer: dict[str, Any] = json.loads(
        cluster.kubectl("create", "--filename=-", "--output=json", *flags, input=json.dumps(body))
    )
    return answer


def rights(cluster: Cluster, user: str, namespace: str, groups: set[str]) -> set[Grant]:
    """What a user may do in a namespace with these API groups; a name appended where it is only for that."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    rules = created(cluster, review, f"--as={user}", "--validate=false")["status"]["resourceRules"]
    return {
        (group, "/".join([resource, *rule.get("resourceNames", [])]), verb)
        for rule in rules
        for group in rule.get("apiGroups", [])
        if group in groups
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def expected(role: dict[str, Any]) -> set[Grant]:
    return {
        (group, "/".join([resource, *rule.get("resourceNames", [])]), verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


OPERATOR_GROUPS = {"", "batch", "tunewright.dev", "coordination.k8s.io", "rbac.authorization.k8s.io", "*"}


class TestAccepted:
    @pytest.mark.parametrize(
        "values",
        [
            {},
            {
                "replicas": 2,
                "watchNamespaces": ["default"],
                "networkPolicy": {"enabled": True},
                "imagePullSecrets": ["registry"],
                "priorityClassName": "system-cluster-critical",
                "tolerations": [{"operator": "Exists"}],
                "topologySpreadConstraints": [
                    {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
                ],
            },
        ],
        ids=["defaults", "full"],
    )
    def test_all_is_taken_without_a_warning(
        self, clean: Cluster, chart: Chart, values: dict[str, Any]
    ) -> None:
        """In a namespace that warns of every pod that Pod Security would refuse."""
        namespace = namespace_of(clean, f"strict-{len(values)}", *RESTRICTED)
        clean.kubectl("apply", "--filename=-", input=chart.text({}, "--show-only=templates/crds.yaml"))
        clean.kubectl("wait", "--for=condition=Established", "crd", "--all")
        rendered = chart.text(values, namespace=namespace)
        # A pod is dry-run against what is really there.
        created(clean, Objects(rendered).one("ServiceAccount", "tunewright-test"))
        clean.kubectl(*DRY_RUN, input=rendered)

    def test_a_pod_that_is_not_restricted_would_be_seen(self, clean: Cluster, chart: Chart) -> None:
        """What the test above rests on."""
        namespace = namespace_of(clean, "strict-seen", *RESTRICTED)
        rendered = chart.text({}, "--show-only=templates/deployment.yaml", namespace=namespace)
        lax = rendered.replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")
        with pytest.raises(CommandError, match="allowPrivilegeEscalation != false"):
            clean.kubectl(*DRY_RUN, input=lax)

    def test_the_manifest_is_applied_and_removed_without_helm(self, clean: Cluster) -> None:
        """By the commands of docs/install.md; the kinds stay."""
        clean.kubectl("apply", "--filename", str(MANIFEST))
        study = created(clean, study_document(), "--namespace=default")
        clean.kubectl("get", "--filename", str(MANIFEST))
        clean.kubectl("delete", "namespace", "tunewright")
        clean.kubectl(
            "delete", "clusterrole,clusterrolebinding", "--selector=app.kubernetes.io/instance=tunewright"
        )
        left = clean.kubectl("get", "clusterrole,clusterrolebinding", "--output=name")
        assert "tunewright" not in left
        assert uid(clean, "hps", study["metadata"]["name"]) == study["metadata"]["uid"]


class TestRights:
    def test_the_operator_has_what_its_roles_say_in_all_namespaces(
        self, clean: Cluster, chart: Chart
    ) -> None:
        install(clean, "tunewright", "wide")
        rendered = chart.objects(namespace="wide")
        user = "system:serviceaccount:wide:tunewright"
        role = expected(rendered.one("ClusterRole", "tunewright"))
        assert rights(clean, user, "default", OPERATOR_GROUPS) == role
        lease = expected(rendered.one("Role", "tunewright-lease"))
        assert rights(clean, user, "wide", OPERATOR_GROUPS) == role | lease

    def test_the_operator_has_them_only_in_watched_namespaces(self, clean: Cluster, chart: Chart) -> None:
        watched = namespace_of(clean, "watched")
        install(clean, "tunewright", "narrow", f"--set=watchNamespaces={{{watched}}}")
        rendered = chart.objects({"watchNamespaces": [watched]}, namespace="narrow")
        [role] = [each for each in rendered.of("Role") if each["metadata"]["name"] == "tunewright"]
        user = "system:serviceaccount:narrow:tunewright"
        assert rights(clean, user, watched, OPERATOR_GROUPS) == expected(role)
        assert rights(clean, user, "default", OPERATOR_GROUPS) == set()
        lease = expected(rendered.one("Role", "tunewright-lease"))
        assert rights(clean, user, "narrow", OPERATOR_GROUPS) == lease

    def test_users_of_the_cluster_s_own_roles(self, clean: Cluster) -> None:
        """The controller manager takes the chart's roles into view, edit and admin."""
        install(clean, "tunewright", "users")
        for role in ("view", "edit", "admin"):
            clean.kubectl(
                "create",
                "rolebinding",
                role,
                f"--clusterrole={role}",
                f"--user={role}-user",
                "--namespace=users",
            )
        read = {
            ("tunewright.dev", resource, verb)
            for resource in ("hyperparameterstudies", "trials")
            for verb in ("get", "list", "watch")
        }
        write = {
            ("tunewright.dev", "hyperparameterstudies", verb)
            for verb in ("create", "update", "patch", "delete", "deletecollection")
        }
        wanted = {"view": read, "edit": read | write, "admin": read | write}
        deadline = time.monotonic() + 30
        while True:
            had = {role: rights(clean, f"{role}-user", "users", {"tunewright.dev", "*"}) for role in wanted}
            if had == wanted or time.monotonic() > deadline:
                break
        assert had == wanted
        created(clean, study_document(), "--as=edit-user", "--namespace=users")
        with pytest.raises(CommandError, match=r"Forbidden.*trials"):
            created(clean, a_trial().document(), "--as=admin-user", "--namespace=users")

    def test_two_releases_live_side_by_side(self, clean: Cluster) -> None:
        once = "--set=crds.enabled=false,userRoles.enabled=false"
        install(clean, "tunewright", "one", "--set=watchNamespaces={one}")
        install(clean, "tunewright", "two", "--set=watchNamespaces={two}", once)
        [one, two] = ["system:serviceaccount:one:tunewright", "system:serviceaccount:two:tunewright"]
        groups = {"tunewright.dev"}
        assert rights(clean, one, "one", groups) == rights(clean, two, "two", groups) != set()
        assert rights(clean, one, "two", groups) == rights(clean, two, "one", groups) == set()
        clean.helm("uninstall", "tunewright", "--namespace=two")
        assert rights(clean, one, "one", groups)


class TestLife:
    def test_an_uninstall_loses_no_study(self, clean: Cluster) -> None:
        install(clean, "tunewright", "first")
        study = created(clean, study_document(), "--namespace=default")
        trial = a_trial().document()
        trial["metadata"]["ownerReferences"] = [
            {
                "apiVersion": "tunewright.dev/v1alpha1",
                "kind": "HyperparameterStudy",
                "name": study["metadata"]["name"],
                "uid": study["metadata"]["uid"],
            }
        ]
        made = created(clean, trial, "--namespace=default")
        before = stored(clean, "hps,hptrial")
        clean.helm("uninstall", "tunewright", "--namespace=first", "--wait")
        assert clean.kubectl("get", "deployment,role", "--namespace=first", "--output=name") == ""
        assert stored(clean, "hps,hptrial") == before
        install(clean, "tunewright", "first")
        assert stored(clean, "hps,hptrial") == before
        clean.helm("uninstall", "tunewright", "--namespace=first")
        with pytest.raises(CommandError, match="invalid ownership metadata"):
            install(clean, "other", "second")
        install(clean, "other", "second", "--take-ownership")
        assert stored(clean, "hps,hptrial") == before
        assert uid(clean, "hptrial", made["metadata"]["name"]) == made["metadata"]["uid"]

    def test_an_uninstall_takes_the_kinds_where_told_so(self, clean: Cluster) -> None:
        install(clean, "tunewright", "mortal", "--set=crds.keep=false")
        clean.helm("uninstall", "tunewright", "--namespace=mortal", "--wait")
        assert "tunewright.dev" not in clean.kubectl("get", "crd", "--output=name")

    def test_an_upgrade_upgrades_the_kinds(self, clean: Cluster, tmp_path: Path) -> None:
        install(clean, "tunewright", "upgraded")
        newer = shutil.copytree(FOLDER, tmp_path / "tunewright")
        path = newer / "files" / "crds" / "trials.yaml"
        definition = yaml.safe_load(path.read_text(encoding="utf-8"))
        columns = definition["spec"]["versions"][0]["additionalPrinterColumns"]
        columns.append({"name": "New", "type": "string", "jsonPath": ".metadata.name"})
        path.write_text(yaml.safe_dump(definition, sort_keys=False), encoding="utf-8")
        install(clean, "tunewright", "upgraded", folder=newer)
        now = json.loads(clean.kubectl("get", "crd", "trials.tunewright.dev", "--output=json"))
        [*_, last] = now["spec"]["versions"][0]["additionalPrinterColumns"]
        assert last["name"] == "New"


class TestHelmTest:
    def test_its_script_waits_for_the_refusal(self, clean: Cluster, chart: Chart, tmp_path: Path) -> None:
        """By the ServiceAccount that it runs as."""
        install(clean, "tunewright", "tested")
        rendered = chart.objects({}, "--show-only=templates/tests/operator.yaml", namespace="tested")
        [container] = rendered.one("Pod")["spec"]["containers"]
        for found in rendered:
            if found["kind"] != "Pod":
                created(clean, found)
        script, namespace, study, seconds = container["args"]
        environment = {
            **clean.environment(),
            "KUBECONFIG": str(kubeconfig(clean, "tested", "tunewright-test", tmp_path / "config")),
        }

        def started(seconds: str) -> "subprocess.Popen[str]":
            outside = (
                "from kubernetes import config; config.load_incluster_config = config.load_kube_config\n"
            )
            return subprocess.Popen(
                [sys.executable, "-c", outside + script, namespace, study, seconds],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )

        with started("1") as unanswered:
            printed, _ = unanswered.communicate(timeout=60)
        assert (unanswered.returncode, "not answered within 1 s" in printed) == (1, True), printed
        with started(seconds) as answered:
            refuse(clean, namespace, study, "InvalidStudy")
            printed, _ = answered.communicate(timeout=60)
        assert (answered.returncode, printed) == (0, "the operator answers: InvalidStudy: in a circle\n")
        refuse(clean, namespace, study, "SomethingElse")
        with started(seconds) as wrong:
            printed, _ = wrong.communicate(timeout=60)
        assert (wrong.returncode, "should be InvalidStudy" in printed) == (1, True), printed


def refuse(cluster: Cluster, namespace: str, study: str, reason: str) -> None:
    """As the operator does."""
    condition = {
        "type": "Failed",
        "status": "True",
        "reason": reason,
        "message": "in a circle",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    patch = json.dumps({"status": {"phase": "Failed", "conditions": [condition]}})
    cluster.kubectl(
        "patch",
        "hps",
        study,
        f"--namespace={namespace}",
        "--subresource=status",
        "--type=merge",
        f"--patch={patch}",
    )


def kubeconfig(cluster: Cluster, namespace: str, account: str, path: Path) -> Path:
    """The cluster's, with the token of a ServiceAccount and nothing else."""
    config = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    token = cluster.kubectl("create", "token", account, f"--namespace={namespace}").strip()
    for user in config["users"]:
        user["user"] = {"token": token}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def stored(cluster: Cluster, kinds: str) -> dict[str, str]:
    """Name and resource version of all in the namespace `default`: nothing wrote them in between."""
    items = json.loads(cluster.kubectl("get", kinds, "--namespace=default", "--output=json"))["items"]
    assert items
    return {item["metadata"]["uid"]: item["metadata"]["resourceVersion"] for item in items}


def uid(cluster: Cluster, kind: str, name: str) -> str:
    return cluster.kubectl("get", kind, name, "--namespace=default", "--output=jsonpath={.metadata.uid}")
