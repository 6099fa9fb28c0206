"""A gateway to a real API server that fails, loses answers, delays, and dies in the middle of a write."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from kubernetes.client import ApiClient

from tunewright.cluster.gateway import Gateway, Gone, Kind, Object, Unavailable, Watch

T = TypeVar("T")


@dataclass(frozen=True)
class Odds:
    """How often what goes wrong, as a probability per call (per event where it says so).

    Attributes:
        unsent: a call fails before it reaches the server.
        lost: a write is done, and its answer is lost.
        slow: a call takes up to `slowness` seconds longer.
        death: the operator dies, just before a write or just after it.
        late: an event of a watch comes up to `lateness` seconds late; the others of its kind wait behind it.
        cut: a watch breaks off at an event.
        expired: a watch ends with 410 at an event: all is listed anew.
    """

    unsent: float = 0.0
    lost: float = 0.0
    slow: float = 0.0
    death: float = 0.0
    late: float = 0.0
    cut: float = 0.0
    expired: float = 0.0
    slowness: float = 0.2
    lateness: float = 2.0


class Chance:
    """What goes wrong, by a seed, and how often it did. Thread-safe."""

    def __init__(self, seed: int, odds: Odds) -> None:
        self.odds = odds
        self.injected: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def strikes(self, what: str) -> bool:
        """Whether it goes wrong in this way now."""
        with self._lock:
            struck: bool = self._random.random() < getattr(self.odds, what)
            self.injected[what] += struck
        return struck

    def sleep(self, longest: float) -> None:
        """For a while."""
        with self._lock:
            seconds = self._random.uniform(0, longest)
        time.sleep(seconds)


class FaultyGateway(Gateway):
    """One operator's gateway; `dead` is set once that operator has died: from then on it reaches nothing."""

    def __init__(self, api_client: ApiClient, namespace: str, chance: Chance) -> None:
        super().__init__(api_client, namespace)
        self._chance = chance
        self.dead = threading.Event()

    def create(self, kind: Kind, namespace: str, body: Object, *, dry_run: bool = False) -> Object:
        create = super().create
        return self._write(lambda: create(kind, namespace, body, dry_run=dry_run))

    def replace_status(self, kind: Kind, body: Object) -> Object:
        replace = super().replace_status
        return self._write(lambda: replace(kind, body))

    def merge(self, kind: Kind, namespace: str, name: str, patch: Object) -> Object:
        merge = super().merge
        return self._write(lambda: merge(kind, namespace, name, patch))

    def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        delete = super().delete
        self._write(lambda: delete(kind, namespace, name, uid))

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        self._go()
        return super().get(kind, namespace, name)

    def list_page(self, *arguments: Any, **options: Any) -> Object:
        self._go()
        return super().list_page(*arguments, **options)

    def watch(self, *arguments: Any, **options: Any) -> Watch:
        self._live()
        return FaultyWatch(super().watch(*arguments, **options), self._chance, self.dead)

    def _write(self, write: Callable[[], T]) -> T:
        self._go()
        if self._chance.strikes("death"):
            self._die()
        answer = write()
        if self._chance.strikes("death"):
            self._die()
        if self._chance.strikes("lost"):
            raise Unavailable(0, "", "the answer was lost")
        return answer

    def _go(self) -> None:
        """The way to the server."""
        self._live()
        if self._chance.strikes("slow"):
            self._chance.sleep(self._chance.odds.slowness)
        if self._chance.strikes("unsent"):
            raise Unavailable(0, "", "it was not sent")

    def _live(self) -> None:
        if self.dead.is_set():
            raise Unavailable(0, "", "this operator is dead")

    def _die(self) -> None:
        self.dead.set()
        self._live()


class FaultyWatch(Watch):
    """A watch whose events come late, and that breaks off."""

    def __init__(self, watch: Watch, chance: Chance, dead: threading.Event) -> None:
        self._watch = watch
        self._chance = chance
        self._dead = dead

    def __next__(self) -> Object:
        event = next(self._watch)
        if self._chance.strikes("late"):
            self._chance.sleep(self._chance.odds.lateness)
        if self._dead.is_set() or self._chance.strikes("cut"):
            self._end()
            raise Unavailable(0, "", "the watch was cut")
        if self._chance.strikes("expired"):
            self._end()
            raise Gone(410, "Expired", "too old")
        return event

    def close(self) -> None:
        self._watch.close()

    def _end(self) -> None:
        self._watch.close()
        for _ in self._watch:  # to the end, which lets go of the connection
            pass
