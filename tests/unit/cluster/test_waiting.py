"""Tests of what keeps attempts from beginning. The messages of events are Kubernetes' own."""

from typing import Any, cast

import pytest
from tests.unit.cluster.pods import a_job, a_pod, at, moment, waiting

from tunewright.cluster.gateway import Gateway
from tunewright.cluster.waiting import ASK_AGAIN, PATIENCE, Waiting
from tunewright.engine.facts import AttemptKey

Document = dict[str, Any]

KEY = AttemptKey("digits-0", 1)
START = moment(0)
JOB = {**a_job(startTime=at(0)), "kind": "Job"}

NO_QUOTA = 'Error creating: pods "digits-0-1-x" is forbidden: exceeded quota: q, requested: nvidia.com/gpu=1'


class Events:
    """All that the API server has."""

    def __init__(self) -> None:
        self.told: list[Document] = []
        self.asked: list[str] = []

    def list(self, _kind: object, _namespace: str, *, field_selector: str) -> list[Document]:
        self.asked.append(field_selector)
        return [event for event in self.told if field_selector == f"involvedObject.uid={event['of']}"]

    def tell(self, of: str, second: int, reason: str, message: str = "") -> None:
        self.told.append({"of": of, "lastTimestamp": at(second), "reason": reason, "message": message})


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def waits(events: Events) -> Waiting:
    return Waiting(cast(Gateway, events), "n")


def pod(created: int = 0) -> Document:
    found = a_pod("Pending", created=created, main=waiting())
    return {**found, "kind": "Pod", "metadata": {**found["metadata"], "uid": "p"}}


def reason(waits: Waiting, made: Document | None, seconds: int) -> str:
    """What the study says so long after its Job was made; empty for nothing."""
    found, _ = waits.obstacle({KEY: (JOB, made)}, START + seconds * 1000)
    return "" if found is None else found.reason


def test_a_job_without_a_pod_is_asked_for_once_its_patience_is_over(waits: Waiting, events: Events) -> None:
    events.tell("j", 1, "FailedCreate", NO_QUOTA)
    assert reason(waits, None, 1) == ""
    assert not events.asked
    assert waits.obstacle({KEY: (JOB, None)}, START + 1000)[1] == START + PATIENCE
    assert reason(waits, None, 4) == "QuotaExceeded"
    assert waits.obstacle({KEY: (JOB, None)}, START + 5000)[1] == START + PATIENCE + ASK_AGAIN
    assert len(events.asked) == 1


def test_what_was_in_a_job_s_way_is_over_once_it_has_its_pod(waits: Waiting, events: Events) -> None:
    events.tell("j", 1, "FailedCreate", NO_QUOTA)
    assert reason(waits, None, 4) == "QuotaExceeded"
    assert reason(waits, pod(created=5), 6) == ""
    assert reason(waits, pod(created=5), 60) == ""


@pytest.mark.parametrize(("later", "expected"), [(9, ""), (2, "VolumeNotReady")])
def test_the_latest_event_counts(waits: Waiting, events: Events, later: int, expected: str) -> None:
    """A mount that failed at first, and an image of some gigabytes since."""
    events.tell("p", later, "Pulling", "Pulling image")
    events.tell("p", 3, "FailedMount", "MountVolume.SetUp failed for volume")
    assert reason(waits, pod(), 20) == expected
