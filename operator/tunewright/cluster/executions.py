"""What a Job and its pod tell of an attempt: when it began, whether it has ended, and why.

Read with `engine/outcomes.py`, which judges what is found here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tunewright.api.base import parse_time
from tunewright.api.problems import one_line
from tunewright.cluster.pod_spec import deadline_of
from tunewright.cluster.pod_status import (
    ContainerEnd,
    condition,
    container_ends,
    deletion_requested_at,
    ended,
    grace_over_at,
    started_at,
)
from tunewright.engine.facts import AttemptKey, Cause, Execution, Exit
from tunewright.metrics.last_word import readings_of_last_word
from tunewright.metrics.readings import NONE, Readings

Document = Mapping[str, Any]

GONE = "gone"
"""A field that the last known form of a pod has which is not there any more."""

OVERDUE = 60_000
"""For how long, in milliseconds, a pod may outlast its grace period before its node is taken for lost."""

_FILLED_ITS_DISK = (
    "ephemeral local storage usage exceeds",
    "exceeded its local ephemeral storage limit",
    "Usage of EmptyDir volume",
)
"""What the kubelet says of a pod that it evicts for its own use of the disk, and not for another's."""

_NOT_STARTED = ("StartError", "ContainerCannotRun")
_UNSEEN = "ContainerStatusUnknown"


def execution_of(
    key: AttemptKey,
    job: Document | None,
    pod: Document | None,
    readings: Readings,
    *,
    sdk: bool,
    container: str,
    gpus: int,
    limit: int | None,
    stopping: bool,
    now: int,
) -> Execution:
    """The attempt as its Job and its pod show it.

    Args:
        key: which attempt it is.
        job: its Job; None where that is not there any more.
        pod: its pod, the one of `pod_of`, with GONE where that is not there any more; None without one.
        readings: what was seen of its metrics while it ran, or in its log.
        sdk: whether its program reports by the SDK.
        container: the one that trains.
        gpus: how many it holds while it runs.
        limit: its run time in milliseconds at most.
        stopping: whether it has been asked to stop: then the deletion of its pod is no disruption.
        now: in milliseconds since the Unix epoch.
    """
    if pod is None:
        began, end = _without_pod(job, limit, now)
    else:
        began, end = started_at(pod), _Ending(pod, container, limit, stopping=stopping, now=now).exit()
        if sdk:
            readings = readings.merge(_last_word(pod, container))
    if end is not None:
        message = "; ".join(filter(None, (end.message, readings.note)))
        end = replace(end, final=readings.final if sdk else None, message=message)
    return Execution(
        key=key,
        started_at=began,
        reported_at=readings.reported_at,
        gpus=gpus,
        metrics=readings.metrics,
        curves=readings.curves,
        not_finite=readings.not_finite,
        exit=end,
        limit=limit,
        stopping=stopping,
    )


def _last_word(pod: Document, container: str) -> Readings:
    """What the program left as its termination message; anything else there is no word of the SDK's."""
    said = next((each.message for each in container_ends(pod) if each.name == container), "")
    return readings_of_last_word(said.encode()) if said.lstrip().startswith("{") else NONE


def pod_of(pods: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Of a Job's pods the one that counts: the newest that has begun to run, else the newest."""
    return max(
        pods,
        key=lambda pod: (
            started_at(pod) is not None,
            pod["metadata"].get("creationTimestamp", ""),
            pod["metadata"]["name"],
        ),
        default=None,
    )


def _without_pod(job: Document | None, limit: int | None, now: int) -> tuple[int | None, Exit | None]:
    """When it began, and its end.

    A pod that is gone unseen is charged from the Job's start: rather some of its waiting than none of its
    run.
    """
    if job is None:
        return None, Exit(now, cause=Cause.LOST)
    failed = condition(job, "Failed")
    over = failed or condition(job, "Complete")
    if over is None:
        return None, None
    status = job["status"]
    ended_at = parse_time(over["lastTransitionTime"])
    if not status.get("succeeded") and not status.get("failed"):
        return None, Exit(ended_at, cause=Cause.DISRUPTED, message=one_line(over.get("message", "")))
    began = parse_time(status["startTime"]) if "startTime" in status else ended_at
    if limit is not None:
        ended_at = min(ended_at, began + limit)
    return began, Exit(ended_at, cause=Cause.LOST)


class _Ending:
    """How an attempt's pod ended, if it has.

    Args:
        pod: the attempt's.
        container: the one that trains.
        limit: its run time in milliseconds at most.
        stopping: whether it has been asked to stop.
        now: in milliseconds since the Unix epoch.
    """

    def __init__(self, pod: Document, container: str, limit: int | None, *, stopping: bool, now: int) -> None:
        self._pod = pod
        self._status: Document = pod.get("status", {})
        self._limit = limit
        self._stopping = stopping
        self._now = now
        self._container = container
        self._ends = container_ends(pod)
        self._disruption = condition(pod, "DisruptionTarget")

    def exit(self) -> Exit | None:
        """The end; None while the pod runs or waits."""
        if not ended(self._pod):
            return self._vanished()
        end = self._decisive()
        ended_at = max((each.ended_at for each in self._ends if each.ended_at), default=self._last_change())
        cause, message = self._cause(end, ended_at)
        code = None if end is None or end.reason == _UNSEEN else end.code
        if cause is None and end is not None and end.code != 0:
            message = self._said(end)
        return Exit(ended_at, code, cause, message=one_line(message))

    def _vanished(self) -> Exit | None:
        """The end of a pod that has not ended properly, but is gone, or its node is."""
        over_at = grace_over_at(self._pod)
        if GONE in self._pod:
            ended_at = self._now if over_at is None else min(self._now, over_at)
            if self._disruption is not None:
                return Exit(ended_at, cause=Cause.DISRUPTED, message=one_line(self._disrupted_by()))
            if self._status.get("phase") == "Pending" and started_at(self._pod) is None:
                return Exit(ended_at, cause=Cause.DISRUPTED, message="its pod was deleted before it began")
            return Exit(ended_at, cause=Cause.LOST)
        if over_at is None or self._now < over_at + OVERDUE:
            return None
        return Exit(over_at, cause=Cause.DISRUPTED, message="its node does not answer any more")

    def _decisive(self) -> ContainerEnd | None:
        """The end that counts: the training container's, unless that ended well and the pod did not."""
        main = next((each for each in self._ends if each.name == self._container), None)
        if main is not None and main.code != 0:
            return main
        failed = next((each for each in self._ends if each.code != 0), None)
        return failed if failed is not None and self._status["phase"] == "Failed" else main

    def _cause(self, end: ContainerEnd | None, ended_at: int) -> tuple[Cause | None, str]:
        reason, said = self._status.get("reason", ""), self._status.get("message", "")
        if reason == "DeadlineExceeded":
            return self._deadline()
        if end is not None and end.reason == "OOMKilled" and end.code != 0:
            return Cause.OUT_OF_MEMORY, self._out_of_memory(end.name)
        if reason == "Evicted" and any(sign in said for sign in _FILLED_ITS_DISK):
            return Cause.DISK_FULL, said
        if self._disruption is not None:
            return Cause.DISRUPTED, self._disrupted_by()
        if reason:  # the kubelet's or a controller's word: the node shuts down, or has no room after all
            return Cause.DISRUPTED, f"{reason}: {said}"
        if not self._stopping and self._was_deleted_before(ended_at):
            return Cause.DISRUPTED, "its pod was deleted"
        if end is None or end.reason == _UNSEEN:
            return Cause.LOST, ""
        if end.reason in _NOT_STARTED:
            return Cause.CANNOT_START, f"container {end.name} could not be started: {end.message}"
        return None, ""

    def _deadline(self) -> tuple[Cause, str]:
        """The kubelet counts from when it took the pod on, images still to be pulled."""
        seconds = self._pod["spec"].get("activeDeadlineSeconds")
        if started_at(self._pod) is None:
            return Cause.DISRUPTED, f"it had not begun to run within {seconds} s, its time limit"
        if self._limit is None or seconds != deadline_of(self._limit):
            return Cause.DEADLINE, f"it ran longer than its template's activeDeadlineSeconds, {seconds}"
        return Cause.DEADLINE, ""

    def _out_of_memory(self, name: str) -> str:
        spec = self._pod["spec"]
        containers: Sequence[Document] = [*spec["containers"], *spec.get("initContainers", [])]
        container = next((each for each in containers if each["name"] == name), {})
        memory = container.get("resources", {}).get("limits", {}).get("memory")
        bound = f"its limit is {memory}" if memory else "it has no limit, so its node's memory was full"
        return f"container {name} ran out of memory; {bound}"

    def _disrupted_by(self) -> str:
        found = self._disruption
        return "" if found is None else found.get("message") or found.get("reason", "")

    def _was_deleted_before(self, ended_at: int) -> bool:
        requested_at = deletion_requested_at(self._pod)
        return requested_at is not None and requested_at <= ended_at

    def _last_change(self) -> int:
        """When the status of a pod last changed of which no container's end is known."""
        changes = [each.get("lastTransitionTime") for each in self._status.get("conditions") or []]
        return max((parse_time(change) for change in changes if change), default=self._now)

    def _said(self, end: ContainerEnd) -> str:
        """What a container that failed printed last; a last word in JSON was read before."""
        lines = [] if end.message.lstrip().startswith("{") else end.message.strip().splitlines()
        who = "it" if end.name == self._container else f"container {end.name}"
        return f"{who} exited with code {end.code}" + (f": {lines[-1]}" if lines else "")
