"""A study in a cluster, as a report sees it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import ValidationError

from tunewright.api.base import Resource
from tunewright.api.problems import InvalidInput, Problem, problems_of
from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Trial, TrialState
from tunewright.cluster import labels
from tunewright.cluster.gateway import STUDIES, TRIALS, Gateway
from tunewright.cluster.pod_spec import metrics_container_of
from tunewright.engine.naming import job_name
from tunewright.report.view import StudyView

_Kind = TypeVar("_Kind", bound=Resource)


@contextmanager
def view_of(gateway: Gateway, namespace: str, study: str, kubectl: str = "kubectl") -> Iterator[StudyView]:
    """The study of that name as its objects say now; `kubectl` is how to call it for the same cluster.

    The study is read before its trials, so that each trial that it names is among them.

    Raises:
        InvalidInput: an object is not one that this version of Tunewright can read.
        ApiError: there is no such study, or the cluster cannot be asked.
    """
    document = gateway.get(STUDIES, namespace, study)
    found = _read(HyperparameterStudy, document)
    documents = gateway.list(TRIALS, namespace, selector=f"{labels.STUDY}={study}")
    # One that was deleted, and had the same name, may have left some for a while.
    own = [each for each in documents if labels.owner_uid(each) == document["metadata"]["uid"]]
    trials = [_read(Trial, each) for each in own]
    curves = {trial.name: trial.status.curves for trial in trials if trial.status.curves}
    logs = {
        trial.name: f"{kubectl} logs -n {namespace} job/{job_name(trial.name, attempt)}"
        f" -c {metrics_container_of(found)}"
        for trial in trials
        if (attempt := _latest_attempt(trial))
    }
    yield StudyView(found, trials, curves, logs)


def _latest_attempt(trial: Trial) -> int:
    """Its number; 0 if there was none."""
    ended = max((attempt.number for attempt in trial.status.attempts), default=0)
    return ended + (trial.status.state is TrialState.RUNNING)


def _read(kind: type[_Kind], document: Mapping[str, Any]) -> _Kind:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        first = problems_of(error)[0]
        metadata = document["metadata"]
        raise InvalidInput(
            [Problem("", f"broken, or newer than this Tunewright: {first}")],
            f"{kind.__name__} {metadata['namespace']}/{metadata['name']}",
        ) from error
