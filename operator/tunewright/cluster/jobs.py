"""An attempt as a Job: what the API server is given. docs/jobs.md describes it for users."""

from collections.abc import Mapping
from typing import Any

from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Trial
from tunewright.cluster import labels
from tunewright.cluster.checkpoints import claim_spec, has_own_claim
from tunewright.cluster.devices import accelerators_of
from tunewright.cluster.job_defaults import JobDefaults
from tunewright.cluster.pod_spec import (
    deadline_of,
    definition_of,
    outline_of,
    pod_spec_of,
)
from tunewright.engine.naming import job_name

Document = dict[str, Any]


def job_of(
    study: HyperparameterStudy,
    trial: Trial,
    attempt: int,
    limit: int | None,
    defaults: JobDefaults,
    trial_uid: str,
) -> Document:
    """The Job (batch/v1) of an attempt of a study that `api.checks` has passed.

    Args:
        study: whose trial it is.
        trial: whose attempt it is.
        attempt: its number, counted from 1.
        limit: its run time in milliseconds at most, which the kubelet enforces; None for no limit.
        defaults: what the study leaves open.
        trial_uid: of the Trial, which owns the Job.
    """
    template: Any = definition_of(study).template or {"spec": {"template": {}}}
    marks = {**_marks(study, trial), labels.ATTEMPT: str(attempt)}
    metadata = _metadata(template, {**marks, **_queue(study, limit)})
    if limit is not None:
        metadata["annotations"][labels.LIMIT] = str(limit)
    spec: Document = {
        "ttlSecondsAfterFinished": defaults.ttl,
        **template["spec"],
        "backoffLimit": 0,
        # Else a pod that is being evicted would get a second one beside it, with the same checkpoint.
        "podReplacementPolicy": "Failed",
        "template": {
            "metadata": _metadata(template["spec"]["template"], marks),
            "spec": pod_spec_of(study, trial, attempt, limit, defaults),
        },
    }
    if labels.QUEUE in study.metadata.labels:
        spec["suspend"] = True
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            **metadata,
            "name": job_name(trial.name, attempt),
            "namespace": study.metadata.namespace,
            "ownerReferences": [_owner(trial, trial_uid)],
        },
        "spec": spec,
    }


def claim_of(study: HyperparameterStudy, trial: Trial, trial_uid: str) -> Document | None:
    """The trial's own PersistentVolumeClaim, to be made before its first Job; None where it has none."""
    checkpoints = definition_of(study).checkpoints
    if checkpoints is None or checkpoints.claim_template is None or not has_own_claim(trial, checkpoints):
        return None
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "labels": _marks(study, trial),
            "name": trial.name,
            "namespace": study.metadata.namespace,
            "ownerReferences": [_owner(trial, trial_uid)],
        },
        "spec": claim_spec(checkpoints.claim_template),
    }


def gpus_of(study: HyperparameterStudy, defaults: JobDefaults) -> int:
    """How many accelerators an attempt holds while it runs."""
    return accelerators_of(outline_of(study, defaults))


def _owner(trial: Trial, uid: str) -> Document:
    return labels.owner_reference("Trial", {"metadata": {"name": trial.name, "uid": uid}})


def _marks(study: HyperparameterStudy, trial: Trial) -> dict[str, str]:
    return {labels.STUDY: study.metadata.name, labels.TRIAL: trial.name}


def _queue(study: HyperparameterStudy, limit: int | None) -> dict[str, str]:
    """What Kueue reads. Its own limit counts from admission, and must not come before the pod's."""
    given = study.metadata.labels
    if labels.QUEUE not in given:
        return {}
    found = {name: given[name] for name in (labels.QUEUE, labels.QUEUE_PRIORITY) if name in given}
    if limit is not None:
        found[labels.QUEUE_LIMIT] = str(deadline_of(limit) + definition_of(study).grace_period)
    return found


def _metadata(holder: Mapping[str, Any], marks: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The labels and annotations of a template, and our labels, which win."""
    given = holder.get("metadata", {})
    return {"labels": {**given.get("labels", {}), **marks}, "annotations": {**given.get("annotations", {})}}
