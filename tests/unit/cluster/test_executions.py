"""Tests of what is read from a Job and its pod."""

from typing import Any

import pytest
from tests.unit.cluster.pods import a_condition, a_job, a_pod, at, moment, running, terminated, waiting

from tunewright.api.trial import MetricSummary
from tunewright.cluster.executions import OVERDUE, execution_of, pod_of
from tunewright.engine.facts import AttemptKey, Cause, Execution, Exit
from tunewright.metrics.readings import NONE, Readings

KEY = AttemptKey("digits-0", 1)
DISRUPTION = a_condition("DisruptionTarget", "Eviction API: evicting", "EvictionByEvictionAPI")
LAST_WORD = '{"v":2,"final":true,"step":3,"metrics":{"accuracy":[[3,0.9]]}}'


def execution(
    pod: dict[str, Any] | None,
    job: dict[str, Any] | None = None,
    *,
    readings: Readings = NONE,
    sdk: bool = True,
    stopping: bool = False,
    limit: int | None = None,
    now: int = 100,
) -> Execution:
    return execution_of(
        KEY,
        job or a_job(),
        pod,
        readings,
        sdk=sdk,
        container="main",
        gpus=2,
        limit=limit,
        stopping=stopping,
        now=moment(now),
    )


def end_of(pod: dict[str, Any] | None, **arguments: Any) -> Exit:
    end = execution(pod, **arguments).exit
    assert end is not None
    return end


class TestAPodThatHasNotEnded:
    @pytest.mark.parametrize(
        ("pod", "start"),
        [
            (a_pod("Pending"), None),
            (a_pod("Pending", main=waiting()), None),
            (a_pod("Pending", init={"fetch": running(7)}, main=waiting("PodInitializing")), 7),
            (a_pod("Running", init={"fetch": terminated(start=7, end=9)}, main=running(10)), 7),
            (a_pod("Running", main=running(10), side=running(8)), 8),
            # The one that trains has ended, but its pod holds its GPUs.
            (a_pod("Running", main=terminated(0), side=running(11)), 10),
            # Kubernetes' start of what could not be started.
            (a_pod("Running", main=terminated(128, start=-1000, reason="StartError"), side=waiting()), None),
            (a_pod("Running", main=running(10), deleted_at=50), 10),
            (a_pod("Running", main=running(10), conditions=[DISRUPTION]), 10),
        ],
    )
    def test_it_began_with_its_first_container(self, pod: dict[str, Any], start: int | None) -> None:
        found = execution(pod)

        assert found.started_at == (None if start is None else moment(start))
        assert found.exit is None

    def test_what_was_read_of_its_metrics_is_told(self) -> None:
        summary = MetricSummary(last=1.0, last_step=1, min=1.0, min_step=1, max=1.0, max_step=1)
        readings = Readings({"loss": summary}, frozenset({"lr"}), 42, {"loss": ((1, 1.0),)})

        found = execution(a_pod(main=running()), readings=readings, limit=7_000, stopping=True)

        assert found == Execution(
            key=KEY,
            started_at=moment(10),
            reported_at=42,
            gpus=2,
            metrics={"loss": summary},
            curves={"loss": ((1, 1.0),)},
            not_finite=frozenset({"lr"}),
            limit=7_000,
            stopping=True,
        )


class TestHowItEnded:
    @pytest.mark.parametrize(
        ("pod", "expected"),
        [
            pytest.param(a_pod("Succeeded", main=terminated(0, end=33)), Exit(moment(33), 0), id="well"),
            pytest.param(
                a_pod("Succeeded", main=terminated(0, end=33), side=terminated(0, end=35)),
                Exit(moment(35), 0),
                id="its-last-container",
            ),
            pytest.param(
                a_pod("Failed", main=terminated(3)),
                Exit(moment(20), 3, message="it exited with code 3"),
                id="code",
            ),
            pytest.param(
                a_pod("Failed", main=terminated(1, message="Traceback\n  x\nKeyError: 'a'\n")),
                Exit(moment(20), 1, message="it exited with code 1: KeyError: 'a'"),
                id="what-it-printed-last",
            ),
            pytest.param(
                a_pod("Failed", main=terminated(13, message=LAST_WORD)),
                Exit(moment(20), 13, final=True, message="it exited with code 13"),
                id="last-word-is-no-message",
            ),
            pytest.param(
                a_pod("Failed", main=terminated(0), side=terminated(4, message="no space")),
                Exit(moment(20), 4, message="container side exited with code 4: no space"),
                id="another-container",
            ),
            pytest.param(
                a_pod("Failed", init={"fetch": terminated(5)}, main=waiting("PodInitializing")),
                Exit(moment(20), 5, message="container fetch exited with code 5"),
                id="init-container",
            ),
            pytest.param(
                a_pod("Succeeded", init={"proxy": terminated(143, end=21)}, main=terminated(0)),
                Exit(moment(21), 0),
                id="sidecar-that-was-ended",
            ),
            pytest.param(
                a_pod(
                    "Failed", main=terminated(128, start=-1000, reason="StartError", message="no such file")
                ),
                Exit(
                    moment(20),
                    128,
                    Cause.CANNOT_START,
                    message="container main could not be started: no such file",
                ),
                id="no-such-program",
            ),
            pytest.param(
                a_pod("Failed", main=terminated(137, reason="ContainerStatusUnknown")),
                Exit(moment(20), None, Cause.LOST),
                id="unseen",
            ),
            pytest.param(a_pod("Failed"), Exit(moment(100), None, Cause.LOST), id="no-status-at-all"),
        ],
    )
    def test_by_its_program(self, pod: dict[str, Any], expected: Exit) -> None:
        assert end_of(pod) == expected

    @pytest.mark.parametrize(
        ("limits", "message"),
        [
            ({"memory": "1Gi"}, "container main ran out of memory; its limit is 1Gi"),
            ({}, "container main ran out of memory; it has no limit, so its node's memory was full"),
        ],
    )
    def test_out_of_memory(self, limits: dict[str, str], message: str) -> None:
        spec = {"containers": [{"name": "main", "resources": {"limits": limits}}]}
        pod = a_pod("Failed", spec=spec, main=terminated(137, reason="OOMKilled"))

        assert end_of(pod) == Exit(moment(20), 137, Cause.OUT_OF_MEMORY, message=message)

    def test_a_child_out_of_memory_is_not_the_program(self) -> None:
        """containerd keeps the word when the program itself lives on, and ends well."""
        assert end_of(a_pod("Succeeded", main=terminated(0, reason="OOMKilled"))).cause is None

    @pytest.mark.parametrize(
        ("message", "cause"),
        [
            ("The node was low on resource: ephemeral-storage. ", Cause.DISRUPTED),
            ("The node had condition: [MemoryPressure]. ", Cause.DISRUPTED),
            (
                "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ",
                Cause.DISK_FULL,
            ),
            ('Container main exceeded its local ephemeral storage limit "1Gi". ', Cause.DISK_FULL),
            ('Usage of EmptyDir volume "data" exceeds the limit "1Gi". ', Cause.DISK_FULL),
        ],
    )
    def test_evicted(self, message: str, cause: Cause) -> None:
        pod = a_pod("Failed", reason="Evicted", message=message, main=terminated(137))

        end = end_of(pod)

        assert (end.cause, end.code) == (cause, 137)
        assert message.strip() in end.message

    @pytest.mark.parametrize(
        ("pod", "message"),
        [
            (a_pod("Failed", conditions=[DISRUPTION], main=terminated(143)), "Eviction API: evicting"),
            # A program that saves and ends well when told to end has not completed.
            (a_pod("Succeeded", conditions=[DISRUPTION], main=terminated(0)), "Eviction API: evicting"),
            (a_pod("Failed", conditions=[a_condition("DisruptionTarget", reason="X")]), "X"),
            (a_pod("Failed", reason="NodeLost", message="node a is away"), "NodeLost: node a is away"),
            (a_pod("Failed", reason="OutOfcpu", message="no room"), "OutOfcpu: no room"),
            (
                a_pod("Failed", reason="UnexpectedAdmissionError", message="no GPU"),
                "UnexpectedAdmissionError: no GPU",
            ),
            (a_pod("Failed", reason="Terminated", message="Pod was"), "Terminated: Pod was"),
            (a_pod("Failed", deleted_at=18, main=terminated(1)), "its pod was deleted"),
            (a_pod("Succeeded", deleted_at=18, main=terminated(0)), "its pod was deleted"),
        ],
    )
    def test_from_outside(self, pod: dict[str, Any], message: str) -> None:
        end = end_of(pod)

        assert (end.cause, end.message) == (Cause.DISRUPTED, message)

    def test_a_disruption_that_did_not_come_to_pass(self) -> None:
        stale = a_condition("DisruptionTarget", status="False")

        assert end_of(a_pod("Succeeded", conditions=[stale], main=terminated(0))).cause is None

    def test_a_pod_that_was_deleted_after_its_end(self) -> None:
        assert end_of(a_pod("Succeeded", deleted_at=25, grace=0, main=terminated(0))).cause is None

    def test_a_pod_that_was_told_to_end_keeps_its_code(self) -> None:
        end = end_of(a_pod("Failed", deleted_at=18, main=terminated(143)), stopping=True)

        assert (end.cause, end.code) == (None, 143)

    @pytest.mark.parametrize(
        ("limit", "seconds", "message"),
        [
            (60_000, 60, ""),
            (60_999, 60, ""),
            (None, 60, "it ran longer than its template's activeDeadlineSeconds, 60"),
            (90_000, 60, "it ran longer than its template's activeDeadlineSeconds, 60"),
        ],
    )
    def test_its_run_time_is_used_up(self, limit: int | None, seconds: int, message: str) -> None:
        spec = {"activeDeadlineSeconds": seconds}
        pod = a_pod("Failed", reason="DeadlineExceeded", message="Pod was", spec=spec, main=terminated(137))

        end = end_of(pod, limit=limit)

        assert (end.cause, end.message) == (Cause.DEADLINE, message)

    def test_a_run_time_that_was_used_up_by_waiting_for_an_image(self) -> None:
        pod = a_pod(
            "Failed",
            reason="DeadlineExceeded",
            spec={"activeDeadlineSeconds": 60},
            conditions=[a_condition("Ready", status="False", time=70)],
            main=waiting("ImagePullBackOff"),
        )

        end = end_of(pod, limit=60_000)

        assert (end.cause, end.ended_at) == (Cause.DISRUPTED, moment(70))

    @pytest.mark.parametrize("final", [True, False, None])
    def test_whether_it_said_that_it_was_final(self, final: bool | None) -> None:
        pod = a_pod("Succeeded", main=terminated(0))

        assert end_of(pod, readings=Readings(final=final)).final is final
        assert end_of(pod, readings=Readings(final=final), sdk=False).final is None

    def test_a_message_is_one_short_line(self) -> None:
        message = end_of(a_pod("Failed", main=terminated(1, message="a\tb\x00" + "c" * 4000))).message

        assert message.startswith("it exited with code 1: a b\\x00ccc")
        assert len(message) <= 600


class TestAPodThatVanished:
    @pytest.mark.parametrize(
        ("pod", "cause", "end"),
        [
            (a_pod("Running", main=running()), Cause.LOST, 100),
            (a_pod("Running", deleted_at=20, grace=30, main=running()), Cause.LOST, 50),
            (a_pod("Running", conditions=[DISRUPTION], deleted_at=90, main=running()), Cause.DISRUPTED, 100),
            # What never ran has no last word to lose: Kueue takes back pods that wait, for one.
            (a_pod("Pending", deleted_at=90, grace=0, main=waiting()), Cause.DISRUPTED, 90),
            (a_pod("Pending", init={"fetch": running()}, main=waiting()), Cause.LOST, 100),
            # Its end was seen before it went.
            (a_pod("Succeeded", main=terminated(0)), None, 20),
        ],
    )
    def test_by_what_was_seen_last(self, pod: dict[str, Any], cause: Cause | None, end: int) -> None:
        found = end_of({**pod, "gone": True})

        assert (found.cause, found.ended_at) == (cause, moment(end))

    def test_one_whose_node_does_not_answer(self) -> None:
        pod = a_pod("Running", deleted_at=20, grace=30, main=running())
        late = 50 + OVERDUE // 1000

        assert execution(pod, now=late - 1).exit is None
        assert end_of(pod, now=late) == Exit(
            moment(50), None, Cause.DISRUPTED, message="its node does not answer any more"
        )

    def test_with_its_job(self) -> None:
        found = execution_of(
            KEY, None, None, NONE, sdk=True, container="main", gpus=1, limit=None, stopping=False, now=5
        )

        assert (found.started_at, found.exit) == (None, Exit(5, cause=Cause.LOST))


class TestAJobWithoutAPod:
    @pytest.mark.parametrize(
        "job",
        [
            a_job(),
            a_job(active=1),
            a_job(a_condition("Suspended")),
            a_job(a_condition("Failed", status="False")),
        ],
    )
    def test_it_waits(self, job: dict[str, Any]) -> None:
        found = execution(None, job)

        assert (found.started_at, found.exit) == (None, None)

    @pytest.mark.parametrize(("limit", "end"), [(None, 40), (30_000, 40), (10_000, 22)])
    def test_a_pod_that_nobody_saw_is_charged_at_most_its_limit(self, limit: int | None, end: int) -> None:
        job = a_job(a_condition("Complete", time=40), succeeded=1, startTime=at(12))

        found = execution(None, job, limit=limit)

        assert found.started_at == moment(12)
        assert found.exit == Exit(moment(end), None, Cause.LOST)

    def test_one_that_never_had_a_pod(self) -> None:
        job = a_job(a_condition("Failed", "Job was active longer than specified deadline", time=40))

        found = execution(None, job)

        assert found.started_at is None
        assert found.exit == Exit(
            moment(40), None, Cause.DISRUPTED, message="Job was active longer than specified deadline"
        )


class TestSeveralPods:
    def test_the_newest_that_has_begun(self) -> None:
        first = a_pod("Failed", name="a", created=1, main=terminated())
        second = a_pod("Running", name="b", created=2, main=running())
        third = a_pod("Pending", name="c", created=3)

        assert pod_of([third, first, second]) is second

    def test_else_the_newest(self) -> None:
        older, newer = a_pod("Pending", name="z", created=1), a_pod("Pending", name="a", created=2)

        assert pod_of([newer, older]) is newer

    def test_none(self) -> None:
        assert pod_of([]) is None


class TestLastWord:
    def test_is_read_from_the_termination_message(self) -> None:
        found = execution(a_pod("Succeeded", main=terminated(0, message=LAST_WORD)))
        assert found.metrics["accuracy"].last == 0.9
        assert found.exit is not None
        assert found.exit.final is True

    def test_goes_further_than_what_was_seen_before(self) -> None:
        early = MetricSummary(last=0.5, last_step=1, min=0.5, min_step=1, max=0.5, max_step=1)
        pod = a_pod("Succeeded", main=terminated(0, message=LAST_WORD))
        found = execution(pod, readings=Readings({"accuracy": early}))
        assert found.metrics["accuracy"].last_step == 3

    def test_is_nothing_of_a_program_that_is_read_from_its_log(self) -> None:
        found = execution(a_pod("Succeeded", main=terminated(0, message=LAST_WORD)), sdk=False)
        assert not found.metrics
        assert found.exit is not None
        assert found.exit.final is None


def test_a_note_of_the_readings_is_told() -> None:
    found = execution(a_pod("Failed", main=terminated(3)), readings=Readings(note="its log is gone"))
    assert found.exit is not None
    assert found.exit.message == "it exited with code 3; its log is gone"
