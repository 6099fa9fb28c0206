"""The gateway's calls, each against a real API server."""

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes.config import incluster_config
from tests.builders import study_document
from tests.cluster.machine.cluster import Cluster

from tunewright.cluster.connection import connect
from tunewright.cluster.gateway import (
    JOBS,
    PODS,
    STUDIES,
    AlreadyExists,
    Conflict,
    Gateway,
    Gone,
    Kind,
    NotFound,
    Refused,
    Unavailable,
    Watch,
)

MAPS = Kind("/api/v1", "configmaps")
WITHIN = 20.0


def a_map(name: str = "a", **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"test": "yes"}},
        "data": data,
    }


def a_job(**container: Any) -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "none", **container}]}
    spec = {"suspend": True, "template": {"spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": spec}


def test_create_get_merge_delete(gateway: Gateway, namespace: str) -> None:
    created = gateway.create(MAPS, namespace, a_map(color="red"))
    assert "managedFields" not in created["metadata"]
    assert gateway.get(MAPS, namespace, "a") == created
    merged = gateway.merge(MAPS, namespace, "a", {"data": {"color": None, "size": "1"}})
    assert merged["data"] == {"size": "1"}
    gateway.delete(MAPS, namespace, "a", created["metadata"]["uid"])
    with pytest.raises(NotFound):
        gateway.get(MAPS, namespace, "a")
    gateway.delete(MAPS, namespace, "a", created["metadata"]["uid"])


def test_create_twice(gateway: Gateway, namespace: str) -> None:
    gateway.create(MAPS, namespace, a_map())
    with pytest.raises(AlreadyExists) as refused:
        gateway.create(MAPS, namespace, a_map())
    assert (refused.value.code, refused.value.reason) == (409, "AlreadyExists")
    assert refused.value.message == 'configmaps "a" already exists'


def test_only_the_object_that_was_meant_is_deleted(gateway: Gateway, namespace: str) -> None:
    created = gateway.create(MAPS, namespace, a_map())
    with pytest.raises(Conflict):
        gateway.delete(MAPS, namespace, "a", "another")
    assert gateway.get(MAPS, namespace, "a") == created


def test_a_write_after_somebody_elses(gateway: Gateway, namespace: str) -> None:
    old = gateway.create(MAPS, namespace, a_map())
    seen = {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}}
    new = gateway.merge(MAPS, namespace, "a", {**seen, "data": {"by": "another"}})
    with pytest.raises(Conflict):
        gateway.merge(MAPS, namespace, "a", {**seen, "data": {"by": "me"}})
    assert gateway.get(MAPS, namespace, "a") == new


def test_a_status_is_written_alone(gateway: Gateway, namespace: str) -> None:
    stored = gateway.create(STUDIES, namespace, study_document())
    status = {"phase": "Running"}
    written = gateway.replace_status(STUDIES, {**stored, "spec": {}, "status": status})
    assert written["status"]["phase"] == "Running"
    assert written["spec"] == stored["spec"]
    with pytest.raises(Conflict):
        gateway.replace_status(STUDIES, {**stored, "status": {"phase": "Failed"}})


def test_a_dry_run_creates_nothing_and_refuses_what_would_be_dropped(
    gateway: Gateway, namespace: str
) -> None:
    gateway.create(JOBS, namespace, a_job(), dry_run=True)
    assert gateway.list(JOBS, namespace) == []
    with pytest.raises(Refused, match="imagePulPolicy"):
        gateway.create(JOBS, namespace, a_job(imagePulPolicy="Never"), dry_run=True)
    with pytest.raises(Refused, match=r"spec.template.spec.containers\[0\].name") as refused:
        gateway.create(JOBS, namespace, a_job(name="no name"), dry_run=True)
    assert refused.value.code == 422


def test_lists_of_one_namespace_of_all_and_by_selector(
    cluster: Cluster, gateway: Gateway, namespace: str
) -> None:
    gateway.create(MAPS, namespace, a_map("a"))
    gateway.create(MAPS, namespace, a_map("b"))
    ours = gateway.list(MAPS, namespace, selector="test=yes")
    assert [(body["kind"], body["apiVersion"]) for body in ours] == [("ConfigMap", "v1")] * 2
    assert [body["metadata"]["name"] for body in ours] == ["a", "b"]
    assert not any("managedFields" in body["metadata"] for body in ours)
    assert gateway.list(MAPS, namespace, field_selector="metadata.name=b") == ours[1:]
    everywhere = gateway.list(MAPS, None)
    assert {body["metadata"]["namespace"] for body in everywhere} >= {namespace, "kube-system"}


def test_pages_are_one_list(gateway: Gateway, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcde":
        gateway.create(MAPS, namespace, a_map(name))
    page = gateway.list_page(MAPS, namespace, selector="test", limit=2)
    assert [body["metadata"]["name"] for body in page["items"]] == ["a", "b"]
    rest = gateway.list_page(
        MAPS, namespace, selector="test", limit=5, continue_=page["metadata"]["continue"]
    )
    assert [body["metadata"]["name"] for body in rest["items"]] == ["c", "d", "e"]
    monkeypatch.setattr("tunewright.cluster.gateway.PAGE", 2)
    assert len(gateway.list(MAPS, namespace, selector="test")) == 5


def test_no_right(cluster: Cluster, gateway: Gateway, namespace: str, tmp_path: Path) -> None:
    nobody = as_service_account(cluster, namespace, tmp_path)
    with pytest.raises(Refused, match="forbidden") as refused:
        nobody.list(PODS, namespace)
    assert (refused.value.code, refused.value.reason) == (403, "Forbidden")


def test_a_kind_that_is_not_installed(gateway: Gateway) -> None:
    with pytest.raises(NotFound):
        gateway.list(Kind("/apis/tunewright.dev/v1", "wishes"), None)


def test_a_watch(gateway: Gateway, namespace: str) -> None:
    _, version = gateway.list_version(MAPS, namespace)
    created = gateway.create(MAPS, namespace, a_map())
    merged = gateway.merge(MAPS, namespace, "a", {"data": {"a": "1"}})
    gateway.delete(MAPS, namespace, "a", created["metadata"]["uid"])
    watch = gateway.watch(MAPS, namespace, selector="test", resource_version=version, timeout=WITHIN)
    changes = [next(watch) for _ in range(3)]
    watch.close()
    assert [change["type"] for change in changes] == ["ADDED", "MODIFIED", "DELETED"]
    assert [change["object"] for change in changes[:2]] == [created, merged]
    assert list(watch) == []


def test_a_watch_ends_when_the_server_ends_it(gateway: Gateway, namespace: str) -> None:
    _, version = gateway.list_version(MAPS, namespace, selector="test")
    watch = gateway.watch(MAPS, namespace, selector="test", resource_version=version, timeout=1)
    assert {change["type"] for change in watch} <= {"BOOKMARK"}


def test_a_watch_is_closed_by_another_thread(gateway: Gateway, namespace: str) -> None:
    _, version = gateway.list_version(MAPS, namespace, selector="test")
    watch = gateway.watch(MAPS, namespace, selector="test", resource_version=version, timeout=300)
    ended = threading.Event()

    def read(watch: Watch) -> None:
        for _ in watch:
            pass
        ended.set()

    thread = threading.Thread(target=read, args=(watch,))
    thread.start()
    watch.close()
    assert ended.wait(WITHIN)
    thread.join()


def test_a_list_too_slow_for_pages_is_made_in_one_piece(
    gateway: Gateway, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Gateway):
        def list_page(self, kind: Kind, namespace: str | None, **options: Any) -> dict[str, Any]:
            if options["continue_"]:
                raise Gone(410, "Expired", "the provided continue parameter is too old")
            return super().list_page(kind, namespace, **options)

    for name in "abc":
        gateway.create(MAPS, namespace, a_map(name))
    monkeypatch.setattr("tunewright.cluster.gateway.PAGE", 2)
    slow = Slow(gateway.api_client, gateway.default_namespace)
    assert [body["metadata"]["name"] for body in slow.list(MAPS, namespace, selector="test")] == [
        "a",
        "b",
        "c",
    ]


def test_the_log_of_a_pod_that_has_none(gateway: Gateway, namespace: str) -> None:
    with pytest.raises(NotFound):
        gateway.log(namespace, "none", "main", limit_bytes=100)


def test_a_service_accounts_token_is_read_anew(
    cluster: Cluster, gateway: Gateway, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = as_service_account(cluster, namespace, tmp_path)
    assert pod.default_namespace == namespace
    may_read(cluster, namespace)
    assert pod.list(MAPS, namespace)
    token = (tmp_path / "token").read_text()
    (tmp_path / "token").write_text("expired")
    assert pod.list(MAPS, namespace), "a minute has not passed"
    pass_minutes(monkeypatch, 2)
    with pytest.raises(Refused) as refused:
        pod.list(MAPS, namespace)
    assert refused.value.code == 401
    (tmp_path / "token").write_text(token)
    pass_minutes(monkeypatch, 4)
    assert pod.list(MAPS, namespace)
    (tmp_path / "token").unlink()
    pass_minutes(monkeypatch, 6)
    with pytest.raises(Unavailable):
        pod.list(MAPS, namespace)


def as_service_account(cluster: Cluster, namespace: str, folder: Path) -> Gateway:
    """As a pod's `default` service account, with the files that the kubelet would give it."""
    server, certificates = (
        cluster.kubectl(
            "config", "view", "--raw", "--minify", "-o", f"jsonpath={{.clusters[0].cluster.{of}}}"
        )
        for of in ("server", "certificate-authority")
    )
    host, _, port = server.removeprefix("https://").partition(":")
    (folder / "token").write_text(cluster.kubectl("-n", namespace, "create", "token", "default").strip())
    (folder / "ca.crt").write_bytes(Path(certificates).read_bytes())
    (folder / "namespace").write_text(namespace)
    environ = {
        "KUBECONFIG": str(folder / "none"),
        "KUBERNETES_SERVICE_HOST": host,
        "KUBERNETES_SERVICE_PORT": port or "443",
    }
    found = connect(None, None, environ=environ, service_account=folder)
    return Gateway(found.api_client, found.namespace)


def may_read(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl(
        "-n",
        namespace,
        "create",
        "rolebinding",
        "read",
        "--clusterrole=view",
        f"--serviceaccount={namespace}:default",
    )


def pass_minutes(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """For the library's reading of the token file, which goes by the wall clock."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Later":
            return super().now(tz) + timedelta(minutes=minutes)

    class Module:
        datetime = Later
        timedelta = timedelta

    monkeypatch.setattr(incluster_config, "datetime", Module)
