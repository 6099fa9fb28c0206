"""The last known objects of one kind, as lists, watches and our own writes tell of them."""

import threading
from collections import defaultdict
from collections.abc import Iterable

from tunewright.cluster.gateway import Object
from tunewright.cluster.labels import STUDY


class Cache:
    """The objects of one kind in one namespace or in all; thread-safe.

    News may come late and twice: by the watch, and before or after that as the answer to a write of our own.
    Versions (`metadata.resourceVersion`) of one kind are numbers that grow with time, which decides what is
    newer, and `_seen`, the version up to which all is known, decides whether an object that is not here
    is not here yet or no more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: dict[tuple[str, str], Object] = {}
        self._by_study: defaultdict[tuple[str, str], dict[str, Object]] = defaultdict(dict)
        self._seen = -1

    def get(self, namespace: str, name: str) -> Object | None:
        """The object, None where there is none."""
        with self._lock:
            return self._objects.get((namespace, name))

    def of_namespace(self, namespace: str) -> list[Object]:
        """The objects of a namespace."""
        with self._lock:
            return [each for (space, _), each in self._objects.items() if space == namespace]

    def of_study(self, namespace: str, study: str) -> list[Object]:
        """The objects with this study's label."""
        with self._lock:
            return list(self._by_study.get((namespace, study), {}).values())

    def offer(self, new: Object) -> None:
        """Take in what a write returned."""
        with self._lock:
            known = self._objects.get(_key(new))
            if known is None and _version(new) <= self._seen:
                return  # it was deleted meanwhile
            if known is not None and _uid(known) != _uid(new):
                return  # created anew: the watch will tell, after it has told of the other's deletion
            self._take(new)

    def changed(self, new: Object) -> list[tuple[bool, Object]]:
        """Take in an object that the watch tells of; what is news, see `replaced`."""
        with self._lock:
            self._seen = max(self._seen, _version(new))
            return self._take(new)

    def deleted(self, old: Object) -> list[tuple[bool, Object]]:
        """Take in a deletion that the watch tells of; what is news, see `replaced`."""
        with self._lock:
            self._seen = max(self._seen, _version(old))
            known = self._objects.get(_key(old))
            if known is not None and _uid(known) == _uid(old):
                self._remove(known)
            return [(True, old)]

    def bookmark(self, version: str) -> None:
        """All is known up to this version."""
        with self._lock:
            self._seen = max(self._seen, int(version))

    def replaced(self, objects: Iterable[Object], version: str) -> list[tuple[bool, Object]]:
        """Take in all objects as they are at a version.

        Returns:
            What is news, in order: whether it was deleted, and the object as last known.
        """
        news: list[tuple[bool, Object]] = []
        with self._lock:
            self._seen = int(version)
            listed = set()
            for new in objects:
                listed.add(_key(new))
                news += self._take(new)
            for key, known in list(self._objects.items()):
                # A later one is from a write of our own, after the list.
                if key not in listed and _version(known) <= self._seen:
                    self._remove(known)
                    news.append((True, known))
        return news

    def _take(self, new: Object) -> list[tuple[bool, Object]]:
        known = self._objects.get(_key(new))
        if known is None:
            self._put(new)
            return [(False, new)]
        if _version(new) <= _version(known):
            return []
        self._remove(known)
        self._put(new)
        if _uid(new) == _uid(known):
            return [(False, new)]
        return [(True, known), (False, new)]

    def _put(self, new: Object) -> None:
        self._objects[_key(new)] = new
        study = _study(new)
        if study is not None:
            self._by_study[study][new["metadata"]["name"]] = new

    def _remove(self, known: Object) -> None:
        del self._objects[_key(known)]
        study = _study(known)
        if study is not None:
            del self._by_study[study][known["metadata"]["name"]]
            if not self._by_study[study]:
                del self._by_study[study]


def _key(body: Object) -> tuple[str, str]:
    return body["metadata"]["namespace"], body["metadata"]["name"]


def _uid(body: Object) -> str:
    return str(body["metadata"]["uid"])


def _version(body: Object) -> int:
    return int(body["metadata"]["resourceVersion"])


def _study(body: Object) -> tuple[str, str] | None:
    name = body["metadata"].get("labels", {}).get(STUDY)
    return None if name is None else (body["metadata"]["namespace"], name)
