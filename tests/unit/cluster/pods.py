"""Builders of pods and Jobs as the API server shows them; each test names only what it is about."""

from typing import Any

from tunewright.api.base import format_time

Document = dict[str, Any]

POD = "p"


def at(seconds: int) -> str:
    """A time as Kubernetes writes it, so many seconds after 1970-01-01T00:16:40Z."""
    return format_time(moment(seconds)).replace(".000", "")


def moment(seconds: int) -> int:
    """The same time in milliseconds since the Unix epoch."""
    return (1_000 + seconds) * 1_000


def waiting(reason: str = "ContainerCreating", message: str = "") -> Document:
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def running(start: int = 10) -> Document:
    return {"running": {"startedAt": at(start)}}


def terminated(
    code: int = 0, end: int = 20, start: int = 10, reason: str = "", message: str = ""
) -> Document:
    return {
        "terminated": {
            "exitCode": code,
            "reason": reason or ("Completed" if code == 0 else "Error"),
            "startedAt": at(start),
            "finishedAt": at(end),
            **({"message": message} if message else {}),
        }
    }


def a_condition(
    kind: str, message: str = "", reason: str = "", status: str = "True", time: int = 15
) -> Document:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": at(time),
    }


def a_pod(
    phase: str = "Running",
    *,
    init: dict[str, Document] | None = None,
    conditions: list[Document] | None = None,
    deleted_at: int | None = None,
    grace: int = 30,
    spec: Document | None = None,
    name: str = POD,
    created: int = 0,
    reason: str = "",
    message: str = "",
    **containers: Document,
) -> Document:
    """A pod in this phase; `containers` are the states of its containers, by name."""
    metadata: Document = {"name": name, "namespace": "n", "creationTimestamp": at(created)}
    if deleted_at is not None:
        metadata |= {"deletionTimestamp": at(deleted_at + grace), "deletionGracePeriodSeconds": grace}
    status: Document = {"phase": phase, "startTime": at(5), "conditions": conditions or []}
    if init:
        status["initContainerStatuses"] = [{"name": each, "state": state} for each, state in init.items()]
    if containers:
        status["containerStatuses"] = [{"name": each, "state": state} for each, state in containers.items()]
    status |= {name: text for name, text in (("reason", reason), ("message", message)) if text}
    return {
        "metadata": metadata,
        "spec": {"containers": [{"name": each} for each in containers or ["main"]], **(spec or {})},
        "status": status,
    }


def a_job(*conditions: Document, **status: Any) -> Document:
    return {
        "metadata": {"name": "digits-0-1", "uid": "j"},
        "spec": {},
        "status": {"conditions": list(conditions), **status},
    }
