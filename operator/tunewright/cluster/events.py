"""Events: what `kubectl describe` tells of a study beside its conditions."""

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from tunewright.api.problems import one_line
from tunewright.cluster.gateway import EVENTS, AlreadyExists, ApiError, Gateway, NotFound, Object

LOG = logging.getLogger(__name__)

EventType = Literal["Normal", "Warning"]

PAUSE = 10_000
"""Milliseconds between two writes about one object for one reason."""

MAX_MESSAGE = 1024
MAX_KNOWN = 4096
MAX_NAME = 200


@dataclass
class _Told:
    """Of one object and reason the event last told of: its name, and how often it happened so far."""

    written_at: int
    name: str
    count: int


class Recorder:
    """Writes and logs events of studies; what repeats is one event that counts. Thread-safe.

    A warning repeats where object and reason are the same, and tells its latest message; a normal event
    where the message is too. Of one object and reason there is at most one write in `PAUSE`: what repeats
    sooner is counted with the next write, what is new sooner is left out. An event that cannot be written
    is logged and forgotten.

    Args:
        gateway: the API server.
        clock: milliseconds since the Unix epoch.
        component: who the events are from.
    """

    def __init__(
        self, gateway: Gateway, clock: Callable[[], int], component: str = "tunewright-operator"
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._component = component
        self._lock = threading.Lock()
        self._told: OrderedDict[tuple[str, str], _Told] = OrderedDict()

    def record(self, involved: Object, type: EventType, reason: str, message: str) -> None:
        """Tell of something that happened.

        Args:
            involved: the study that it happened to, as it is stored.
            type: Warning where somebody should look into it.
            reason: one word in CamelCase that programs may go by.
            message: one sentence.
        """
        message = one_line(message, MAX_MESSAGE)
        name = _name(involved, type, reason, message)
        now = self._clock()
        key = (involved["metadata"]["uid"], reason)
        count = self._count(key, name, now)
        if not count:
            return
        namespace, about = (involved["metadata"][field] for field in ("namespace", "name"))
        LOG.info(
            "%s/%s: %s: %s", namespace, about, reason, message, extra={"namespace": namespace, "study": about}
        )
        at = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": involved["metadata"]["namespace"]},
            "involvedObject": {
                "apiVersion": involved["apiVersion"],
                "kind": involved["kind"],
                **{field: involved["metadata"][field] for field in ("name", "namespace", "uid")},
            },
            "type": type,
            "reason": reason,
            "message": message,
            "count": count,
            "firstTimestamp": at,
            "lastTimestamp": at,
            "source": {"component": self._component},
        }
        try:
            earlier = self._write(event)
        except ApiError as error:
            LOG.warning("event %s of %s was not written: %s", reason, involved["metadata"]["name"], error)
            return
        with self._lock:
            if key in self._told and self._told[key].name == name:
                self._told[key].count += earlier

    def _count(self, key: tuple[str, str], name: str, now: int) -> int:
        """How often it happened by now; 0 where it is not to be written now."""
        with self._lock:
            told = self._told.get(key)
            if told is None:
                told = self._told[key] = _Told(now - PAUSE, name, 0)
                if len(self._told) > MAX_KNOWN:
                    self._told.popitem(last=False)
            due = now - told.written_at >= PAUSE
            if told.name == name:
                told.count += 1
            elif due:
                told.name, told.count = name, 1
            if not due:
                return 0
            told.written_at = now
            self._told.move_to_end(key)
            return told.count

    def _write(self, event: Object) -> int:
        """Returns how often it had happened before, unknown to the event's count."""
        if event["count"] > 1:
            try:
                self._repeat(event)
                return 0
            except NotFound:
                LOG.debug("event %s has expired", event["metadata"]["name"])
        namespace, name = event["metadata"]["namespace"], event["metadata"]["name"]
        try:
            self._gateway.create(EVENTS, namespace, event)
            return 0
        except AlreadyExists:
            # From before this operator began. A list, for the operator has no right to get one.
            found = self._gateway.list(EVENTS, namespace, field_selector=f"metadata.name={name}")
            earlier = sum(int(old.get("count", 1)) for old in found)
            self._repeat({**event, "count": earlier + event["count"]})
            return earlier

    def _repeat(self, event: Object) -> None:
        patch = {field: event[field] for field in ("message", "count", "lastTimestamp")}
        self._gateway.merge(EVENTS, event["metadata"]["namespace"], event["metadata"]["name"], patch)


def _name(involved: Object, type: EventType, reason: str, message: str) -> str:
    """The same for what is to be one event."""
    parts = [involved["metadata"]["uid"], type, reason, message if type == "Normal" else ""]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    return f"{involved['metadata']['name'][:MAX_NAME].rstrip('-.')}.{digest}"
