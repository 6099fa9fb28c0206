"""The informer against a real API server, over a wire that is cut and with a server that dies."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.builders import study_document
from tests.cluster.calling import a_namespace
from tests.cluster.machine.bare import MachineCluster
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.errors import Unavailable
from tests.cluster.machine.lifecycle import wait_for_api_server
from tests.cluster.wire import Wire, through

from tunewright.cluster.gateway import PODS, STUDIES, TRIALS, ApiError, Gateway, Kind, Object
from tunewright.cluster.informer import Change, Informer
from tunewright.cluster.labels import STUDY

WITHIN = 60.0


class Listener:
    """Takes in changes, as whoever is told of them, and can be waited on."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._news = threading.Condition()

    def __call__(self, change: Change) -> None:
        with self._news:
            self.changes.append(change)
            self._news.notify_all()

    def of(self, kind: Kind, namespace: str) -> list[tuple[bool, str]]:
        """Deleted or not, and the name, in the order in which it was told."""
        return [
            (change.deleted, change.object["metadata"]["name"])
            for change in self.changes
            if change.kind == kind and change.object["metadata"]["namespace"] == namespace
        ]

    def wait(self, until: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(until, WITHIN), self.changes[-20:]


@pytest.fixture
def other(cluster: Cluster) -> Iterator[str]:
    with a_namespace(cluster) as name:
        yield name


@pytest.fixture
def listener() -> Listener:
    return Listener()


Inform = Callable[..., Informer]


@pytest.fixture
def inform(listener: Listener) -> Iterator[Inform]:
    """Starts informers; without namespaces of all."""
    with ExitStack() as running:

        def start(gateway: Gateway, *namespaces: str) -> Informer:
            informer = Informer(gateway, namespaces or None, listener)
            running.callback(informer.stop)
            informer.start()
            assert informer.wait_synced(WITHIN)
            return informer

        yield start


@pytest.fixture
def informer(inform: Inform, gateway: Gateway, namespace: str) -> Informer:
    return inform(gateway, namespace)


@pytest.fixture
def wire(cluster: Cluster, gateway: Gateway, tmp_path: Path) -> Iterator[Wire]:
    """`tmp_path/kubeconfig` uses it."""
    wire = through(cluster.kubeconfig, tmp_path)
    yield wire
    wire.close()


@pytest.fixture
def distant(inform: Inform, wire: Wire, tmp_path: Path, namespace: str) -> Informer:
    """An informer behind the wire."""
    return inform(Gateway.connect(kubeconfig=str(tmp_path / "kubeconfig")), namespace)


def a_trial(name: str, study: str | None = "digits") -> Object:
    """An object that no controller changes."""
    return {
        "apiVersion": "tunewright.dev/v1alpha1",
        "kind": "Trial",
        "metadata": {"name": name, "labels": {STUDY: study} if study else {}},
        "spec": {"study": "digits", "index": 0, "purpose": "search", "parameters": {}},
    }


def annotate(gateway: Gateway, namespace: str, name: str, value: int) -> Object:
    return gateway.merge(TRIALS, namespace, name, {"metadata": {"annotations": {"value": str(value)}}})


def delete(gateway: Gateway, namespace: str, name: str) -> None:
    gateway.delete(TRIALS, namespace, name, gateway.get(TRIALS, namespace, name)["metadata"]["uid"])


def by_name(objects: list[Object]) -> dict[str, Any]:
    return {body["metadata"]["name"]: body for body in objects}


def settled(informer: Informer, gateway: Gateway, namespace: str) -> bool:
    """Whether it knows what the server has."""
    return by_name(informer.of_study(TRIALS, namespace, "digits")) == by_name(
        gateway.list(TRIALS, namespace, selector=STUDY)
    )


def test_what_is_there_comes_before_it_counts_as_synced(
    gateway: Gateway, inform: Inform, listener: Listener, namespace: str
) -> None:
    created = gateway.create(STUDIES, namespace, study_document())
    informer = inform(gateway, namespace)
    assert listener.of(STUDIES, namespace) == [(False, "digits")]
    assert informer.get(STUDIES, namespace, "digits") == created


def test_what_is_of_no_study_is_not_seen(
    gateway: Gateway, informer: Informer, listener: Listener, namespace: str
) -> None:
    gateway.create(TRIALS, namespace, a_trial("foreign", study=None))
    gateway.create(TRIALS, namespace, a_trial("ours"))
    listener.wait(lambda: (False, "ours") in listener.of(TRIALS, namespace))
    assert informer.get(TRIALS, namespace, "foreign") is None
    assert informer.of_study(TRIALS, namespace, "other") == []
    assert informer.of_study(PODS, namespace, "digits") == []


def test_many_quick_changes_end_at_what_the_server_has(
    gateway: Gateway, informer: Informer, listener: Listener, namespace: str
) -> None:
    for number in range(20):
        gateway.create(TRIALS, namespace, a_trial(f"trial-{number}"))
    for value in range(5):
        for number in range(0, 20, 3):
            annotate(gateway, namespace, f"trial-{number}", value)
    for number in range(0, 20, 2):
        delete(gateway, namespace, f"trial-{number}")
    gateway.create(TRIALS, namespace, a_trial("trial-0"))
    listener.wait(lambda: settled(informer, gateway, namespace))
    held: set[str] = set()
    for deleted, name in listener.of(TRIALS, namespace):
        (held.discard if deleted else held.add)(name)
    assert held == set(by_name(gateway.list(TRIALS, namespace, selector=STUDY)))


def test_a_deletion_carries_what_was_last_known(
    gateway: Gateway, informer: Informer, listener: Listener, namespace: str
) -> None:
    gateway.create(TRIALS, namespace, a_trial("a"))
    annotate(gateway, namespace, "a", 7)
    delete(gateway, namespace, "a")
    listener.wait(lambda: (True, "a") in listener.of(TRIALS, namespace))
    last = next(change.object for change in reversed(listener.changes) if change.deleted)
    assert last["metadata"]["annotations"] == {"value": "7"}
    assert informer.get(TRIALS, namespace, "a") is None


def test_what_was_written_is_read_at_once_and_is_no_news(
    gateway: Gateway, informer: Informer, listener: Listener, namespace: str
) -> None:
    gateway.create(TRIALS, namespace, a_trial("a"))
    listener.wait(lambda: (False, "a") in listener.of(TRIALS, namespace))
    for value in range(20):
        written = annotate(gateway, namespace, "a", value)
        informer.offer(TRIALS, written)
        known = informer.get(TRIALS, namespace, "a")
        assert known is not None
        assert known["metadata"]["annotations"] == {"value": str(value)}
    delete(gateway, namespace, "a")
    listener.wait(lambda: (True, "a") in listener.of(TRIALS, namespace))
    informer.offer(TRIALS, written)
    assert informer.get(TRIALS, namespace, "a") is None


def test_two_namespaces_and_no_other(
    gateway: Gateway, inform: Inform, listener: Listener, namespace: str, other: str, cluster: Cluster
) -> None:
    informer = inform(gateway, namespace, other)
    with a_namespace(cluster) as third:
        foreign = gateway.create(TRIALS, third, a_trial("a"))
        for place in (namespace, other):
            gateway.create(TRIALS, place, a_trial("a"))
    listener.wait(lambda: all(listener.of(TRIALS, place) for place in (namespace, other)))
    for place in (namespace, other):
        [trial] = informer.of_study(TRIALS, place, "digits")
        assert trial["metadata"]["namespace"] == place
    assert informer.get(TRIALS, third, "a") is None
    informer.offer(TRIALS, foreign)
    assert informer.get(TRIALS, third, "a") is None


def test_all_namespaces(
    gateway: Gateway, inform: Inform, listener: Listener, namespace: str, other: str
) -> None:
    informer = inform(gateway)
    for place in (namespace, other):
        gateway.create(STUDIES, place, study_document())
    listener.wait(lambda: all(listener.of(STUDIES, place) for place in (namespace, other)))
    assert all(informer.get(STUDIES, place, "digits") for place in (namespace, other))


def test_it_stops_at_once_and_tells_nothing_more(
    gateway: Gateway, informer: Informer, listener: Listener, namespace: str
) -> None:
    began = time.monotonic()
    informer.stop()
    assert time.monotonic() - began < 5
    assert not [thread for thread in threading.enumerate() if thread.name.endswith(f"in {namespace}")]


def test_a_watch_that_broke_off_goes_on_where_it_was(
    cluster: Cluster, gateway: Gateway, wire: Wire, distant: Informer, listener: Listener, namespace: str
) -> None:
    gateway.create(TRIALS, namespace, a_trial("a"))
    listener.wait(lambda: bool(listener.of(TRIALS, namespace)))
    position = cluster.audit_position()
    wire.cut()
    gateway.create(TRIALS, namespace, a_trial("b"))
    delete(gateway, namespace, "b")
    wire.mend()
    listener.wait(lambda: len(listener.of(TRIALS, namespace)) >= 3)
    assert listener.of(TRIALS, namespace) == [(False, "a"), (False, "b"), (True, "b")]
    assert not lists(cluster, position, namespace)


def test_a_server_that_forgot_is_listed_anew(
    cluster: Cluster, gateway: Gateway, wire: Wire, distant: Informer, listener: Listener, namespace: str
) -> None:
    created = gateway.create(TRIALS, namespace, a_trial("gone"))
    for name in ("kept", "changed", "anew"):
        gateway.create(TRIALS, namespace, a_trial(name))
    listener.wait(lambda: len(listener.of(TRIALS, namespace)) >= 4)
    told = len(listener.of(TRIALS, namespace))
    wire.cut()
    annotate(gateway, namespace, "changed", 1)
    delete(gateway, namespace, "gone")
    delete(gateway, namespace, "anew")
    gateway.create(TRIALS, namespace, a_trial("anew"))
    gateway.create(TRIALS, namespace, a_trial("new"))
    restart_api_server(cluster, gateway)  # after which it knows of no change before
    wire.mend()
    listener.wait(lambda: settled(distant, gateway, namespace))
    listener.wait(lambda: (True, "gone") in listener.of(TRIALS, namespace))
    assert sorted(listener.of(TRIALS, namespace)[told:]) == [
        (False, "anew"),
        (False, "changed"),
        (False, "new"),
        (True, "anew"),
        (True, "gone"),
    ]
    gone = [change.object for change in listener.changes if change.deleted]
    assert created in gone, "as it was last known, not as it was deleted"


def lists(cluster: Cluster, since: int, namespace: str) -> list[str]:
    """The lists of the namespace's trials that were asked for."""
    return [
        event["requestURI"]
        for event in cluster.audit(since)
        if event["verb"] == "list" and f"/{namespace}/trials" in event["requestURI"]
    ]


def test_it_outlives_the_server(
    cluster: Cluster, gateway: Gateway, informer: Informer, listener: Listener, namespace: str
) -> None:
    gateway.create(TRIALS, namespace, a_trial("before"))
    listener.wait(lambda: bool(listener.of(TRIALS, namespace)))
    restart_api_server(cluster, gateway)
    created = gateway.create(TRIALS, namespace, a_trial("after"))
    listener.wait(lambda: (False, "after") in listener.of(TRIALS, namespace))
    assert informer.get(TRIALS, namespace, "after") == created
    assert listener.of(TRIALS, namespace).count((False, "before")) == 1


def restart_api_server(cluster: Cluster, gateway: Gateway) -> None:
    if not isinstance(cluster, MachineCluster):
        raise Unavailable("the API server of a cluster that was given is not restarted")
    cluster.kill("kube-apiserver")
    cluster.start("kube-apiserver")
    wait_for_api_server(cluster.record)
    deadline = time.monotonic() + WITHIN
    while not serves_trials(gateway):  # which come later than the kinds of its own
        assert time.monotonic() < deadline
        time.sleep(0.1)


def serves_trials(gateway: Gateway) -> bool:
    try:
        gateway.list(TRIALS, None)
    except ApiError:
        return False
    return True
