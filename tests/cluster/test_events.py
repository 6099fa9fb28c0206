"""Events as the API server keeps them: what repeats is one object that counts."""

from typing import Any

import pytest
from tests.builders import study_document
from tests.cluster.machine.cluster import Cluster

from tunewright.cluster.events import PAUSE, Recorder
from tunewright.cluster.gateway import EVENTS, STUDIES, Gateway, Object


class Clock:
    def __init__(self) -> None:
        self.now = 1_750_000_000_000

    def __call__(self) -> int:
        return self.now

    def pause(self) -> None:
        self.now += PAUSE


@pytest.fixture
def study(gateway: Gateway, namespace: str) -> Object:
    return gateway.create(STUDIES, namespace, study_document())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(gateway: Gateway, clock: Clock) -> Recorder:
    return Recorder(gateway, clock)


def told(gateway: Gateway, study: Object) -> list[tuple[Any, ...]]:
    events = gateway.list(
        EVENTS,
        study["metadata"]["namespace"],
        field_selector=f"involvedObject.uid={study['metadata']['uid']}",
    )
    return sorted((event["type"], event["reason"], event["message"], event["count"]) for event in events)


def test_kubectl_describe_shows_it(
    cluster: Cluster, recorder: Recorder, study: Object, namespace: str
) -> None:
    recorder.record(study, "Normal", "Started", "the first trial\nruns")
    described = cluster.kubectl("-n", namespace, "describe", "hps", study["metadata"]["name"])
    [line] = [line.split() for line in described.splitlines() if "Started" in line]
    assert [line[0], line[1], *line[-5:]] == [
        *("Normal", "Started"),
        *("tunewright-operator", "the", "first", "trial", "runs"),
    ]


def test_a_warning_repeats_whatever_it_says(
    gateway: Gateway, recorder: Recorder, clock: Clock, study: Object
) -> None:
    for number in range(3):
        recorder.record(study, "Warning", "TrialFailed", f"trial {number} failed")
        clock.pause()
    assert told(gateway, study) == [("Warning", "TrialFailed", "trial 2 failed", 3)]


def test_a_normal_event_repeats_where_it_says_the_same(
    gateway: Gateway, recorder: Recorder, clock: Clock, study: Object
) -> None:
    for message in ("one", "one", "two"):
        recorder.record(study, "Normal", "Resumed", message)
        clock.pause()
    assert told(gateway, study) == [("Normal", "Resumed", "one", 2), ("Normal", "Resumed", "two", 1)]


def test_what_comes_too_soon_is_counted_with_the_next(
    gateway: Gateway, recorder: Recorder, clock: Clock, study: Object
) -> None:
    for number in range(5):
        recorder.record(study, "Warning", "TrialFailed", f"trial {number} failed")
    recorder.record(study, "Warning", "Blocked", "no quota")
    assert told(gateway, study) == [
        ("Warning", "Blocked", "no quota", 1),
        ("Warning", "TrialFailed", "trial 0 failed", 1),
    ]
    clock.pause()
    recorder.record(study, "Warning", "TrialFailed", "trial 5 failed")
    assert ("Warning", "TrialFailed", "trial 5 failed", 6) in told(gateway, study)


def test_another_operator_goes_on_counting(
    gateway: Gateway, recorder: Recorder, clock: Clock, study: Object
) -> None:
    recorder.record(study, "Warning", "Blocked", "no quota")
    clock.pause()
    recorder.record(study, "Warning", "Blocked", "no quota")
    later = Recorder(gateway, clock)
    for _ in range(2):
        clock.pause()
        later.record(study, "Warning", "Blocked", "no image")
    assert told(gateway, study) == [("Warning", "Blocked", "no image", 4)]


def test_one_that_expired_begins_anew(
    cluster: Cluster, gateway: Gateway, recorder: Recorder, clock: Clock, study: Object, namespace: str
) -> None:
    recorder.record(study, "Warning", "Blocked", "no quota")
    cluster.kubectl("-n", namespace, "delete", "events", "--all")
    clock.pause()
    recorder.record(study, "Warning", "Blocked", "no quota")
    assert told(gateway, study) == [("Warning", "Blocked", "no quota", 2)]


def test_the_longest_names_and_messages(gateway: Gateway, recorder: Recorder, study: Object) -> None:
    long = {**study, "metadata": {**study["metadata"], "name": "a" * 199 + "-" * 3 + "b" * 51}}
    recorder.record(long, "Normal", "Started", "schön " * 1000)
    [(_, _, message, _)] = told(gateway, study)
    assert len(message) == 1024


def test_one_that_is_refused_stops_nobody(
    recorder: Recorder, study: Object, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = {**study, "metadata": {**study["metadata"], "namespace": "no-such-namespace"}}
    recorder.record(nowhere, "Normal", "Started", "the first trial runs")
    assert "event Started of digits was not written" in caplog.text
