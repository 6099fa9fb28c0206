"""The restricted Pod Security Standard, and a root file system that is not written to, by default.

What a template says of itself is kept: a pod that needs more gets it where its namespace lets it.
"""

from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

SCRATCH = "tunewright-tmp"
"""The volume for /tmp."""

_TMP = "/tmp"


def restricted(pod: Mapping[str, Any]) -> Document:
    """The pod's spec with the defaults wherever it does not say otherwise."""
    context = pod.get("securityContext", {})
    own = {} if context.get("runAsUser") == 0 else {"runAsNonRoot": True}
    hardened = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        **pod,
        "securityContext": {**own, "seccompProfile": {"type": "RuntimeDefault"}, **context},
    }
    for field in ("initContainers", "containers"):
        if field in pod:
            hardened[field] = [_restricted_container(each) for each in pod[field]]
    if any(_scratch(each["name"]) in each.get("volumeMounts", []) for each in _containers(hardened)):
        hardened["volumes"] = [*pod.get("volumes", []), {"name": SCRATCH, "emptyDir": {}}]
    return hardened


def _restricted_container(container: Mapping[str, Any]) -> Document:
    context = container.get("securityContext", {})
    capabilities = {"drop": ["ALL"], **context.get("capabilities", {})}
    defaults: Document = {"readOnlyRootFilesystem": True}
    if not context.get("privileged") and "CAP_SYS_ADMIN" not in capabilities.get("add", []):
        defaults["allowPrivilegeEscalation"] = False  # the API server refuses it beside these two
    if context.get("runAsUser") == 0:
        defaults["runAsNonRoot"] = False
    hardened = {
        **container,
        "securityContext": {**defaults, **context, "capabilities": capabilities},
    }
    mounts = container.get("volumeMounts", [])
    has_tmp = any(mount.get("mountPath", "").rstrip("/") == _TMP for mount in mounts)
    if hardened["securityContext"]["readOnlyRootFilesystem"] and not has_tmp:
        hardened["volumeMounts"] = [*mounts, _scratch(container["name"])]
    return hardened


def _scratch(container: str) -> Document:
    """A folder of the container's own: programs name files in /tmp by process ids, which pods have twice."""
    return {"name": SCRATCH, "mountPath": _TMP, "subPath": container}


def _containers(pod: Mapping[str, Any]) -> list[Document]:
    return [*pod.get("initContainers", []), *pod["containers"]]
