"""The attempts of a study, from Jobs and pods; calls to the API server are noted, and do nothing."""

from typing import Any, cast

import pytest
from tests.builders import a_study, a_trial
from tests.unit.cluster.pods import a_pod, at, moment, running, terminated

from tunewright.api.base import ObjectMeta
from tunewright.api.trial import Attempt, Outcome, Trial, TrialState
from tunewright.cluster.attempts import Attempts
from tunewright.cluster.gateway import PODS, Gateway
from tunewright.cluster.job_defaults import JobDefaults
from tunewright.cluster.labels import ATTEMPT, LIMIT, STUDY, TRIAL
from tunewright.cluster.observer import Observer
from tunewright.engine.facts import AttemptKey
from tunewright.engine.state import State
from tunewright.engine.stopping import silent_until

Document = dict[str, Any]

KEY = AttemptKey("digits-0", 1)
LABELS = {STUDY: "digits", TRIAL: "digits-0", ATTEMPT: "1"}
THE_STUDY = a_study().model_copy(update={"metadata": ObjectMeta(name="digits", namespace="n", uid="s")})


class Calls:
    """What was asked of the API server."""

    def __init__(self) -> None:
        self.deleted: list[str] = []
        self.pods: list[Document] = []

    def delete(self, kind: object, namespace: str, name: str, uid: str) -> None:
        self.deleted.append(name)

    def list(self, kind: object, *_: object, **__: object) -> list[Document]:
        return self.pods if kind == PODS else []


@pytest.fixture
def calls() -> Calls:
    return Calls()


def attempts_at(seconds: int, calls: Calls) -> Attempts:
    """Of an operator that has just begun; its observer does not look by itself."""
    gateway = cast(Gateway, calls)

    def clock() -> int:
        return moment(seconds)

    observer = Observer(gateway, clock, 10.0, lambda namespace, pod: None)
    return Attempts(THE_STUDY, gateway, observer, JobDefaults(), clock)


def a_running_trial() -> Trial:
    trial = a_trial(state=TrialState.RUNNING)
    return trial.model_copy(update={"metadata": trial.metadata.model_copy(update={"uid": "t"})})


def its_job(*, annotations: dict[str, str] | None = None, **spec: Any) -> Document:
    return {
        "kind": "Job",
        "metadata": {
            "name": "digits-0-1",
            "uid": "j",
            "labels": LABELS,
            "annotations": annotations or {},
            "creationTimestamp": at(0),
            "ownerReferences": [{"uid": "t", "controller": True}],
        },
        "spec": spec,
    }


def its_pod(phase: str, state: Document) -> Document:
    pod = a_pod(phase, trainer=state)
    owned = {"uid": "p", "labels": LABELS, "ownerReferences": [{"uid": "j", "controller": True}]}
    return {
        **pod,
        "kind": "Pod",
        "metadata": {**pod["metadata"], **owned},
        "status": {**pod["status"], "podIP": "127.0.0.1"},
    }


def test_nobody_is_blamed_for_the_time_before_the_operator_looked(calls: Calls) -> None:
    """It may have reported all the time to another one."""
    day = 86_400
    attempts = attempts_at(day, calls)
    trial = a_running_trial()
    attempts.take_up({trial.name: trial}, [its_job()], [its_pod("Running", running(10))])
    [execution] = attempts.executions()
    assert execution.started_at == moment(10)
    assert silent_until(State.of(THE_STUDY), execution) == moment(day) + 30 * 60 * 1000


def test_a_limit_that_is_none_is_passed_over(calls: Calls) -> None:
    """Users may edit the Job's annotations."""
    attempts = attempts_at(100, calls)
    trial = a_running_trial()
    job = its_job(annotations={LIMIT: "soon"})
    attempts.take_up({trial.name: trial}, [job], [its_pod("Running", running(10))])
    [execution] = attempts.executions()
    assert execution.limit is None


@pytest.mark.parametrize("active", [True, False])
def test_a_pod_of_which_no_news_came_is_asked_for(calls: Calls, active: bool) -> None:
    """It came before its Job was adopted, say; a Job without a pod is not asked for one."""
    calls.pods = [its_pod("Running", running(10))]
    attempts = attempts_at(100, calls)
    trial = a_running_trial()
    job = {**its_job(), "status": {"active": 1, "startTime": at(1)} if active else {}}
    attempts.take_up({trial.name: trial}, [job], [])
    [execution] = attempts.executions()
    assert execution.started_at == (moment(10) if active else None)


@pytest.mark.parametrize(("suspended", "deleted"), [(True, ["digits-0-1"]), (False, [])])
def test_a_preempted_job_cannot_go_on_once_its_attempt_is_recorded(
    calls: Calls, suspended: bool, deleted: list[str]
) -> None:
    """Kueue would admit it again, beside the trial's next attempt."""
    attempts = attempts_at(100, calls)
    trial = a_running_trial()
    pod = its_pod("Failed", terminated(143))
    attempts.take_up({trial.name: trial}, [its_job(suspend=suspended)], [pod])
    done = Attempt(number=1, started_at=0, ended_at=1, outcome=Outcome.INTERRUPTED)
    status = trial.status.model_copy(update={"attempts": [done], "state": TrialState.PENDING})
    assert attempts.recorded(trial.model_copy(update={"status": status}))
    attempts.clear_away()
    assert calls.deleted == deleted
