"""While calls fail and operators die, people edit the study, and delete its Trials, Jobs and pods."""

import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest
from tests.cluster import pretended
from tests.cluster.machine.commands import CommandError
from tests.cluster.studying import Document, Namespace
from tests.faults import pods
from tests.faults.faulty import Chance, Odds
from tests.faults.invariants import violations
from tests.faults.operating import Operators, Watched, connect

from tunewright.api.base import parse_time
from tunewright.cluster.gateway import JOBS, PODS, TRIALS, Kind

ODDS = Odds(unsent=0.05, lost=0.1, death=0.03, late=0.05, cut=0.02, expired=0.01)
TRIALS_OF_STUDY = 30
WITHIN = 200.0

Disturbance = Callable[[], None]


class Disturber:
    """Does one thing or another to a study, again and again.

    Args:
        namespace: where it is.
        study: its name.
        seed: of what is done, and to what.
    """

    def __init__(self, namespace: Namespace, study: str, seed: int) -> None:
        self._namespace = namespace
        self._study = study
        self._random = random.Random(seed)
        self._gateway = connect(namespace.cluster)
        self._next = 0.0
        self._settled = False
        self.deleted: set[str] = set()

    def now_and_then(self, disturbances: Sequence[Disturbance]) -> None:
        """About every second one of them."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._random.uniform(0.5, 1.5)
            self._random.choice(disturbances)()

    def edit_parallelism(self) -> None:
        self._edit(budget={"parallelism": self._random.randint(1, 8)})

    def suspend_or_resume(self) -> None:
        self._edit(suspend=self._random.random() < 0.4)

    def settle(self) -> None:
        """Let the study come to its end."""
        if not self._settled:
            self._edit(suspend=False, budget={"parallelism": 6})
        self._settled = True

    def delete_a_trial(self) -> None:
        """In the background, or so that it waits until its Jobs are gone."""
        how = self._random.choice(["background", "foreground"])
        if len(self.deleted) < TRIALS_OF_STUDY // 3 and (name := self._any(TRIALS)):
            self._namespace.kubectl("delete", "hptrial", name, f"--cascade={how}", "--wait=false")
            self.deleted.add(name)

    def delete_a_job(self) -> None:
        if name := self._any(JOBS):
            self._namespace.kubectl("delete", "job", name, "--wait=false")

    def evict_a_pod(self) -> None:
        if name := self._any(PODS):
            with suppress(CommandError):  # it may be gone already
                self._namespace.kubectl("delete", "pod", name, "--wait=false")

    def _edit(self, **spec: object) -> None:
        self._namespace.edit(self._study, **spec)

    def _any(self, kind: Kind) -> str:
        """One that has not ended; empty where there is none."""
        found = self._gateway.list(kind, self._namespace.name)
        names = [each["metadata"]["name"] for each in found if "deletionTimestamp" not in each["metadata"]]
        if kind is not TRIALS:
            names = [each["metadata"]["name"] for each in found if _runs(each)]
        return self._random.choice(names) if names else ""


def _runs(document: Document) -> bool:
    status = document.get("status", {})
    return "completionTime" not in status and status.get("phase", "Running") == "Running"


def run(namespace: Namespace, study: Document, seed: int, names: Sequence[str]) -> Disturber:
    """A study to its end, disturbed for its first 25 seconds."""
    name = study["metadata"]["name"]
    chance = Chance(seed, ODDS)
    operators = Operators(connect(namespace.cluster), namespace.name, chance)
    disturber = Disturber(namespace, name, seed)
    disturbances = [getattr(disturber, each) for each in names]
    watched = Watched(namespace, name)
    peace = time.monotonic() + 25

    def over() -> bool:
        if time.monotonic() < peace:
            disturber.now_and_then(disturbances)
        else:
            disturber.settle()
        return watched.over()

    namespace.apply(study)
    try:
        operators.run_until(over, WITHIN)
    finally:
        operators.close()
    print(f"{operators.begun} operators, {len(disturber.deleted)} deleted, {dict(chance.injected)}")
    return disturber


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11])
def test_edited_and_deleted(namespace: Namespace, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    names = ["edit_parallelism", "suspend_or_resume", "delete_a_trial", "delete_a_job", "evict_a_pod"]
    study = pretended.study("faulty", TRIALS_OF_STUDY, 5)
    study["spec"]["budget"]["maxAttempts"] = 10
    with pods.that_run(namespace.cluster, 1000, 3000), caplog.at_level(logging.WARNING):
        disturber = run(namespace, study, seed, names)
    assert not [record for record in caplog.records if record.exc_info], "an error in Tunewright"
    assert not violations(namespace, "faulty", deleted=len(disturber.deleted), undisturbed=False)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [21])
def test_the_budget_is_not_overdrawn(namespace: Namespace, seed: int) -> None:
    """Reckoned from the pods: all that any of them has run."""
    study = pretended.study("faulty", 200, 5)
    study["spec"]["budget"] |= {"maxGpuHours": 80 / 3600, "maxAttempts": 10}
    study["spec"]["trial"]["gracePeriod"] = "1s"
    with pods.that_run(namespace.cluster, 1000, 3000):
        run(namespace, study, seed, ["edit_parallelism", "suspend_or_resume"])
    status = namespace.get("hps", "faulty")["status"]
    assert status["reason"] == "MaxGpuHoursReached"
    charged = status["charged"]["gpuMilliseconds"]
    attempts = [each for trial in namespace.trials("faulty") for each in trial["status"].get("attempts", [])]
    assert charged == sum(each["gpuMilliseconds"] for each in attempts) <= 80_000
    assert sum(map(ran, namespace.list("pods"))) <= charged


def ran(pod: Document) -> int:
    """For how long a pod of one GPU, in milliseconds."""
    [container] = pod["status"].get("containerStatuses", [{"state": {}}])
    end = container["state"].get("terminated")
    return 0 if end is None else parse_time(end["finishedAt"]) - parse_time(end["startedAt"])
