"""What keeps a pod from running that is nobody's failure: found in its status, in events, and in refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from tunewright.api.problems import one_line
from tunewright.engine.facts import Obstacle


class ObstacleReason(StrEnum):
    """What is in the way, in one word."""

    IMAGE_PULL_FAILED = "ImagePullFailed"
    INVALID_IMAGE_NAME = "InvalidImageName"
    CONTAINER_CONFIG_ERROR = "ContainerConfigError"
    UNSCHEDULABLE = "Unschedulable"
    VOLUME_NOT_READY = "VolumeNotReady"
    QUOTA_EXCEEDED = "QuotaExceeded"
    SERVICE_ACCOUNT_MISSING = "ServiceAccountMissing"
    JOB_REJECTED = "JobRejected"
    FORBIDDEN = "Forbidden"


_WAITING = {
    "ErrImagePull": ObstacleReason.IMAGE_PULL_FAILED,
    "ImagePullBackOff": ObstacleReason.IMAGE_PULL_FAILED,
    "ErrImageNeverPull": ObstacleReason.IMAGE_PULL_FAILED,
    "ImageInspectError": ObstacleReason.IMAGE_PULL_FAILED,
    "RegistryUnavailable": ObstacleReason.IMAGE_PULL_FAILED,
    "SignatureValidationFailed": ObstacleReason.IMAGE_PULL_FAILED,
    "InvalidImageName": ObstacleReason.INVALID_IMAGE_NAME,
    "CreateContainerConfigError": ObstacleReason.CONTAINER_CONFIG_ERROR,
    "CreateContainerError": ObstacleReason.CONTAINER_CONFIG_ERROR,
}
"""By the kubelet's reason for which a container waits."""

_EVENTS = {
    "FailedMount": ObstacleReason.VOLUME_NOT_READY,
    "FailedAttachVolume": ObstacleReason.VOLUME_NOT_READY,
}


def obstacle_of(pod: Mapping[str, Any]) -> Obstacle | None:
    """What a pod that has not begun to run waits for; None where that is nothing to speak of."""
    status = pod.get("status", {})
    if status.get("phase", "Pending") != "Pending" or "deletionTimestamp" in pod["metadata"]:
        return None
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return _unschedulable(condition.get("message", ""))
    for each in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = each.get("state", {}).get("waiting", {})
        reason = _WAITING.get(waiting.get("reason", ""))
        if reason is not None:
            said = waiting.get("message") or waiting["reason"]
            return _obstacle(reason, f"container {each['name']}: {said}")
    return None


def obstacle_of_event(event: Mapping[str, Any]) -> Obstacle | None:
    """What a warning about a Job or its pod tells: FailedCreate, FailedMount, FailedAttachVolume."""
    message = event.get("message", "")
    if event.get("reason") == "FailedCreate":
        return _obstacle(_of_admission(message), message.removeprefix("Error creating: "))
    reason = _EVENTS.get(event.get("reason", ""))
    return None if reason is None else _obstacle(reason, message)


def obstacle_of_refusal(code: int, reason: str, message: str) -> Obstacle:
    """Why the API server refused to make an object: its status code, reason and message."""
    found = _of_admission(message)
    # An admission plugin refuses with 403 too, and then says nothing of what the user may do.
    if code == 401 or (code == 403 and " cannot " in message and found is ObstacleReason.JOB_REJECTED):
        found = ObstacleReason.FORBIDDEN
    return _obstacle(found, message or reason or f"refused with code {code}")


def _of_admission(message: str) -> ObstacleReason:
    if "exceeded quota" in message:
        return ObstacleReason.QUOTA_EXCEEDED
    if "error looking up service account" in message:
        return ObstacleReason.SERVICE_ACCOUNT_MISSING
    return ObstacleReason.JOB_REJECTED


def _unschedulable(message: str) -> Obstacle:
    volume = "persistentvolumeclaim" in message.lower()
    return _obstacle(ObstacleReason.VOLUME_NOT_READY if volume else ObstacleReason.UNSCHEDULABLE, message)


def _obstacle(reason: ObstacleReason, message: str) -> Obstacle:
    return Obstacle(reason.value, one_line(message))
