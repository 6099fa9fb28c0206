"""What is known of the cluster, kept up to date: one list, then a watch, per kind and namespace."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tunewright.cluster.backoff import delay_after
from tunewright.cluster.cache import Cache
from tunewright.cluster.gateway import (
    JOBS,
    PODS,
    STUDIES,
    TRIALS,
    ApiError,
    Gateway,
    Gone,
    Kind,
    Object,
    Unavailable,
    Watch,
)
from tunewright.cluster.labels import STUDY

LOG = logging.getLogger(__name__)

SELECTORS = {STUDIES: "", TRIALS: STUDY, JOBS: STUDY, PODS: STUDY}
WATCH_SECONDS = (240, 480)
BACKOFF_BASE = 0.2
BACKOFF_LONGEST = 10.0
JOIN_SECONDS = 10.0

_JITTER = random.Random()  # noqa: S311 - not for secrets


@dataclass(frozen=True)
class Change:
    """An object is new, changed, or deleted; then as it was last known."""

    kind: Kind
    deleted: bool
    object: Object


Changed = Callable[[Change], None]


class Informer:
    """The studies, trials, Jobs and pods of the named namespaces, or of all; thread-safe.

    Objects that it hands out are shared and must not be changed.

    Args:
        gateway: the API server.
        namespaces: their names; None for all.
        changed: told of each change, after it can be read here; called in the informer's own threads, in
            the order of the changes of one kind and namespace. It must be quick.
    """

    def __init__(self, gateway: Gateway, namespaces: Sequence[str] | None, changed: Changed) -> None:
        self._streams = {
            (kind, namespace): _Stream(gateway, kind, namespace, changed)
            for kind in SELECTORS
            for namespace in (namespaces if namespaces is not None else [None])
        }

    def start(self) -> None:
        """Begin to list and watch."""
        for stream in self._streams.values():
            stream.start()

    def stop(self) -> None:
        """End all threads; what is known stays readable."""
        for stream in self._streams.values():
            stream.end()
        for stream in self._streams.values():
            stream.join()

    def wait_synced(self, timeout: float) -> bool:
        """Wait until every kind has been listed, and `changed` told of all that was there.

        For so many seconds at most; whether it came to that.
        """
        deadline = time.monotonic() + timeout
        return all(stream.synced.wait(deadline - time.monotonic()) for stream in self._streams.values())

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """The object, None where there is none."""
        cache = self._cache(kind, namespace)
        return None if cache is None else cache.get(namespace, name)

    def of_namespace(self, kind: Kind, namespace: str) -> list[Object]:
        """The objects of a namespace."""
        cache = self._cache(kind, namespace)
        return [] if cache is None else cache.of_namespace(namespace)

    def of_study(self, kind: Kind, namespace: str, study_name: str) -> list[Object]:
        """The objects with this study's label."""
        cache = self._cache(kind, namespace)
        return [] if cache is None else cache.of_study(namespace, study_name)

    def offer(self, kind: Kind, body: Object) -> None:
        """Take in what a write returned, so that it can be read before the watch tells of it.

        `changed` is not told, not even when the watch does; nothing happens where newer is known.
        """
        cache = self._cache(kind, body["metadata"]["namespace"])
        if cache is not None:
            cache.offer(body)

    def _cache(self, kind: Kind, namespace: str) -> Cache | None:
        stream = self._streams.get((kind, None)) or self._streams.get((kind, namespace))
        return None if stream is None else stream.cache


class _Stream:
    """One kind in one namespace or in all: the thread that keeps its cache."""

    def __init__(self, gateway: Gateway, kind: Kind, namespace: str | None, changed: Changed) -> None:
        self.cache = Cache()
        self.synced = threading.Event()
        self._gateway = gateway
        self._kind = kind
        self._namespace = namespace
        self._changed = changed
        self._version: str | None = None
        self._fruitless = 0  # tries in a row that brought nothing, not even a bookmark
        self._complaint: type[ApiError] | None = None  # logged already
        self._watch: Watch | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # a watch that begins while this is being ended must be closed too
        where = kind.plural if namespace is None else f"{kind.plural} in {namespace}"
        self._thread = threading.Thread(target=self._run, name=f"watch of {where}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        with self._lock:
            self._stopping.set()
            if self._watch is not None:
                self._watch.close()

    def join(self) -> None:
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._fruitless += 1
            wait = 0.0
            try:
                if self._version is None:
                    self._version = self._list()
                self._follow(self._version)
            except Unavailable as error:
                # The cache is as good as it was: the watch goes on where it broke off.
                self._complain(error)
                wait = error.retry_after or 0.0
            except ApiError as error:
                self._version = None
                self._complain(error)
            except Exception:
                self._version = None
                LOG.exception("%s: listing anew", self._thread.name)
            if self._fruitless:
                delay = delay_after(self._fruitless, BACKOFF_BASE, BACKOFF_LONGEST)
                self._stopping.wait(max(wait, delay * _JITTER.uniform(0.5, 1.0)))

    def _list(self) -> str:
        objects, version = self._gateway.list_version(
            self._kind, self._namespace, selector=SELECTORS[self._kind]
        )
        self._tell(self.cache.replaced(objects, version))
        self.synced.set()
        return version

    def _follow(self, version: str) -> None:
        """Watches until the server ends it, as it does now and then."""
        watch = self._gateway.watch(
            self._kind,
            self._namespace,
            selector=SELECTORS[self._kind],
            resource_version=version,
            timeout=_JITTER.uniform(*WATCH_SECONDS),
        )
        with self._lock:
            self._watch = watch
            if self._stopping.is_set():
                watch.close()
        for change in watch:
            body = change["object"]
            if change["type"] == "BOOKMARK":
                self.cache.bookmark(body["metadata"]["resourceVersion"])
            elif change["type"] == "DELETED":
                self._tell(self.cache.deleted(body))
            else:
                self._tell(self.cache.changed(body))
            self._version = body["metadata"]["resourceVersion"]
            if self._fruitless:
                self._recover()

    def _tell(self, news: Iterable[tuple[bool, Object]]) -> None:
        for deleted, body in news:
            self._changed(Change(self._kind, deleted, body))

    def _complain(self, error: ApiError) -> None:
        """Once until it goes on, or until something else stands in the way."""
        if not isinstance(error, Gone) and type(error) is not self._complaint:
            self._complaint = type(error)
            LOG.warning("%s: %s", self._thread.name, error)

    def _recover(self) -> None:
        self._fruitless = 0
        if self._complaint:
            self._complaint = None
            LOG.info("%s: goes on", self._thread.name)
