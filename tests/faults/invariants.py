"""What must hold of a study at its end, whatever went wrong on the way: read from the API server alone."""

import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tests.cluster.studying import Namespace

from tunewright.engine.naming import job_name

Document = dict[str, Any]


def violations(namespace: Namespace, study: str, *, deleted: int = 0, undisturbed: bool = True) -> list[str]:
    """What does not hold; empty where all does.

    Args:
        namespace: where the study is; nothing else is in it.
        study: its name; the study has run all its trials.
        deleted: how many of its Trials were deleted by hand.
        undisturbed: whether no attempt was interrupted or suspended: then each trial has just one.
    """
    wait_for_jobs(namespace)
    objects = namespace.get("hps", study)
    trials = namespace.trials(study)
    return [
        *_of_indices(objects, trials, deleted),
        *_of_attempts(trials, undisturbed=undisturbed),
        *_of_jobs(trials, namespace.list("jobs"), undisturbed=undisturbed),
        *_of_pods(namespace.list("pods"), namespace.list("jobs")),
        *_of_status(objects, trials, deleted),
    ]


def wait_until_running(namespace: Namespace, study: str, trials: int) -> None:
    """Until so many trials say that they run: the study says so only later."""
    deadline = time.monotonic() + 30
    while [each.get("status", {}).get("state") for each in namespace.trials(study)] != ["Running"] * trials:
        assert time.monotonic() < deadline, "its trials do not run"
        time.sleep(0.2)


def wait_for_jobs(namespace: Namespace) -> None:
    """Kubernetes says of a Job that it is over some time after its pod is."""
    deadline = time.monotonic() + 15
    while not all(map(_over, namespace.list("jobs"))) and time.monotonic() < deadline:
        time.sleep(0.5)


def _over(job: Document) -> bool:
    return any(each["status"] == "True" for each in job["status"].get("conditions", []))


def _of_indices(study: Document, trials: list[Document], deleted: int) -> Iterator[str]:
    wanted = study["spec"]["budget"]["maxTrials"]
    indices = [trial["spec"]["index"] for trial in trials]
    if len(set(indices)) != len(indices) or not set(indices) <= set(range(wanted)):
        yield f"indices: {indices}"
    if len(indices) != wanted - deleted:
        yield f"{len(indices)} trials, not {wanted} less {deleted}"
    orders = sorted(trial["status"].get("completionOrder", -1) for trial in trials)
    if len(set(orders)) != len(orders) or (not deleted and orders != list(range(wanted))):
        yield f"completion orders: {orders}"


def _of_attempts(trials: list[Document], *, undisturbed: bool) -> Iterator[str]:
    for trial in trials:
        name, status = trial["metadata"]["name"], trial["status"]
        attempts = status.get("attempts", [])
        if [attempt["number"] for attempt in attempts] != list(range(1, len(attempts) + 1)):
            yield f"{name}: attempts {attempts}"
        if status["state"] not in ("Completed", "Stopped", "Failed"):
            yield f"{name} has not ended: {status}"
        for before, after in pairwise(attempts):
            if before["outcome"] != "interrupted" and before["reason"] != "Suspended":
                yield f"{name} was repeated by attempt {after['number']} after {before}"
        if undisturbed and (len(attempts) != 1 or attempts[0]["outcome"] != "completed"):
            yield f"{name}: disturbed: {attempts}"


def _of_jobs(trials: list[Document], jobs: list[Document], *, undisturbed: bool) -> Iterator[str]:
    """A Job for each attempt that ended by itself, and none that no Trial tells of."""
    names = {job["metadata"]["name"] for job in jobs}
    attempts = {
        job_name(trial["metadata"]["name"], attempt["number"]): attempt
        for trial in trials
        for attempt in trial["status"].get("attempts", [])
    }
    if orphans := names - set(attempts):
        yield f"orphans: {orphans}"
    lost = {name for name, attempt in attempts.items() if attempt["outcome"] == "completed"} - names
    if lost and undisturbed:
        yield f"completed without a Job: {lost}"
    yield from (f"still runs: {job['metadata']['name']}" for job in jobs if not _over(job))


def _of_pods(pods: list[Document], jobs: list[Document]) -> Iterator[str]:
    uids = {job["metadata"]["uid"] for job in jobs}
    owners = Counter(pod["metadata"]["ownerReferences"][0]["uid"] for pod in pods)
    for pod in pods:
        if pod["status"]["phase"] not in ("Succeeded", "Failed"):
            yield f"still runs: {pod['metadata']['name']}"
        if pod["metadata"]["ownerReferences"][0]["uid"] not in uids:
            yield f"orphan: {pod['metadata']['name']}"
    if doubled := {uid for uid, count in owners.items() if count > 1}:
        yield f"Jobs of several pods: {doubled}"


def _of_status(study: Document, trials: list[Document], deleted: int) -> Iterator[str]:
    status = study["status"]
    wanted = study["spec"]["budget"]["maxTrials"]
    if status["nextIndex"] != wanted:
        yield f"nextIndex {status['nextIndex']}"
    used = sum(
        attempt["gpuMilliseconds"] for trial in trials for attempt in trial["status"].get("attempts", [])
    )
    charged = status["charged"]["gpuMilliseconds"]
    departed = status["departed"]["gpuMilliseconds"]
    if charged != used + departed or (departed and not deleted):
        yield f"charged {charged}, used {used}, departed {departed}"
    completed = [trial for trial in trials if trial["status"]["state"] == "Completed"]
    best = max(completed, key=lambda trial: float(trial["spec"]["parameters"]["x"]))
    for trial in completed:
        if trial["status"]["objectives"]["accuracy"] != trial["spec"]["parameters"]["x"]:
            yield f"{trial['metadata']['name']}: {trial['status']['objectives']}"
    if status["best"]["name"] != best["metadata"]["name"]:
        yield f"best {status['best']['name']}, not {best['metadata']['name']}"
