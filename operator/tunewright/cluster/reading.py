"""Stored objects as models, where they can be read."""

from pydantic import ValidationError

from tunewright.api.base import ObjectMeta
from tunewright.api.checks import check
from tunewright.api.problems import Problem, problems_of
from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import StudyStatus
from tunewright.api.trial import Trial
from tunewright.cluster.gateway import Object


class UnreadableError(Exception):
    """An object of the study's is not one that this version of Tunewright can read."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def read_trial(document: Object) -> Trial:
    """A stored Trial.

    Raises:
        UnreadableError: it is broken.
    """
    try:
        return Trial.model_validate(document)
    except ValidationError as error:
        name = document["metadata"]["name"]
        raise UnreadableError([Problem(f"Trial {name}", str(each)) for each in problems_of(error)]) from None


def read_study(document: Object) -> tuple[HyperparameterStudy, list[Problem]]:
    """The study that the cluster holds, and what keeps it from being run.

    A status that cannot be read is made anew. Of a study that cannot be read there is its name and status.
    """
    problems: list[Problem] = []
    for part in (document, {**document, "status": {}}):
        try:
            study = HyperparameterStudy.model_validate(part)
        except ValidationError as error:
            problems = problems_of(error)
        else:
            return study, check(study)
    metadata = ObjectMeta.model_validate(document["metadata"])
    try:
        status = StudyStatus.model_validate(document.get("status", {}))
    except ValidationError:
        status = StudyStatus()
    # Without a spec: what it is, nobody can say.
    return HyperparameterStudy.model_construct(metadata=metadata, status=status), problems  # type: ignore[call-arg]
