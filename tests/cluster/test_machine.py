"""The cluster on a bare machine: it runs real containers, keeps apart, survives crashes, leaves nothing."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.machine import cgroups, containerd, images, lifecycle, network, resolve
from tests.cluster.machine.bare import MachineCluster
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.errors import Unavailable
from tests.cluster.machine.processes import Process

PROBE = """
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
    struct sockaddr_in api = {.sin_family = AF_INET, .sin_port = htons(443)};
    inet_pton(AF_INET, getenv("KUBERNETES_SERVICE_HOST"), &api.sin_addr);
    int reached = connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&api, sizeof api) == 0;
    printf("user %d, API server %s\\n", getuid(), reached ? "reached" : "not reached");
    fflush(stdout);
    FILE *last_word = fopen("/dev/termination-log", "w");
    fputs("score=0.5", last_word);
    fclose(last_word);
    for (int seconds = atoi(getenv("SECONDS")); seconds > 0; seconds--)
        sleep(1);
    return 3;
}
"""


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image archive, `localhost/probe:1`."""
    folder = tmp_path_factory.mktemp("probe")
    program = images.compiled(PROBE, folder / "probe")
    return images.of_program("localhost/probe:1", program, folder / "probe.tar")


@pytest.fixture(scope="module")
def second(cluster: Cluster) -> Iterator[MachineCluster]:
    """Another cluster on the same machine, while the session's runs."""
    if not isinstance(cluster, MachineCluster):
        pytest.skip("the cluster is not one of this machine")
    name = f"test-{os.getpid()}-second"
    try:
        yield lifecycle.up(name)
    finally:
        lifecycle.down(name)


def pod(name: str, seconds: int) -> str:
    container = {
        "name": "probe",
        "image": "localhost/probe:1",
        "imagePullPolicy": "Never",
        "env": [{"name": "SECONDS", "value": str(seconds)}],
        "resources": {"limits": {"nvidia.com/gpu": 1}},
        "securityContext": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    spec = {"restartPolicy": "Never", "containers": [container]}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})


def gpus(cluster: Cluster) -> str:
    path = r"jsonpath={.status.allocatable.nvidia\.com/gpu}"
    return cluster.kubectl("get", "node", str(cluster.node_name), "-o", path)


def test_a_container_runs_on_the_node_and_its_last_word_is_read(cluster: Cluster, probe: Path) -> None:
    cluster.load_image(probe)
    cluster.kubectl("create", "namespace", "machine")
    cluster.kubectl("label", "namespace", "machine", "pod-security.kubernetes.io/enforce=restricted")
    since = cluster.audit_position()
    cluster.kubectl("create", "-n", "machine", "-f", "-", input=pod("probe", seconds=0))
    cluster.kubectl(
        "wait", "-n", "machine", "--for=jsonpath={.status.phase}=Failed", "--timeout=60s", "pod/probe"
    )

    assert cluster.kubectl("logs", "-n", "machine", "probe") == "user 65534, API server reached\n"
    ended = json.loads(cluster.kubectl("get", "-n", "machine", "pod", "probe", "-o", "json"))
    state = ended["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (state["exitCode"], state["message"]) == (3, "score=0.5")
    assert gpus(cluster) == "4"
    created = [
        (event["user"]["username"], event["responseStatus"]["code"])
        for event in cluster.audit(since)
        if event["verb"] == "create" and event["objectRef"].get("name") == "probe"
        if event["objectRef"]["resource"] == "pods" and "subresource" not in event["objectRef"]
    ]
    assert created == [("tunewright-admin", 201)]


def test_the_archive_loaded_last_has_the_name(cluster: Cluster, tmp_path: Path) -> None:
    if not isinstance(cluster, MachineCluster):
        pytest.skip("the cluster is not one of this machine")
    archives = []
    for content in ("one", "two"):
        program = tmp_path / content / "program"
        program.parent.mkdir()
        program.write_text(content)
        archives.append(images.of_program("localhost/again:1", program, tmp_path / f"{content}.tar"))
    digests = []
    for archive in (archives[0], archives[0], archives[1], archives[0]):
        cluster.load_image(archive)
        digests.append(containerd.images(cluster.record.init)["localhost/again:1"])
    assert digests == [digests[0], digests[0], digests[2], digests[0]]
    assert digests[2] != digests[0]
    assert (
        digests[2] not in containerd.images(cluster.record.init).values()
    )  # nothing holds on to what has no name


def test_jobs_run_on_nodes_that_only_pretend(cluster: Cluster) -> None:
    names = cluster.add_kwok_nodes(2)
    assert len(cluster.add_kwok_nodes(1)) == 1
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "pretended"},
        "spec": {
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "nodeSelector": {"type": "kwok"},
                    "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
                    "containers": [{"name": "none", "image": "none"}],
                }
            }
        },
    }
    cluster.kubectl("create", "-f", "-", input=json.dumps(job))
    cluster.kubectl("wait", "--for=condition=Complete", "--timeout=60s", "job/pretended")
    assert len(names) == 2
    assert gpus(cluster) == "4"  # the real node is none of kwok's


def test_two_clusters_keep_apart(cluster: Cluster, second: MachineCluster, probe: Path) -> None:
    for each in (cluster, second):
        each.load_image(probe)
        each.kubectl("create", "-f", "-", input=pod("same-name", seconds=600))
    for each in (cluster, second):
        each.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "pod/same-name")
    addresses = {
        each.kubectl("get", "pod/same-name", "-o", "jsonpath={.status.podIP}") for each in (cluster, second)
    }
    assert len(addresses) == 2
    second.kubectl("delete", "--now", "pod/same-name")
    assert cluster.kubectl("get", "pod/same-name", "-o", "jsonpath={.status.phase}") == "Running"
    cluster.kubectl("delete", "--now", "pod/same-name")


@pytest.mark.slow
def test_a_kubelet_that_starts_again_offers_its_gpus_again(second: MachineCluster) -> None:
    second.kill("kubelet")
    again = lifecycle.up(second.name)
    log = again.record.log("kubelet").read_text()
    assert "Successfully registered node" in log  # it has taken the GPUs away when it did
    assert gpus(again) == "4"


@pytest.mark.slow
def test_killed_parts_come_back_with_what_the_cluster_held(second: MachineCluster) -> None:
    second.kubectl("create", "configmap", "kept")
    for component in ("kubelet", "kube-apiserver", "etcd", "containerd"):
        second.kill(component)
    again = lifecycle.up(second.name)
    assert again.record.dead() == []
    assert "kept" in again.kubectl("get", "configmaps", "-o", "name")
    assert gpus(again) == "4"


@pytest.mark.slow
def test_after_a_crash_of_all_a_new_one_starts_and_down_leaves_nothing(
    second: MachineCluster, probe: Path
) -> None:
    second.record.init.kill()
    again = lifecycle.up(second.name)
    again.load_image(probe)
    again.kubectl("create", "-f", "-", input=pod("alive", seconds=600))
    again.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "pod/alive")
    processes = [Process.of(pid) for pid in cgroups.members(again.name)]
    spaces = {Path(f"/proc/{again.record.init.pid}/ns/{kind}").readlink() for kind in ("net", "mnt")}
    assert len(processes) > 8  # the parts, two shims or more, the pod's

    assert lifecycle.down(again.name)

    assert [process for process in processes if process.alive()] == []
    assert spaces.isdisjoint(all_namespaces())
    assert again.name not in Path("/proc/self/mountinfo").read_text()
    assert list(Path("/sys/fs/cgroup").glob(f"**/{again.name}")) == []
    assert again.record.network.link not in network.ip("link")
    assert not again.record.state.exists()
    assert not lifecycle.down(again.name)


def all_namespaces() -> set[Path]:
    found = set()
    for space in Path("/proc").glob("[0-9]*/ns/*"):
        try:
            found.add(space.readlink())
        except OSError:  # it has ended since
            continue
    return found


def test_what_cannot_be_had_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TUNEWRIGHT_TEST_KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with pytest.raises(Unavailable, match=r"KUBEBUILDER_ASSETS=\S+ lacks etcd, kube-apiserver, .*: unset it"):
        resolve.for_tests("any")
    monkeypatch.setenv("TUNEWRIGHT_TEST_KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(Unavailable, match=r"TUNEWRIGHT_TEST_KUBECONFIG=\S+: there is no such file"):
        resolve.for_tests("any")

    monkeypatch.delenv("TUNEWRIGHT_TEST_KUBECONFIG")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        Unavailable, match=r"a cluster needs root .*, or `kind` and a Docker daemon that answers"
    ):
        resolve.for_tests("any")


def test_a_given_cluster_comes_first_and_nothing_is_asked_of_its_machine(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TUNEWRIGHT_TEST_KUBECONFIG", str(cluster.kubeconfig))
    monkeypatch.setenv("PATH", f"{cluster.kubectl_path.parent}:{os.environ['PATH']}")
    given = resolve.for_tests("any")
    assert given.kubectl("get", "nodes", "-o", "name") == cluster.kubectl("get", "nodes", "-o", "name")
    assert given.helm("list", "--all-namespaces", "--short") == ""
    for ask in (
        given.audit_position,
        given.audit,
        lambda: given.load_image(tmp_path),
        lambda: given.add_kwok_nodes(1),
    ):
        with pytest.raises(Unavailable, match="given"):
            ask()


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="--name Two words: a cluster's name has at most 32"):
        lifecycle.up("Two words")
