"""A study on this machine: read and checked before anything starts, and taken up again where it was left."""

import uuid
from collections.abc import Sequence
from pathlib import Path

from tunewright.api.checks import check
from tunewright.api.documents import load
from tunewright.api.problems import InvalidInput, Problem
from tunewright.api.study import HyperparameterStudy, StudySpec, StudyStatus
from tunewright.local.launch import check_local
from tunewright.search.registry import create
from tunewright.search.sampler import Sampler
from tunewright.search.space import SearchSpace


def load_study(file: Path, overrides: Sequence[str] = ()) -> HyperparameterStudy:
    """The study in a file, which this machine can run.

    Raises:
        InvalidInput: it cannot; all that is wrong with it.
    """
    study = load(file, overrides)
    problems = check(study) or check_local(study, file.parent)
    try:
        sampler_of(study)
    except InvalidInput as error:
        problems = [*problems, *error.problems]
    if problems:
        raise InvalidInput(problems, str(file))
    return study


def sampler_of(study: HyperparameterStudy) -> Sampler:
    """The sampler that the study names.

    Raises:
        InvalidInput: there is none of that name, or it cannot do what the study asks.
    """
    spec = study.spec
    return create(spec.algorithm, SearchSpace(spec.parameters), spec.objectives)


def begin(study: HyperparameterStudy) -> HyperparameterStudy:
    """A study that has never run, with an identity of its own."""
    metadata = study.metadata.model_copy(update={"uid": uuid.uuid4().hex})
    return study.model_copy(update={"metadata": metadata, "status": StudyStatus()})


def take_up(
    study: HyperparameterStudy, stored: HyperparameterStudy, alive_until: int, directory: Path
) -> HyperparameterStudy:
    """The study with the facts of its earlier runs.

    Args:
        study: as its user has it now.
        stored: as the store has it.
        alive_until: when the last run, or what it had begun, was seen alive, in milliseconds since the Unix
            epoch; a run that was killed has used wall-clock time until then.
        directory: where the stored one lives, for messages.

    Raises:
        InvalidInput: it is not the same study.
    """
    message = f"differs from the study in {directory}; only the budget may change: name another --dir"
    problems = [Problem(path, message) for path in _differences(study, stored)]
    if problems:
        raise InvalidInput(problems)
    generation = stored.metadata.generation + (study.spec != stored.spec)
    metadata = study.metadata.model_copy(update={"uid": stored.metadata.uid, "generation": generation})
    status = stored.status
    if status.active_since is not None:
        used = status.active_milliseconds + max(0, alive_until - status.active_since)
        status = status.model_copy(update={"active_milliseconds": used, "active_since": None})
    return study.model_copy(update={"metadata": metadata, "status": status})


def _differences(study: HyperparameterStudy, stored: HyperparameterStudy) -> list[str]:
    """The fields in which two studies differ and may not."""
    paths = [] if study.metadata.name == stored.metadata.name else ["metadata.name"]
    fields = type(study.spec).model_fields
    for name, field in fields.items():
        if name not in StudySpec.editable and getattr(study.spec, name) != getattr(stored.spec, name):
            paths.append(f"spec.{field.alias or name}")
    return paths
