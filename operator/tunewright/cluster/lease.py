"""One operator at a time: a Lease, held by renewing it.

The client library's own election neither gives the lease back at a shutdown, so that the next operator waits
for nothing, nor survives a broken connection.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tunewright.cluster.api_error import AlreadyExists, ApiError, Conflict, NotFound
from tunewright.cluster.gateway import LEASES, Gateway

LOG = logging.getLogger(__name__)

DURATION = 15
"""Seconds after which a lease that is not renewed may be taken."""

RENEW_EVERY = 3
GIVE_UP_AFTER = 10
"""Seconds without a renewal after which the holder stops: before anybody else may take the lease."""


class Lease:
    """A `coordination.k8s.io/v1` Lease.

    Args:
        gateway: the API server.
        namespace: where the lease is.
        name: its name.
        identity: tells this operator from others; the same after a restart of its container.
        monotonic: the time in seconds, for durations.
    """

    def __init__(
        self, gateway: Gateway, namespace: str, name: str, identity: str, monotonic: Callable[[], float]
    ) -> None:
        self._gateway = gateway
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._monotonic = monotonic
        self._seen: tuple[str, float] = ("", 0.0)
        self._renewed_at = 0.0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire(self, stop: threading.Event) -> bool:
        """Wait until the lease is held; False where `stop` was set before."""
        waiting = False
        while not stop.is_set():
            try:
                if self._take():
                    return True
            except ApiError as error:
                LOG.warning("cannot take the lease: %s", error)
            else:
                if not waiting:
                    LOG.info("standing by: another operator holds the lease")
                waiting = True
            stop.wait(RENEW_EVERY)
        return False

    def keep(self, lost: Callable[[], None]) -> None:
        """Renew the lease, in a thread, until it is released; call `lost` once where that fails."""
        self._thread = threading.Thread(target=self._renew, args=(lost,), name="lease", daemon=True)
        self._thread.start()
        threading.Thread(target=self._expire, args=(lost,), name="lease's end", daemon=True).start()

    def release(self) -> None:
        """Give the lease back, so that another operator need not wait."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        try:
            found = self._gateway.get(LEASES, self._namespace, self._name)
            if found.get("spec", {}).get("holderIdentity") == self._identity:
                self._write(found, {"holderIdentity": ""})
        except ApiError as error:
            LOG.warning("the lease was not given back: %s", error)

    def _renew(self, lost: Callable[[], None]) -> None:
        while not self._stopped.wait(RENEW_EVERY):
            try:
                held = self._take()
            except ApiError as error:
                LOG.warning("the lease was not renewed: %s", error)
                continue
            if not held:
                self._lose(lost)

    def _expire(self, lost: Callable[[], None]) -> None:
        """Apart from the renewals: one of them may hang."""
        while (left := self._renewed_at + GIVE_UP_AFTER - self._monotonic()) > 0:
            if self._stopped.wait(left):
                return
        self._lose(lost)

    def _lose(self, lost: Callable[[], None]) -> None:
        if not self._stopped.is_set():
            self._stopped.set()
            lost()

    def _take(self) -> bool:
        """Take or renew the lease; whether it is held now."""
        asked_at = self._monotonic()
        try:
            found = self._gateway.get(LEASES, self._namespace, self._name)
        except NotFound:
            found = None
        if found is not None and not self._free(found):
            return False
        try:
            if found is None:
                metadata = {"name": self._name, "namespace": self._namespace}
                body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}
                self._gateway.create(LEASES, self._namespace, {**body, "spec": self._held({})})
            else:
                self._write(found, self._held(found.get("spec", {})))
        except (Conflict, AlreadyExists):
            return False
        self._renewed_at = asked_at
        return True

    def _free(self, lease: dict[str, Any]) -> bool:
        """Whether the lease is ours, given back, or has not been renewed for its whole duration.

        Its times are another machine's: what counts is how long it has been seen unchanged.
        """
        holder = lease.get("spec", {}).get("holderIdentity") or ""
        version = lease["metadata"]["resourceVersion"]
        if holder in ("", self._identity):
            return True
        if self._seen[0] != version:
            self._seen = (version, self._monotonic())
        return self._monotonic() - self._seen[1] >= DURATION

    def _write(self, found: dict[str, Any], spec: dict[str, Any]) -> None:
        """Change the lease, if nobody else has in the meantime."""
        version = {"resourceVersion": found["metadata"]["resourceVersion"]}
        self._gateway.merge(LEASES, self._namespace, self._name, {"metadata": version, "spec": spec})

    def _held(self, spec: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        ours = spec.get("holderIdentity") == self._identity
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": DURATION,
            "acquireTime": spec.get("acquireTime", now) if ours else now,
            "renewTime": now,
            "leaseTransitions": spec.get("leaseTransitions", 0) + (0 if ours else 1),
        }
