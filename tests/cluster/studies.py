"""Studies of a local run, as objects of a cluster in which no operator works on them."""

import json
from pathlib import Path
from typing import Any

from tests.cluster.machine.cluster import Cluster

from tunewright.api.base import Resource
from tunewright.api.trial import Trial
from tunewright.cluster.labels import STUDY, owner_reference
from tunewright.local.view import view_of

Document = dict[str, Any]


def write(cluster: Cluster, namespace: str, document: Document) -> Document:
    """Create an object with its status, as the operator would; returns it as it is stored."""
    metadata = {**document["metadata"], "namespace": namespace}
    body = {**document, "metadata": {key: metadata[key] for key in metadata if key != "uid"}}
    stored: Document = json.loads(cluster.kubectl("create", "-f-", "-o", "json", input=json.dumps(body)))
    if "status" not in document:
        return stored
    stored["status"] = document["status"]
    replaced = cluster.kubectl(
        "replace", "--subresource=status", "-f-", "-o", "json", input=json.dumps(stored)
    )
    return json.loads(replaced)  # type: ignore[no-any-return]


def mirror(cluster: Cluster, namespace: str, folder: Path) -> None:
    """Write the study in a folder of this machine, with its trials and their curves, into a namespace."""
    with view_of(folder) as view:
        study = write(cluster, namespace, document(view.study))
        for trial in view.trials:
            write(cluster, namespace, trial_of(study, trial, dict(view.curves.get(trial.name, {}))))


def trial_of(study: Document, trial: Trial, curves: Document) -> Document:
    """A trial of a stored study."""
    owned = document(trial)
    owned["metadata"]["labels"] = {STUDY: study["metadata"]["name"]}
    owned["metadata"]["ownerReferences"] = [owner_reference("HyperparameterStudy", study)]
    owned["status"]["curves"] = curves
    return owned


def document(resource: Resource) -> Document:
    """As it is sent to the API server: a field that has a default is there as well."""
    return resource.model_dump(mode="json", by_alias=True, exclude_none=True)
