"""What marks the objects of a study in a cluster: labels to select by, and owners to be deleted with."""

from collections.abc import Mapping
from typing import Any

from tunewright.api.base import API_VERSION, GROUP

STUDY = f"{GROUP}/study"
"""The study's name: on Trials, Jobs, pods and claims."""

TRIAL = f"{GROUP}/trial"
"""The trial's name: on Jobs, pods and claims."""

ATTEMPT = f"{GROUP}/attempt"
"""The attempt's number: on Jobs and pods."""

LIMIT = f"{GROUP}/limit-milliseconds"
"""An annotation of a Job: the attempt's run time at most. Absent where nothing bounds it."""

QUEUE = "kueue.x-k8s.io/queue-name"
"""On a study and its Jobs: the Kueue queue that admits them."""

QUEUE_PRIORITY = "kueue.x-k8s.io/priority-class"
"""On a study and its Jobs: their priority in that queue."""

QUEUE_LIMIT = "kueue.x-k8s.io/max-exec-time-seconds"
"""On a queued Job: after how many seconds Kueue ends it."""


def owner_reference(kind: str, owner: Mapping[str, Any]) -> dict[str, Any]:
    """The reference to a `HyperparameterStudy` or a `Trial`, of which the `metadata` is read."""
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def owner_uid(document: Mapping[str, Any]) -> str | None:
    """The UID of the object that an object belongs to; None where it belongs to none."""
    references = document["metadata"].get("ownerReferences") or []
    return next((each["uid"] for each in references if each.get("controller")), None)
