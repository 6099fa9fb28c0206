"""The keys that want work, each in the hands of one thread at a time; after client-go's `util/workqueue`."""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from tunewright.cluster.backoff import delay_after

K = TypeVar("K", bound=Hashable)


class WorkQueue(Generic[K]):
    """A queue of keys, first in first out. Thread-safe.

    A key that is waiting is not queued twice. A key that is added while its work is being done comes again,
    once, after that work: what the addition told of may have come too late for it.
    Who gets a key calls `done` in the end, whatever happened.

    Args:
        clock: seconds, never running back.
        base: the first back-off of a key, in seconds; each further one is twice as long.
        longest: the longest back-off, in seconds.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, base: float = 0.2, longest: float = 60.0
    ) -> None:
        self._clock = clock
        self._base = base
        self._longest = longest
        self._changed = threading.Condition()
        self._ready: deque[K] = deque()
        self._wanted: set[K] = set()  # in _ready, or added while in _working
        self._working: set[K] = set()
        self._due: dict[K, float] = {}
        self._timetable: list[tuple[float, int, K]] = []  # a heap; what _due does not confirm is void
        self._serial = 0
        self._failures: dict[K, int] = {}
        self._closed = False

    def add(self, key: K) -> None:
        """Have it worked on, as soon as may be."""
        with self._changed:
            self._add(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Have it worked on, in so many seconds; of several such times the earliest counts."""
        with self._changed:
            due = self._clock() + seconds
            if self._closed or due >= self._due.get(key, float("inf")):
                return
            self._due[key] = due
            self._serial += 1
            heapq.heappush(self._timetable, (due, self._serial, key))
            # All, for the one that takes this time up may be given other work before.
            self._changed.notify_all()

    def get(self) -> K | None:
        """The next key, waited for; None after a shutdown."""
        with self._changed:
            while not self._closed:
                wait = self._add_due()
                if self._ready:
                    key = self._ready.popleft()
                    self._wanted.discard(key)
                    self._working.add(key)
                    return key
                self._changed.wait(wait)
            return None

    def done(self, key: K) -> None:
        """Its work is over, however it went."""
        with self._changed:
            self._working.discard(key)
            if key in self._wanted:
                self._ready.append(key)
                self._changed.notify()

    def failed(self, key: K, at_least: float = 0.0) -> float:
        """Have it worked on again after its back-off, or after `at_least`; which it is, in seconds."""
        with self._changed:
            self._failures[key] = self._failures.get(key, 0) + 1
            delay = max(at_least, delay_after(self._failures[key], self._base, self._longest))
        self.add_after(key, delay)
        return delay

    def forget(self, key: K) -> None:
        """Its next failure is again its first."""
        with self._changed:
            self._failures.pop(key, None)

    def shutdown(self) -> None:
        """No key is handed out any more, and who waits for one is told so."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _add(self, key: K) -> None:
        if key in self._wanted:
            return
        self._wanted.add(key)
        if key not in self._working:
            self._ready.append(key)
            self._changed.notify()

    def _add_due(self) -> float | None:
        """Adds what is due; returns the seconds until the next will be, None where there is none."""
        now = self._clock()
        while self._timetable:
            due, _, key = self._timetable[0]
            if self._due.get(key) == due and due > now:
                return due - now
            heapq.heappop(self._timetable)
            if self._due.get(key) == due:
                del self._due[key]
                self._add(key)
        return None
