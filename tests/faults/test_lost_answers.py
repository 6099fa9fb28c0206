"""Single writes whose answer is lost, or that are done long after the operator has given them up."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from tests.cluster import pretended
from tests.cluster.studying import Document, Namespace
from tests.faults import pods
from tests.faults.faulty import Chance, FaultyGateway, FaultyWatch, Odds
from tests.faults.invariants import wait_until_running
from tests.faults.operating import Operators, connect

from tunewright.cluster.gateway import JOBS, TRIALS, Kind, Object, Unavailable, Watch

SOUND = Chance(0, Odds())


class LosesTheFirstEnd(FaultyGateway):
    """The answer to the write of the first trial's end is lost, and no news of Trials comes until `told`."""

    holding: ClassVar[threading.Event]
    lost: ClassVar[threading.Event]
    told: ClassVar[threading.Event]

    def replace_status(self, kind: Kind, body: Object) -> Object:
        if kind is not TRIALS or body["status"]["state"] != "Completed" or self.holding.is_set():
            return super().replace_status(kind, body)
        self.holding.set()
        super().replace_status(kind, body)
        self.lost.set()
        raise Unavailable(0, "", "the answer was lost")

    def watch(self, kind: Kind, *arguments: Any, **options: Any) -> Watch:
        watch = super().watch(kind, *arguments, **options)
        return Held(watch, self) if kind is TRIALS else watch


class Held(FaultyWatch):
    """A watch that holds its events back."""

    def __init__(self, watch: Watch, gateway: LosesTheFirstEnd) -> None:
        super().__init__(watch, SOUND, gateway.dead)
        self._gateway = gateway

    def __next__(self) -> Object:
        event = super().__next__()
        if self._gateway.holding.is_set():
            self._gateway.told.wait(20)
        return event


class CreatesJobsLate(FaultyGateway):
    """The Job of trial 1 comes about only once it is `due`."""

    due: ClassVar[threading.Event]
    asked: ClassVar[threading.Event]
    landed: ClassVar[threading.Event]

    def create(self, kind: Kind, namespace: str, body: Object, *, dry_run: bool = False) -> Object:
        if kind is not JOBS or dry_run or not body["metadata"]["name"].endswith("-1-1"):
            return super().create(kind, namespace, body, dry_run=dry_run)
        if not self.asked.is_set():
            threading.Thread(target=self._later, args=(namespace, body), daemon=True).start()
        self.asked.set()
        raise Unavailable(0, "", "no answer")

    def _later(self, namespace: str, body: Object) -> None:
        self.due.wait(20)
        super().create(JOBS, namespace, body)
        self.landed.set()


@pytest.fixture(autouse=True)
def events(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, names in (
        (LosesTheFirstEnd, ("holding", "lost", "told")),
        (CreatesJobsLate, ("due", "asked", "landed")),
    ):
        for name in names:
            monkeypatch.setattr(kind, name, threading.Event(), raising=False)


@contextmanager
def operated(namespace: Namespace, kind: type[FaultyGateway]) -> Iterator[None]:
    operators = Operators(connect(namespace.cluster), namespace.name, SOUND, kind)
    try:
        with operators.operator():
            yield
    finally:
        operators.close()


def running(namespace: Namespace, index: int) -> Document:
    """The pod of the trial of this index, once its trial says that it runs."""
    wait_until_running(namespace, "faulty", 2)
    name = namespace.trials("faulty")[index]["metadata"]["name"]
    [pod] = namespace.list("pods", "-l", f"tunewright.dev/trial={name}")
    return pod


def finish(namespace: Namespace, pod: Document, seconds: int) -> None:
    """Its program has ended, so many seconds from now."""
    at = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    [container] = pod["status"]["containerStatuses"]
    began = container["state"]["running"]["startedAt"]
    word = {"v": 2, "final": True, "metrics": {"accuracy": [[1, 0.5], None, None]}, "curve": {}}
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": began, "finishedAt": at}
    state = {"terminated": {**ended, "message": json.dumps(word)}}
    status = {"phase": "Succeeded", "containerStatuses": [{**container, "state": state, "ready": False}]}
    patch = json.dumps({"status": status})
    namespace.kubectl(
        "patch", "pod", pod["metadata"]["name"], "--subresource=status", "--type=merge", "-p", patch
    )


def test_the_order_of_an_end_is_given_to_no_other_trial(namespace: Namespace) -> None:
    """That of trial 1 is written; before the operator knows that, it sees that trial 0 ended earlier."""
    with pods.that_run(namespace.cluster, 3_600_000, 3_600_000), operated(namespace, LosesTheFirstEnd):
        namespace.apply(pretended.study("faulty", 2, 2))
        first, second = (running(namespace, index) for index in (0, 1))
        finish(namespace, second, 20)
        assert LosesTheFirstEnd.lost.wait(20)
        finish(namespace, first, 10)
        name = first["metadata"]["labels"]["tunewright.dev/trial"]
        namespace.wait(f"hptrial/{name}", "jsonpath={.status.state}=Completed", 15)
        LosesTheFirstEnd.told.set()
        namespace.wait("hps/faulty", "condition=Complete", 20)
    assert [trial["status"]["completionOrder"] for trial in namespace.trials("faulty")] == [1, 0]


def test_a_job_that_comes_about_when_its_trial_has_ended_is_deleted(namespace: Namespace) -> None:
    """Also while another attempt keeps the study from its end."""
    with pods.that_run(namespace.cluster, 3_600_000, 3_600_000), operated(namespace, CreatesJobsLate):
        namespace.apply(pretended.study("faulty", 2, 2))
        assert CreatesJobsLate.asked.wait(20)
        first, second = (trial["metadata"]["name"] for trial in namespace.trials("faulty"))
        namespace.wait(f"hptrial/{first}", "jsonpath={.status.state}=Running", 20)
        [pod] = namespace.list("pods")
        with held(namespace, pod["metadata"]["name"]):
            namespace.edit("faulty", cancel=True)
            namespace.wait(f"hptrial/{second}", "jsonpath={.status.state}=Stopped", 20)
            CreatesJobsLate.due.set()
            assert CreatesJobsLate.landed.wait(10)
            over = time.monotonic() + 15
            while namespace.list("jobs", "-l", f"tunewright.dev/trial={second}"):
                assert time.monotonic() < over, "an orphan"
                time.sleep(0.2)
        namespace.wait("hps/faulty", "condition=Failed", 20)


@contextmanager
def held(namespace: Namespace, pod: str) -> Iterator[None]:
    """A pod that does not go while the block lasts."""
    for finalizers in (["tests.tunewright.dev/held"], None):
        patch = json.dumps({"metadata": {"finalizers": finalizers}})
        namespace.kubectl("patch", "pod", pod, "--type=merge", "-p", patch)
        if finalizers:
            yield
