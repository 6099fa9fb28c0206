"""The cache: whatever comes late or twice, it ends at what the server has."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tunewright.cluster.cache import Cache
from tunewright.cluster.gateway import Object
from tunewright.cluster.labels import STUDY


def an_object(name: str = "a", version: int = 1, uid: str = "u", study: str | None = "digits") -> Object:
    labels = {} if study is None else {STUDY: study}
    return {
        "metadata": {
            "namespace": "n",
            "name": name,
            "uid": uid,
            "resourceVersion": str(version),
            "labels": labels,
        }
    }


@pytest.fixture
def cache() -> Cache:
    return Cache()


def test_a_list_tells_what_is_new_changed_and_gone(cache: Cache) -> None:
    kept, changed, gone = (an_object(name, 1, name) for name in ("kept", "changed", "gone"))
    assert cache.replaced([kept, changed, gone], "5") == [(False, kept), (False, changed), (False, gone)]
    later, new = an_object("changed", 7, "changed"), an_object("new", 8, "new")
    assert cache.replaced([kept, later, new], "9") == [(False, later), (False, new), (True, gone)]
    assert cache.get("n", "gone") is None
    assert cache.of_study("n", "digits") == [kept, later, new]


def test_an_object_created_anew_between_two_lists_was_deleted_first(cache: Cache) -> None:
    old, new = an_object(uid="old", version=1), an_object(uid="new", version=4)
    cache.replaced([old], "1")
    assert cache.replaced([new], "5") == [(True, old), (False, new)]


def test_older_never_replaces_newer(cache: Cache) -> None:
    cache.replaced([an_object(version=9)], "9")
    cache.offer(an_object(version=8))
    assert cache.changed(an_object(version=8)) == []
    assert cache.get("n", "a") == an_object(version=9)
    assert cache.replaced([an_object(version=7)], "9") == []
    assert cache.get("n", "a") == an_object(version=9)


def test_versions_are_numbers(cache: Cache) -> None:
    cache.replaced([an_object(version=9)], "9")
    assert cache.changed(an_object(version=10)) == [(False, an_object(version=10))]


def test_what_a_write_returned_is_read_at_once_and_no_news_later(cache: Cache) -> None:
    cache.replaced([], "5")
    cache.offer(an_object(version=6))
    assert cache.get("n", "a") == an_object(version=6)
    assert cache.changed(an_object(version=6)) == []


def test_a_write_after_the_list_outlives_it(cache: Cache) -> None:
    cache.replaced([], "5")
    cache.offer(an_object(version=8))
    assert cache.replaced([], "7") == []
    assert cache.get("n", "a") == an_object(version=8)


@pytest.mark.parametrize("by", ["deletion", "bookmark"])
def test_what_a_write_returned_too_late_does_not_bring_back_the_dead(cache: Cache, by: str) -> None:
    cache.replaced([], "5")
    if by == "deletion":
        cache.changed(an_object(version=6))
        cache.deleted(an_object(version=8))
    else:
        cache.bookmark("8")
    cache.offer(an_object(version=6))
    assert cache.get("n", "a") is None


def test_a_deletion_does_not_take_another_object_of_this_name(cache: Cache) -> None:
    cache.replaced([an_object(uid="new", version=9)], "9")
    old = an_object(uid="old", version=8)
    assert cache.deleted(old) == [(True, old)]
    assert cache.get("n", "a") == an_object(uid="new", version=9)


def test_by_study(cache: Cache) -> None:
    cache.replaced([an_object("a"), an_object("b", study="other"), an_object("c", study=None)], "1")
    assert cache.of_study("n", "digits") == [an_object("a")]
    assert cache.of_study("m", "digits") == []
    cache.changed(an_object("a", 2, study="other"))
    assert cache.of_study("n", "digits") == []
    assert cache.of_study("n", "other") == [an_object("b", study="other"), an_object("a", 2, study="other")]


class Server(RuleBasedStateMachine):
    """A history of writes, and a cache that is told of it: by the watch in order, by answers in any order."""

    names = st.sampled_from("ab")

    def __init__(self) -> None:
        super().__init__()
        self.version = 0
        self.objects: dict[str, Object] = {}
        self.history: list[tuple[str, Object]] = []
        self.answers: list[Object] = []
        self.watched = 0
        self.cache = Cache()
        self.alive: dict[str, Any] = {}
        self.told(self.cache.replaced([], "0"))

    def told(self, news: list[tuple[bool, Object]]) -> None:
        """What a listener to changes would hold."""
        for deleted, body in news:
            metadata = body["metadata"]
            if deleted:
                self.alive.pop(metadata["uid"], None)
            else:
                self.alive[metadata["uid"]] = metadata["name"]

    def write(self, kind: str, body: Object) -> None:
        self.history.append((kind, body))
        self.answers.append(body)

    @rule(name=names)
    def put(self, name: str) -> None:
        self.version += 1
        known = self.objects.get(name)
        uid = known["metadata"]["uid"] if known else f"{name}{self.version}"
        self.objects[name] = an_object(name, self.version, uid)
        self.write("MODIFIED", self.objects[name])

    @precondition(lambda self: self.objects)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.version += 1
        name = data.draw(st.sampled_from(sorted(self.objects)))
        uid = self.objects.pop(name)["metadata"]["uid"]
        self.history.append(("DELETED", an_object(name, self.version, uid)))

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        answer = self.answers.pop(data.draw(st.integers(0, len(self.answers) - 1)))
        before = self.cache.get("n", answer["metadata"]["name"])
        self.cache.offer(answer)
        after = self.cache.get("n", answer["metadata"]["name"])
        if after is answer and before is None:
            self.alive[answer["metadata"]["uid"]] = answer["metadata"]["name"]

    @precondition(lambda self: self.watched < len(self.history))
    @rule()
    def watch(self) -> None:
        kind, body = self.history[self.watched]
        self.watched += 1
        self.told(self.cache.deleted(body) if kind == "DELETED" else self.cache.changed(body))

    @rule()
    def list_anew(self) -> None:
        self.told(self.cache.replaced(list(self.objects.values()), str(self.version)))
        self.watched = len(self.history)

    @invariant()
    def the_cache_never_runs_behind_what_it_was_told(self) -> None:
        for name, expected in self.seen_by_watch():
            known = self.cache.get("n", name)
            assert known is not None
            versions = [int(body["metadata"]["resourceVersion"]) for body in (known, expected)]
            assert versions[0] >= versions[1]
            # An answer may have told of an object made anew under the same name before the watch does.
            assert versions[0] > versions[1] or known["metadata"]["uid"] == expected["metadata"]["uid"]

    def seen_by_watch(self) -> Iterator[tuple[str, Object]]:
        state: dict[str, Object] = {}
        for kind, body in self.history[: self.watched]:
            name = body["metadata"]["name"]
            if kind == "DELETED":
                state.pop(name, None)
            else:
                state[name] = body
        yield from state.items()

    def teardown(self) -> None:
        """All told, late answers last: the cache is what the server has, and so is what a listener holds."""
        while self.watched < len(self.history):
            self.watch()
        for answer in self.answers:
            self.cache.offer(answer)
        assert {body["metadata"]["name"]: body for body in self.cache.of_study("n", "digits")} == self.objects
        assert set(self.alive) == {body["metadata"]["uid"] for body in self.objects.values()}


TestServer = Server.TestCase
