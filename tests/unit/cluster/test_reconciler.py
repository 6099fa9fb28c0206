"""The reconciler, with studies that cannot be taken on."""

import queue
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from tunewright.cluster import reconciler as reconciler_module
from tunewright.cluster.api_error import ApiError, Conflict, Refused, Unavailable
from tunewright.cluster.gateway import STUDIES, Kind, Object
from tunewright.cluster.home import Services
from tunewright.cluster.informer import Change
from tunewright.cluster.reconciler import Key, Reconciler, start_workers
from tunewright.cluster.sampling import SamplerGoneError
from tunewright.cluster.workqueue import WorkQueue

STUDY: Object = {"metadata": {"namespace": "n", "name": "digits", "uid": "u", "generation": 1}}


@dataclass
class Known:
    """What all studies share, as far as the reconciler itself asks for it."""

    told: queue.Queue[tuple[str, ...]] = field(default_factory=queue.Queue)
    informer: Any = None
    recorder: Any = None

    def __post_init__(self) -> None:
        self.informer = self.recorder = self

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        return STUDY

    def record(self, involved: Object, *event: str) -> None:
        self.told.put((involved["metadata"]["name"], *event))

    def clock(self) -> int:
        return 0


class Home:
    """A study that goes wrong at each of these steps, and then no more."""

    uid = "u"
    idle = False
    replaceable = True

    def __init__(self, errors: "list[Exception]", stepped: "queue.Queue[int]") -> None:
        self.errors = errors
        self.stepped = stepped

    def step(self, *_: object) -> None:
        self.stepped.put(len(self.errors))
        if self.errors:
            raise self.errors.pop()

    def leave(self) -> None: ...


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Refused(422, "Invalid", "too long"), "the API server refuses what must be written: too long"),
        (ValueError("no number"), "an error in Tunewright: ValueError: no number"),
        (SamplerGoneError("the sampler took longer than 9 s"), "the sampler took longer than 9 s"),
        (Unavailable(503, "", "busy"), None),
        (Conflict(409, "Conflict", "somebody was faster"), None),
        (ApiError(404, "", "no such thing"), None),
    ],
)
def test_what_keeps_a_study_from_going_on_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception, told: str | None
) -> None:
    errors, stepped = [error], queue.Queue[int]()
    monkeypatch.setattr(reconciler_module, "StudyHome", lambda *_: Home(errors, stepped))
    keys: WorkQueue[Key] = WorkQueue(base=0.01)
    known = Known()
    reconciler = Reconciler(keys)
    [worker] = start_workers(reconciler, cast(Services, known), 1)
    reconciler.changed(Change(STUDIES, False, STUDY))
    assert [stepped.get(timeout=5), stepped.get(timeout=5)] == [1, 0]
    keys.shutdown()
    worker.join(5)
    events = [known.told.get_nowait() for _ in range(known.told.qsize())]
    assert events == ([("digits", "Warning", "ReconcileFailed", told)] if told else [])
