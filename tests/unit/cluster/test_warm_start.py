"""A study that begins with what others of its namespace have found; what is written is noted, no more."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, cast

import pytest
from tests.builders import a_trial, study_document

from tunewright.api.problems import Problem
from tunewright.api.study import Algorithm
from tunewright.api.trial import Trial
from tunewright.cluster.api_error import Unavailable
from tunewright.cluster.events import Recorder
from tunewright.cluster.gateway import STUDIES, TRIALS, Gateway, Kind, Object
from tunewright.cluster.home import LOOK_AGAIN, Services, StudyHome
from tunewright.cluster.informer import Informer
from tunewright.cluster.job_defaults import JobDefaults
from tunewright.cluster.labels import STUDY, owner_reference
from tunewright.cluster.observer import Observer
from tunewright.cluster.sampling import Answer, SamplerPool
from tunewright.search.sampler import Request, Response

START = 1_700_000_000_000
LABELS = {"team": "vision"}
TRAINS = {"template": {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "train"}]}}}}}


class Api:
    """Gives objects their versions, and notes what is written of studies."""

    def __init__(self) -> None:
        self.version = 0
        self.written: list[dict[str, Any]] = []
        self.refuses = False

    def stored(self, body: Object) -> Object:
        self.version += 1
        return {**body, "metadata": {**body["metadata"], "resourceVersion": str(self.version)}}

    def replace_status(self, kind: Kind, body: Object) -> Object:
        assert kind is STUDIES
        if self.refuses:
            raise Unavailable(503, "", "busy")
        self.written.append(body["status"])
        return self.stored(body)

    def create(self, kind: Kind, namespace: str, body: Object, *, dry_run: bool = False) -> Object:
        return body  # an event

    def merge(self, *_: object) -> None:
        """One that is told of again."""


class Samplers:
    """Notes what it is asked, and answers no question."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def check(self, *_: object, warm_start: bool) -> Answer[list[Problem]]:
        assert warm_start
        found: Future[list[Problem]] = Future()
        found.set_result([])
        return Answer(found)

    def ask(self, algorithm: Algorithm, request: Request) -> Answer[Response]:
        self.asked.append(request)
        return Answer(Future())


class Namespace:
    """The studies of a namespace, and a home for one of them."""

    def __init__(self) -> None:
        self.api, self.samplers = Api(), Samplers()
        gateway = cast(Gateway, self.api)
        self.informer = Informer(gateway, None, lambda _: None)
        self.now = START
        self.services = Services(
            gateway=gateway,
            informer=self.informer,
            samplers=cast(SamplerPool, self.samplers),
            observer=cast(Observer, None),
            recorder=Recorder(gateway, self.clock),
            defaults=JobDefaults(),
            clock=self.clock,
        )
        self.home: StudyHome | None = None

    def clock(self) -> int:
        return self.now

    def put(self, name: str, *, uid: str = "", phase: str = "", namespace: str = "n", **spec: Any) -> Object:
        """A study, new or changed."""
        document = study_document(name, **{"trial": TRAINS, **spec})
        document["metadata"] = {
            "name": name,
            "namespace": namespace,
            "uid": uid or f"uid of {name}",
            "generation": 1,
            "labels": LABELS,
        }
        if phase:
            document["status"] = {"phase": phase, "trials": {"completed": 3}, "completionTime": START}
        return self.store(STUDIES, document)

    def put_trials(self, study: Object, trials: Iterable[Trial], **changed: Any) -> None:
        for trial in trials:
            document = trial.document()
            metadata = study["metadata"]
            document["metadata"] |= {
                "name": f"{metadata['uid']} {trial.name}",
                "namespace": metadata["namespace"],
                "uid": "t",
                "labels": {STUDY: metadata["name"]},
                "ownerReferences": [owner_reference("HyperparameterStudy", study)],
            }
            self.store(TRIALS, {**document, **changed})

    def store(self, kind: Kind, document: Object) -> Object:
        stored = self.api.stored(document)
        self.informer.offer(kind, stored)
        return stored

    def step(self, restart: bool = False) -> int | None:
        """One of the study `new`."""
        document = self.informer.get(STUDIES, "n", "new")
        assert document is not None
        if self.home is None or restart:
            self.home = StudyHome(document, self.services, lambda: None)
        return self.home.step(document, [])

    @property
    def status(self) -> Any:
        document = self.informer.get(STUDIES, "n", "new")
        assert document is not None
        return document["status"]

    def blocked(self) -> tuple[str, str, str]:
        [condition] = [each for each in self.status["conditions"] if each["type"] == "Blocked"]
        return condition["status"], condition["reason"], condition["message"]


@pytest.fixture
def namespace() -> Namespace:
    return Namespace()


def values(request: Request) -> dict[str, list[tuple[float, ...] | None]]:
    return {related.name: [trial.values for trial in related.trials] for related in request.related}


TRIALS_OF_OLD = [a_trial(index, accuracy=index / 10) for index in range(3)]
BEGUN: dict[str, Any] = {"initial": {"default": False}}


def test_it_waits_for_a_named_study_and_costs_nothing_until_then(namespace: Namespace) -> None:
    namespace.put("new", warmStartFrom={"studies": ["old"]}, **BEGUN)

    assert namespace.step() == START + LOOK_AGAIN

    path = "spec.warmStartFrom.studies[0]"
    assert namespace.blocked() == (
        "True",
        "WarmStartUnavailable",
        f"{path}: there is no other study named old here",
    )
    assert namespace.status["phase"] == "Pending"
    assert "startTime" not in namespace.status
    assert "activeSince" not in namespace.status

    old = namespace.put("old", phase="Running")
    namespace.put_trials(old, TRIALS_OF_OLD)
    namespace.now += LOOK_AGAIN
    namespace.step()
    assert namespace.blocked()[2] == f"{path}: old is not finished (Running); it can be used once it is"
    writes = len(namespace.api.written)
    namespace.now += LOOK_AGAIN
    assert namespace.step() == namespace.now + LOOK_AGAIN
    assert len(namespace.api.written) == writes
    assert not namespace.samplers.asked

    namespace.store(STUDIES, {**old, "status": {"phase": "Completed", "completionTime": START}})
    namespace.now += LOOK_AGAIN
    assert namespace.step() == namespace.now  # what was chosen is written before it is used
    assert namespace.status["warmStart"] == [
        {"study": "old", "uid": "uid of old", "completed": 3, "trials": 3, "reason": ""}
    ]
    assert not namespace.samplers.asked
    namespace.step()
    assert namespace.blocked()[0] == "False"
    assert namespace.status["phase"] == "Running"
    assert namespace.status["activeSince"] is not None
    [request] = namespace.samplers.asked
    assert values(request) == {"old": [(0.0,), (0.1,), (0.2,)]}


def test_nothing_is_asked_before_the_choice_is_written(namespace: Namespace) -> None:
    namespace.put_trials(namespace.put("old", phase="Completed"), TRIALS_OF_OLD)
    namespace.put("new", warmStartFrom={"studies": ["old"]}, **BEGUN)
    namespace.api.refuses = True
    for _ in range(2):
        with pytest.raises(Unavailable):
            namespace.step()
    assert not namespace.samplers.asked
    namespace.api.refuses = False
    namespace.step()
    namespace.step()
    assert len(namespace.samplers.asked) == 1


def test_the_choice_outlives_the_operator_and_a_deleted_study_is_told_of(namespace: Namespace) -> None:
    olds = [namespace.put(name, phase="Completed") for name in ("old-a", "old-b")]
    for old in olds:
        namespace.put_trials(old, TRIALS_OF_OLD)
    namespace.put("new", warmStartFrom={"selector": {"matchLabels": LABELS}}, **BEGUN)
    namespace.step()
    namespace.step()

    namespace.put_trials(namespace.put("old-c", phase="Completed"), TRIALS_OF_OLD)
    namespace.put_trials(olds[0], [a_trial(3, accuracy=0.9)])
    namespace.step(restart=True)
    before, again = namespace.samplers.asked
    assert values(before) == values(again) == {name: [(0.0,), (0.1,), (0.2,)] for name in ("old-b", "old-a")}

    namespace.store(STUDIES, {**olds[1], "metadata": {**olds[1]["metadata"], "deletionTimestamp": "now"}})
    namespace.now += 60_000
    namespace.step(restart=True)
    assert list(values(namespace.samplers.asked[-1])) == ["old-a"]
    assert [(each["study"], each["trials"], each["reason"]) for each in namespace.status["warmStart"]] == [
        ("old-b", 3, "it was deleted after this one began"),
        ("old-a", 3, ""),
    ]


def test_what_is_not_its_own_or_cannot_be_read_is_passed_over(namespace: Namespace) -> None:
    old = namespace.put("old", phase="Completed")
    namespace.put_trials(old, TRIALS_OF_OLD)
    namespace.put_trials(old, [a_trial(7, accuracy=0.7)], spec={"broken": True})
    gone = {**old, "metadata": {**old["metadata"], "uid": "an older one"}}
    namespace.put_trials(gone, [a_trial(8, accuracy=0.8)])
    namespace.put("broken", phase="Completed", parameters="none")
    elsewhere = namespace.put("elsewhere", phase="Completed", namespace="m")
    namespace.put_trials(elsewhere, TRIALS_OF_OLD)
    namespace.put("new", phase="", warmStartFrom={"selector": {"matchLabels": LABELS}}, **BEGUN)
    namespace.step()
    namespace.step()
    assert values(namespace.samplers.asked[0]) == {"old": [(0.0,), (0.1,), (0.2,)]}


def edited(namespace: Namespace, change: Callable[[dict[str, Any]], Any]) -> None:
    """The study `new`, as its user has changed its spec."""
    document = namespace.informer.get(STUDIES, "n", "new")
    assert document is not None
    spec = {**document["spec"]}
    change(spec)
    metadata = {**document["metadata"], "generation": document["metadata"]["generation"] + 1}
    namespace.store(STUDIES, {**document, "metadata": metadata, "spec": spec})


def test_one_that_is_cancelled_waits_for_nothing_and_chooses_when_it_goes_on(namespace: Namespace) -> None:
    namespace.put("new", warmStartFrom={"studies": ["old"]}, **BEGUN)
    namespace.step()
    edited(namespace, lambda spec: spec.update(cancel=True))
    namespace.now += LOOK_AGAIN
    namespace.step()
    assert (namespace.status["phase"], namespace.status["reason"]) == ("Failed", "Cancelled")

    edited(namespace, lambda spec: spec.pop("cancel"))
    namespace.now += LOOK_AGAIN
    namespace.step()
    assert (namespace.status["phase"], namespace.blocked()[0]) == ("Pending", "True")
    namespace.put_trials(namespace.put("old", phase="Completed"), TRIALS_OF_OLD)
    namespace.now += LOOK_AGAIN
    assert namespace.step() == namespace.now
    namespace.step()
    assert values(namespace.samplers.asked[0]) == {"old": [(0.0,), (0.1,), (0.2,)]}


def test_a_suspended_one_chooses_when_it_begins(namespace: Namespace) -> None:
    namespace.put("new", warmStartFrom={"selector": {"matchLabels": LABELS}}, suspend=True, **BEGUN)
    namespace.step()
    assert (namespace.status["phase"], namespace.blocked()[0]) == ("Suspended", "False")
    assert "warmStart" not in namespace.status

    namespace.put_trials(namespace.put("old", phase="Completed"), TRIALS_OF_OLD)
    edited(namespace, lambda spec: spec.pop("suspend"))
    namespace.now += LOOK_AGAIN
    namespace.step()
    namespace.step()
    assert values(namespace.samplers.asked[0]) == {"old": [(0.0,), (0.1,), (0.2,)]}


def test_one_that_waits_may_be_suspended(namespace: Namespace) -> None:
    namespace.put("new", warmStartFrom={"studies": ["old"]}, **BEGUN)
    namespace.step()
    edited(namespace, lambda spec: spec.update(suspend=True))
    namespace.now += LOOK_AGAIN
    namespace.step()
    assert (namespace.status["phase"], namespace.blocked()[0]) == ("Suspended", "False")
