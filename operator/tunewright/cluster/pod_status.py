"""What a pod's status tells of its containers. Times are in milliseconds since the Unix epoch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tunewright.api.base import parse_time

Document = Mapping[str, Any]


@dataclass(frozen=True)
class ContainerEnd:
    """How a container ended.

    Attributes:
        name: the container's.
        code: its exit code, with 128 added to the number of a signal that ended it.
        reason: the runtime's word, such as `OOMKilled`.
        message: its termination message, or what it printed last.
        ended_at: when; None where the kubelet does not know.
    """

    name: str
    code: int
    reason: str
    message: str
    ended_at: int | None


def ended(pod: Document) -> bool:
    """Whether all its containers have ended for good."""
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def started_at(pod: Document) -> int | None:
    """When its first container, or init container, began to run; None while none has."""
    states = (state for each in _containers(pod) for state in each.get("state", {}).values())
    times = (_time(state.get("startedAt")) for state in states)
    return min((time for time in times if time is not None), default=None)


def container_ends(pod: Document) -> list[ContainerEnd]:
    """The containers that have ended, the init containers last."""
    return [
        ContainerEnd(
            each["name"],
            state.get("exitCode", 0),
            state.get("reason", ""),
            state.get("message", ""),
            _time(state.get("finishedAt")),
        )
        for each in _containers(pod)
        if (state := each.get("state", {}).get("terminated")) is not None
    ]


def condition(holder: Document, kind: str) -> Document | None:
    """The condition of this type in the status of a pod or a Job, where it is True."""
    for each in holder.get("status", {}).get("conditions") or []:
        if each["type"] == kind and each["status"] == "True":
            return dict(each)
    return None


def deletion_requested_at(pod: Document) -> int | None:
    """When its deletion was asked for; its deletionTimestamp is when its grace period is over."""
    over = grace_over_at(pod)
    return None if over is None else over - 1000 * pod["metadata"].get("deletionGracePeriodSeconds", 0)


def grace_over_at(pod: Document) -> int | None:
    """Until when it may be there though it is deleted; None where it is not."""
    return _time(pod["metadata"].get("deletionTimestamp"))


def _containers(pod: Document) -> Iterator[Document]:
    status = pod.get("status", {})
    yield from status.get("containerStatuses") or []
    yield from status.get("initContainerStatuses") or []


def _time(text: object) -> int | None:
    """A container that could not be started has begun in 1970."""
    return (parse_time(text) or None) if text else None
