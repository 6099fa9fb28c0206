"""Where attempts keep their checkpoint: in their pod, in a claim of their trial's, or in a shared one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunewright.api.trial import Trial
from tunewright.api.trial_definition import Checkpoints, ClaimTemplate

Document = dict[str, Any]

CHECKPOINTS = "/tunewright/checkpoints"
SOURCE = "/tunewright/source"

_VOLUME = "tunewright-checkpoints"
_SOURCE_VOLUME = "tunewright-source"

GROUP = 65532
"""The group that a claim's files belong to: a program that is not root could not write to it otherwise."""


@dataclass(frozen=True)
class Mounts:
    """What a pod gets for its checkpoints.

    Attributes:
        volumes: of the pod.
        mounts: of the container that trains.
        variables: that tell it where its checkpoint is, and the one that it may start from.
        security: of the pod's security context.
    """

    volumes: list[Document]
    mounts: list[Document]
    variables: Mapping[str, str]
    security: Document


def mounts_of(trial: Trial, checkpoints: Checkpoints | None) -> Mounts:
    """What an attempt of the trial gets.

    A final test evaluation starts from the checkpoint of the trial that it tests. It keeps its own in its
    pod: a claim of its own might be made where that trial's cannot be reached.
    """
    own = _claim_name(trial, checkpoints)
    volumes = [_volume(_VOLUME, own)]
    mounts: list[Document] = [{"name": _VOLUME, "mountPath": CHECKPOINTS}]
    variables = {"TUNEWRIGHT_CHECKPOINT_DIR": f"{CHECKPOINTS}/{trial.name}"}
    source = trial.spec.source
    if source is not None and checkpoints is not None:
        folder = CHECKPOINTS
        if checkpoints.claim is None:
            folder = SOURCE
            volumes.append(_volume(_SOURCE_VOLUME, source))
            mounts.append({"name": _SOURCE_VOLUME, "mountPath": SOURCE, "readOnly": True})
        variables["TUNEWRIGHT_CHECKPOINT_FROM"] = f"{folder}/{source}"
    security = {} if checkpoints is None else {"fsGroup": GROUP, "fsGroupChangePolicy": "OnRootMismatch"}
    return Mounts(volumes, mounts, variables, security)


def claim_spec(template: ClaimTemplate) -> Document:
    """The spec of a trial's own PersistentVolumeClaim."""
    spec: Document = {
        "accessModes": [mode.value for mode in template.access_modes],
        "resources": {"requests": {"storage": template.size}},
    }
    if template.storage_class_name is not None:
        spec["storageClassName"] = template.storage_class_name
    return spec


def has_own_claim(trial: Trial, checkpoints: Checkpoints | None) -> bool:
    """Whether the trial's checkpoints are in a claim of its own, which has its name."""
    return checkpoints is not None and checkpoints.claim_template is not None and trial.spec.source is None


def _claim_name(trial: Trial, checkpoints: Checkpoints | None) -> str | None:
    if has_own_claim(trial, checkpoints):
        return trial.name
    return None if checkpoints is None else checkpoints.claim


def _volume(name: str, claim: str | None) -> Document:
    if claim is None:
        return {"name": name, "emptyDir": {}}
    return {"name": name, "persistentVolumeClaim": {"claimName": claim}}
