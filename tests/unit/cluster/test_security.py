"""Tests of what a pod may do by default, and of what a template can say instead."""

from typing import Any

import pytest

from tunewright.cluster.security import restricted

OURS = {
    "readOnlyRootFilesystem": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
}


def a_pod(context: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    pod: dict[str, Any] = {"containers": [{"name": "main", **container}]}
    return pod if context is None else {**pod, "securityContext": context}


def context_of(pod: dict[str, Any]) -> dict[str, Any]:
    context: dict[str, Any] = restricted(pod)["containers"][0]["securityContext"]
    return context


def test_all_that_the_restricted_standard_asks_for() -> None:
    first = {"name": "first"}

    assert restricted({**a_pod(), "initContainers": [first], "volumes": [{"name": "data"}]}) == {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "initContainers": [
            {
                "name": "first",
                "securityContext": OURS,
                "volumeMounts": [{"name": "tunewright-tmp", "mountPath": "/tmp", "subPath": "first"}],
            }
        ],
        "containers": [
            {
                "name": "main",
                "securityContext": OURS,
                "volumeMounts": [{"name": "tunewright-tmp", "mountPath": "/tmp", "subPath": "main"}],
            }
        ],
        "volumes": [{"name": "data"}, {"name": "tunewright-tmp", "emptyDir": {}}],
    }


def test_what_the_pod_says_of_itself_is_kept() -> None:
    context = {"seccompProfile": {"type": "Unconfined"}, "fsGroup": 7, "runAsNonRoot": False}
    pod = {**a_pod(context), "automountServiceAccountToken": True, "enableServiceLinks": True}

    found = restricted(pod)

    assert found["securityContext"] == context
    assert (found["automountServiceAccountToken"], found["enableServiceLinks"]) == (True, True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"readOnlyRootFilesystem": False}, {**OURS, "readOnlyRootFilesystem": False}),
        ({"allowPrivilegeEscalation": True}, {**OURS, "allowPrivilegeEscalation": True}),
        ({"runAsUser": 7}, {**OURS, "runAsUser": 7}),
        (
            {"capabilities": {"add": ["NET_BIND_SERVICE"]}},
            {**OURS, "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}},
        ),
        ({"capabilities": {"drop": []}}, {**OURS, "capabilities": {"drop": []}}),
    ],
)
def test_what_a_container_says_of_itself_is_kept(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert context_of(a_pod(securityContext=given)) == expected


@pytest.mark.parametrize("given", [{"privileged": True}, {"capabilities": {"add": ["CAP_SYS_ADMIN"]}}])
def test_what_the_api_server_would_refuse_together(given: dict[str, Any]) -> None:
    assert "allowPrivilegeEscalation" not in context_of(a_pod(securityContext=given))


def test_a_template_that_names_root_means_it() -> None:
    assert "runAsNonRoot" not in restricted(a_pod({"runAsUser": 0}))["securityContext"]
    assert context_of(a_pod(securityContext={"runAsUser": 0}))["runAsNonRoot"] is False


@pytest.mark.parametrize(
    "container",
    [
        {"volumeMounts": [{"name": "own", "mountPath": "/tmp"}]},
        {"volumeMounts": [{"name": "own", "mountPath": "/tmp/"}]},
        {"securityContext": {"readOnlyRootFilesystem": False}},
    ],
)
def test_no_tmp_where_there_is_one(container: dict[str, Any]) -> None:
    found = restricted(a_pod(**container))

    assert found.get("volumes", []) == []
    assert found["containers"][0].get("volumeMounts", []) == container.get("volumeMounts", [])


def test_a_mount_below_tmp_leaves_room_for_it() -> None:
    mount = {"name": "own", "mountPath": "/tmp/data"}

    [container] = restricted(a_pod(volumeMounts=[mount]))["containers"]

    assert [each["mountPath"] for each in container["volumeMounts"]] == ["/tmp/data", "/tmp"]
