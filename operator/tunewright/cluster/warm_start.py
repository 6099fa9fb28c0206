"""Other studies in the cluster, for one that begins with what they have found."""

from collections.abc import Iterator
from contextlib import suppress

from pydantic import ValidationError

from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Trial
from tunewright.cluster.gateway import STUDIES, TRIALS, Object
from tunewright.cluster.informer import Informer
from tunewright.cluster.labels import owner_uid
from tunewright.cluster.reading import UnreadableError, read_trial
from tunewright.engine.warm_start import Choice, choose, wanted
from tunewright.search.related import RelatedStudy


def choice_of(study: HyperparameterStudy, informer: Informer) -> Choice:
    """The study's choice among the studies of its namespace, made before or now.

    Studies and Trials that cannot be read are passed over.

    Raises:
        WarmStartUnavailableError: one that it names is not there, or not finished.
    """
    namespace = study.metadata.namespace

    def trials_of(other: HyperparameterStudy) -> Iterator[Trial]:
        for document in informer.of_study(TRIALS, namespace, other.metadata.name):
            # One that was deleted, and had the same name, may have left some for a while.
            if owner_uid(document) == other.metadata.uid:
                with suppress(UnreadableError):
                    yield read_trial(document)

    return choose(study, wanted(study, _others(study, informer)), trials_of)


def warm_started(
    study: HyperparameterStudy, informer: Informer
) -> tuple[HyperparameterStudy, list[RelatedStudy]]:
    """The study with its choice as far as it is still there, and what its sampler is told of that."""
    if study.status.warm_start is None:
        return study, []
    choice = choice_of(study, informer)
    status = study.status.model_copy(update={"warm_start": choice.sources})
    return study.model_copy(update={"status": status}), list(choice.related)


def _others(study: HyperparameterStudy, informer: Informer) -> Iterator[HyperparameterStudy]:
    """The studies that may be wanted. There may be many others in the namespace, which are not even read."""
    for document in informer.of_namespace(STUDIES, study.metadata.namespace):
        if "deletionTimestamp" not in document["metadata"] and _may_be_wanted(study, document):
            with suppress(ValidationError):
                yield HyperparameterStudy.model_validate(document)


def _may_be_wanted(study: HyperparameterStudy, document: Object) -> bool:
    warm, metadata = study.spec.warm_start_from, document["metadata"]
    assert warm is not None
    if metadata["uid"] == study.metadata.uid:
        return False
    if study.status.warm_start is not None:
        return any(source.uid == metadata["uid"] for source in study.status.warm_start)
    selected = warm.selector is not None and warm.selector.matches(metadata.get("labels", {}))
    return selected or metadata["name"] in warm.studies
