"""Looks at what running attempts report, again and again, and keeps what was seen."""

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import regex

from tunewright.api.trial_definition import MetricsSource
from tunewright.cluster.api_error import ApiError, Unavailable
from tunewright.cluster.backoff import delay_after
from tunewright.cluster.gateway import Gateway
from tunewright.cluster.pod_logs import Follower, LogOfPod
from tunewright.cluster.scraping import PageOfPod, ScrapeFailed, TimedOut
from tunewright.cluster.workqueue import WorkQueue
from tunewright.metrics.log import DEFAULT_PATTERN
from tunewright.metrics.readings import NONE, Readings

THREADS = 4
"""So that a few pods that take their whole time to answer hold up no other."""

LONGEST_INTERVAL = 60.0
"""Seconds between two looks at a pod that answered none of the last ones in time."""

_GOLDEN = 0.618033988749895
"""The fractional parts of its multiples are spread evenly over 0 to 1, however many there are."""

_log = logging.getLogger(__name__)


class PodKey(NamedTuple):
    """Names a pod."""

    namespace: str
    name: str


class _Watch:
    """One attempt's pod, and what was seen of it.

    Attributes:
        source: where its metrics are.
        looking: held while somebody looks at the source.
        readings: what was seen, without a time.
        progressed_at: when it was first seen, or last seen to have reported; milliseconds.
        silence: for how long it is known to have reported nothing, in milliseconds.
        failures: looks in a row that waited for an answer in vain.
    """

    def __init__(self, source: PageOfPod | LogOfPod, now: int) -> None:
        self.source = source
        self.looking = threading.Lock()
        self.readings = NONE
        self.progressed_at = now
        self.silence = 0
        self.failures = 0


class Observer:
    """Keeps what the watched pods report. Thread-safe.

    Each pod is looked at once in an interval. Looks that wait for an answer in vain come less and less often,
    down to one in LONGEST_INTERVAL: they hold up the others.

    Args:
        gateway: gives the logs.
        clock: milliseconds since the Unix epoch.
        interval: seconds between two looks at a pod.
        changed: called, in a thread of this one's, with the namespace and name of a pod of which the first
            metric was seen, or the first NaN or infinity of a metric; not for each new value.
    """

    def __init__(
        self,
        gateway: Gateway,
        clock: Callable[[], int],
        interval: float,
        changed: Callable[[str, str], None],
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._interval = interval
        self._changed = changed
        self._queue: WorkQueue[PodKey] = WorkQueue()
        self._watches: dict[PodKey, _Watch] = {}
        self._lock = threading.Lock()
        self._count = 0

    def start(self) -> None:
        """Begin to look."""
        for number in range(THREADS):
            threading.Thread(target=self._work, name=f"observer-{number}", daemon=True).start()

    def stop(self) -> None:
        """Begin no more looks; those under way end by themselves."""
        self._queue.shutdown()

    def watch(
        self,
        pod: Mapping[str, Any],
        container: str,
        source: MetricsSource,
        pattern: str | None,
        judging: Collection[str] = (),
    ) -> None:
        """Look at a pod from now on, if it is not looked at already. One without a page's address is not yet.

        Args:
            pod: one that runs or has run.
            container: the one that reports.
            source: where its metrics are read.
            pattern: what finds them in its log; None: `name=value` or `name: value`.
            judging: metrics that are taken in however many others there are.
        """
        key = PodKey(pod["metadata"]["namespace"], pod["metadata"]["name"])
        with self._lock:
            without_page = source is MetricsSource.SDK and not pod["status"].get("podIP")
            if key in self._watches or without_page:
                return
            self._watches[key] = _Watch(
                self._source(key, pod, container, source, pattern, judging), self._clock()
            )
            self._count += 1
            wait = self._interval * (self._count * _GOLDEN % 1)
        self._queue.add_after(key, wait)

    def forget(self, namespace: str, pod: str) -> None:
        """Look at a pod no more, and drop what was seen of it."""
        with self._lock:
            self._watches.pop(PodKey(namespace, pod), None)

    def readings(self, namespace: str, pod: str) -> Readings:
        """What was seen of a pod so far; NONE of one that is not watched.

        It is silent only for as long as looks have seen that it reported nothing new, and `reported_at` is so
        far back from now: what may have happened since the last look, while none succeeded, or before the pod
        was watched, is nothing that the pod can be blamed for.
        """
        with self._lock:
            watch = self._watches.get(PodKey(namespace, pod))
            if watch is None:
                return NONE
            return replace(watch.readings, reported_at=self._clock() - watch.silence)

    def last_look(self, namespace: str, pod: str) -> None:
        """Take in the rest of an ended pod's log. Nothing of one that is not watched, or not by its log.

        Raises:
            Unavailable: the log cannot be had now; try again. After PATIENCE it is given up, with a note.
        """
        key = PodKey(namespace, pod)
        with self._lock:
            watch = self._watches.get(key)
        if watch is None:
            return
        with watch.looking:
            watch.source.drain()
            self._take(watch)

    def _source(
        self,
        key: PodKey,
        pod: Mapping[str, Any],
        container: str,
        source: MetricsSource,
        pattern: str | None,
        judging: Collection[str],
    ) -> PageOfPod | LogOfPod:
        if source is MetricsSource.SDK:
            return PageOfPod(pod, judging)
        compiled = DEFAULT_PATTERN if pattern is None else regex.compile(pattern)
        return LogOfPod(Follower(self._gateway, *key, container), compiled, judging)

    def _work(self) -> None:
        while (key := self._queue.get()) is not None:
            with self._lock:
                watch = self._watches.get(key)
            if watch is not None:
                self._look(key, watch)
                failures = watch.failures
                longest = max(LONGEST_INTERVAL, self._interval)
                self._queue.add_after(
                    key, delay_after(failures, self._interval, longest) if failures else self._interval
                )
            self._queue.done(key)

    def _look(self, key: PodKey, watch: _Watch) -> None:
        try:
            with watch.looking:
                reported = watch.source.look()
                news = self._take(watch)
        except (ScrapeFailed, ApiError) as error:
            in_vain = isinstance(error, TimedOut | Unavailable)
            watch.failures = watch.failures + 1 if in_vain else 0
            _log.debug("pod %s/%s: no metrics: %s", *key, error)
            return
        except Exception:
            _log.exception("pod %s/%s: its metrics cannot be read", *key)
            return
        now = self._clock()
        with self._lock:
            watch.failures = 0
            if reported:
                watch.progressed_at = now
            watch.silence = now - watch.progressed_at
        if news:
            try:
                self._changed(*key)
            except Exception:
                _log.exception("pod %s/%s: nobody could be told of its metrics", *key)

    def _take(self, watch: _Watch) -> bool:
        """Publish what the source has; whether somebody should know at once."""
        readings = watch.source.readings()
        with self._lock:
            before, watch.readings = watch.readings, readings
        return bool(readings.metrics and not before.metrics) or readings.not_finite != before.not_finite
