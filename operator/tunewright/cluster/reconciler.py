"""Keeps every study going: what changes makes its key wanted, and a worker takes the key one step further."""

import logging
import threading
from collections import defaultdict
from collections.abc import Sequence

from tunewright.api.study_status import Phase
from tunewright.cluster import telemetry
from tunewright.cluster.api_error import ApiError, Refused, Unavailable
from tunewright.cluster.gateway import JOBS, PODS, STUDIES, Object
from tunewright.cluster.home import Services, StudyHome
from tunewright.cluster.informer import Change
from tunewright.cluster.labels import STUDY
from tunewright.cluster.sampling import SamplerGoneError
from tunewright.cluster.workqueue import WorkQueue

LOG = logging.getLogger(__name__)

Key = tuple[str, str]
"""A study's namespace and name."""

RESYNC_EVERY = 300_000
"""After so many milliseconds a study's state is made anew from its objects."""


class Reconciler:
    """The studies, and the workers that take them on.

    Args:
        queue: of the keys that want work.
    """

    def __init__(self, queue: WorkQueue[Key]) -> None:
        self._queue = queue
        self._lock = threading.Lock()
        self._changes: defaultdict[Key, list[Change]] = defaultdict(list)
        self._homes: dict[Key, tuple[StudyHome, int]] = {}

    def changed(self, change: Change) -> None:
        """Something of a study has changed; called by the informer's threads."""
        metadata = change.object["metadata"]
        study = metadata["name"] if change.kind is STUDIES else metadata["labels"][STUDY]
        key = (metadata["namespace"], study)
        with self._lock:
            self._changes[key].append(change)
        self._queue.add(key)

    def woken(self, namespace: str, study: str) -> None:
        """A study may want attention."""
        self._queue.add((namespace, study))

    def work(self, services: Services) -> None:
        """Take keys, one after the other, until the queue is shut down: one worker's life."""
        while (key := self._queue.get()) is not None:
            try:
                self._reconcile(key, services)
            finally:
                self._queue.done(key)

    def _reconcile(self, key: Key, services: Services) -> None:
        about = {"namespace": key[0], "study": key[1]}
        with telemetry.RECONCILE_SECONDS.time():
            try:
                again = self._step(key, services)
            except ApiError as error:
                asked = error.retry_after if isinstance(error, Unavailable) else None
                delay = self._queue.failed(key, asked or 0.0)
                telemetry.RECONCILE_ERRORS.labels(type(error).__name__).inc()
                LOG.warning("%s/%s: %s; again in %.1f s", *key, error, delay, extra=about)
                if isinstance(error, Refused):
                    _tell(key, f"the API server refuses what must be written: {error}", services)
            except SamplerGoneError as error:
                delay = self._queue.failed(key)
                LOG.warning("%s/%s: %s; again in %.1f s", *key, error, delay, extra=about)
                _tell(key, str(error), services)
            except Exception as error:
                # Its memory may be what is wrong; what holds is in its objects.
                home, _ = self._homes.pop(key, (None, 0))
                if home is not None:
                    home.leave()
                delay = self._queue.failed(key)
                telemetry.RECONCILE_ERRORS.labels(type(error).__name__).inc()
                LOG.exception("%s/%s: an error in Tunewright; again in %.1f s", *key, delay, extra=about)
                _tell(key, f"an error in Tunewright: {type(error).__name__}: {error}", services)
            else:
                self._queue.forget(key)
                if again is not None:
                    self._queue.add_after(key, max(0, again - services.clock()) / 1000)

    def _step(self, key: Key, services: Services) -> int | None:
        with self._lock:
            changes = self._changes.pop(key, [])
        document = services.informer.get(STUDIES, *key)
        home, since = self._homes.get(key, (None, 0))
        if home is not None and (document is None or document["metadata"]["uid"] != home.uid):
            home.leave()
            del self._homes[key]
            home = None
        if document is None or (home is None and _tidied(document, changes)):
            return None
        now = services.clock()
        if home is None or (now - since >= RESYNC_EVERY and home.replaceable):
            home, since = StudyHome(document, services, lambda: self._queue.add(key)), now
            self._homes[key] = home, since
        again = home.step(document, changes)
        if home.idle:
            home.leave()
            del self._homes[key]
            return None
        resync = since + RESYNC_EVERY
        return resync if again is None else min(again, resync)


def _tell(key: Key, message: str, services: Services) -> None:
    """Of a study that cannot be taken on, and whose status says nothing of it."""
    study = services.informer.get(STUDIES, *key)
    if study is not None:
        services.recorder.record(study, "Warning", "ReconcileFailed", message)


def _tidied(study: Object, changes: Sequence[Change]) -> bool:
    """Whether nothing has happened but that Jobs and pods of a study that is over went, as they do by TTL."""
    status = study.get("status", {})
    over = status.get("phase") in (Phase.COMPLETED, Phase.FAILED)
    seen = status.get("observedGeneration") == study["metadata"]["generation"]
    return bool(over and seen and changes) and all(map(_went, changes))


def _went(change: Change) -> bool:
    return change.kind in (JOBS, PODS) and (
        change.deleted or "deletionTimestamp" in change.object["metadata"]
    )


def start_workers(reconciler: Reconciler, services: Services, count: int) -> list[threading.Thread]:
    """So many threads that work until the queue is shut down."""
    threads = [
        threading.Thread(target=reconciler.work, args=(services,), name=f"worker-{number}", daemon=True)
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    return threads
