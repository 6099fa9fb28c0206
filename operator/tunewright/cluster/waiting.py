"""What keeps the attempts of a study from beginning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tunewright.api.base import parse_time
from tunewright.cluster.gateway import EVENTS, Gateway, Object
from tunewright.cluster.obstacles import obstacle_of, obstacle_of_event
from tunewright.engine.facts import AttemptKey, Obstacle

PATIENCE = 4_000
"""For how long, in milliseconds, something may be in a pod's way before the study says so."""

ASK_AGAIN = 5_000
"""How often, in milliseconds, events are asked why something waits."""


@dataclass
class _Wait:
    """An attempt that does not begin. Times in milliseconds since the Unix epoch.

    Attributes:
        of: its pod, or its Job where that has none.
        since: when that began to wait; also for another operator, which knows at once what was in its way.
        obstacle: what is in its way, where that is known.
        seen: whether the pod's status says so; else its events did.
        asked_at: when its events were asked for.
    """

    of: Object
    since: int
    obstacle: Obstacle | None = None
    seen: bool = False
    asked_at: int = 0


class Waiting:
    """The attempts of one study that have not begun, and what is in their way.

    Args:
        gateway: tells events.
        namespace: the study's.
    """

    def __init__(self, gateway: Gateway, namespace: str) -> None:
        self._gateway = gateway
        self._namespace = namespace
        self._waits: dict[AttemptKey, _Wait] = {}
        self._asked_at = 0

    def obstacle(
        self, not_begun: Mapping[AttemptKey, tuple[Object, Object | None]], now: int
    ) -> tuple[Obstacle | None, int | None]:
        """What is in the way, and when to look again, if anything waits.

        Args:
            not_begun: the Jobs, with their pods where they have one, that might run and do not.
            now: in milliseconds since the Unix epoch.

        Raises:
            ApiError: the reason cannot be asked for now.
        """
        self._waits = {key: self._wait_of(key, job, pod, now) for key, (job, pod) in not_begun.items()}
        waits = list(self._waits.values())
        self._ask_one([wait for wait in waits if not wait.seen], now)
        found = (wait.obstacle for wait in waits if wait.obstacle and now >= wait.since + PATIENCE)
        again = [wait.since + PATIENCE for wait in waits if now < wait.since + PATIENCE]
        again += [max(wait.since + PATIENCE, self._asked_at + ASK_AGAIN) for wait in waits if not wait.seen]
        return next(found, None), min(again, default=None)

    def _wait_of(self, key: AttemptKey, job: Object, pod: Object | None, now: int) -> _Wait:
        waiting, wait = pod or job, self._waits.get(key)
        if wait is None or _uid(wait.of) != _uid(waiting):  # what was in the way of a Job is not in its pod's
            wait = _Wait(waiting, min(now, _waits_since(waiting, now)))
        obstacle = obstacle_of(pod) if pod is not None else None
        if obstacle is not None or wait.seen:
            wait.obstacle, wait.seen = obstacle, obstacle is not None
        return wait

    def _ask_one(self, waits: Sequence[_Wait], now: int) -> None:
        """Why a Job has no pod, or a pod no volume, only its events tell. One at a time: most wait alike."""
        due = [wait for wait in waits if now >= wait.since + PATIENCE]
        if not due or now < self._asked_at + ASK_AGAIN:
            return
        wait = min(due, key=lambda wait: wait.asked_at)
        wait.asked_at = self._asked_at = now
        selector = f"involvedObject.uid={_uid(wait.of)}"
        events = self._gateway.list(EVENTS, self._namespace, field_selector=selector)
        # What is in the way is told again and again; what is told after it has gone on.
        latest = max(reversed(events), key=_told_at, default=None)
        wait.obstacle = None if latest is None else obstacle_of_event(latest)


def _uid(document: Object) -> str:
    return str(document["metadata"]["uid"])


def _told_at(event: Object) -> str:
    """When an event was last told, to the second."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")[:19]


def _waits_since(waiting: Object, now: int) -> int:
    """When a pod, or a Job without one, began to wait."""
    pod = waiting["kind"] == "Pod"
    since = waiting["metadata"]["creationTimestamp"] if pod else waiting.get("status", {}).get("startTime")
    return parse_time(since) if since else now
