"""Tests of what keeps pods from running. The messages are Kubernetes' own."""

from typing import Any

import pytest
from tests.unit.cluster.pods import a_condition, a_pod, running, terminated, waiting

from tunewright.cluster.obstacles import obstacle_of, obstacle_of_event, obstacle_of_refusal
from tunewright.engine.facts import Obstacle

NO_NODE = "0/4 nodes are available: 4 Insufficient nvidia.com/gpu. preemption: not eligible"
NO_CLAIM = 'persistentvolumeclaim "data" not found'
UNBOUND = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"


def unscheduled(message: str, reason: str = "Unschedulable") -> dict[str, Any]:
    return a_pod("Pending", conditions=[a_condition("PodScheduled", message, reason, status="False")])


class TestAPod:
    @pytest.mark.parametrize(
        ("reason", "expected"),
        [
            ("ErrImagePull", "ImagePullFailed"),
            ("ImagePullBackOff", "ImagePullFailed"),
            ("ErrImageNeverPull", "ImagePullFailed"),
            ("InvalidImageName", "InvalidImageName"),
            ("CreateContainerConfigError", "ContainerConfigError"),
            ("CreateContainerError", "ContainerConfigError"),
        ],
    )
    def test_a_container_that_cannot_be_made(self, reason: str, expected: str) -> None:
        obstacle = Obstacle(expected, "container main: it is not there")

        assert obstacle_of(a_pod("Pending", main=waiting(reason, "it is not\nthere"))) == obstacle
        assert obstacle_of(a_pod("Pending", init={"main": waiting(reason, "it is not there")})) == obstacle

    def test_without_a_message_its_reason_is_told(self) -> None:
        found = obstacle_of(a_pod("Pending", main=waiting("ErrImagePull")))

        assert found == Obstacle("ImagePullFailed", "container main: ErrImagePull")

    @pytest.mark.parametrize(
        ("message", "reason"),
        [(NO_NODE, "Unschedulable"), (NO_CLAIM, "VolumeNotReady"), (UNBOUND, "VolumeNotReady")],
    )
    def test_no_place_for_it(self, message: str, reason: str) -> None:
        assert obstacle_of(unscheduled(message)) == Obstacle(reason, message)

    @pytest.mark.parametrize(
        "pod",
        [
            {"metadata": {"name": "new"}},
            a_pod("Pending"),
            a_pod("Pending", main=waiting()),
            a_pod("Pending", init={"fetch": running()}, main=waiting("PodInitializing")),
            a_pod("Running", main=running()),
            a_pod("Failed", main=terminated(1)),
            a_pod("Failed", main=waiting("ImagePullBackOff")),
            a_pod("Pending", main=waiting("ImagePullBackOff"), deleted_at=3),
            unscheduled("Scheduling is blocked due to non-empty scheduling gates", "SchedulingGated"),
        ],
    )
    def test_nothing_to_speak_of(self, pod: dict[str, Any]) -> None:
        assert obstacle_of(pod) is None


QUOTA = 'pods "a-1-x" is forbidden: exceeded quota: gpus, requested: pods=1, used: 2, limited: 2'
NO_ACCOUNT = 'pods "a-1-" is forbidden: error looking up service account n/ml: serviceaccount "ml" not found'
NOT_SECURE = 'pods "a-1-x" is forbidden: violates PodSecurity "restricted:latest": privileged'


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (QUOTA, "QuotaExceeded"),
        (NO_ACCOUNT, "ServiceAccountMissing"),
        (NOT_SECURE, "JobRejected"),
        ('pods "a" is forbidden: no PriorityClass with name high was found', "JobRejected"),
    ],
)
def test_a_pod_that_could_not_be_made(message: str, reason: str) -> None:
    event = {"reason": "FailedCreate", "message": f"Error creating: {message}"}

    assert obstacle_of_event(event) == Obstacle(reason, message)


@pytest.mark.parametrize("reason", ["FailedMount", "FailedAttachVolume"])
def test_a_volume_that_could_not_be_mounted(reason: str) -> None:
    message = 'MountVolume.SetUp failed for volume "token" : secret "token" not found'

    assert obstacle_of_event({"reason": reason, "message": message}) == Obstacle("VolumeNotReady", message)


def test_other_events_tell_nothing() -> None:
    assert obstacle_of_event({"reason": "SuccessfulCreate", "message": "Created pod: a"}) is None


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        (
            403,
            'jobs.batch is forbidden: User "system:serviceaccount:t:o" cannot create resource "jobs"',
            "Forbidden",
        ),
        (401, "Unauthorized", "Forbidden"),
        (
            403,
            'jobs.batch "a-1" is forbidden: exceeded quota: jobs, requested: count/jobs.batch=1',
            "QuotaExceeded",
        ),
        (403, 'jobs.batch "a-1" is forbidden: admission plugin x says no', "JobRejected"),
        (
            422,
            'Job.batch "a-1" is invalid: spec.template.spec.containers[0].image: Required value',
            "JobRejected",
        ),
        (400, "", "JobRejected"),
    ],
)
def test_a_refusal(code: int, message: str, reason: str) -> None:
    found = obstacle_of_refusal(code, "Reason", message)

    assert found == Obstacle(reason, message or "Reason")
