"""A study on this machine: read and checked before anything starts, and taken up again where it was left."""

import json
import uuid
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from tunewright.api.checks import check
from tunewright.api.documents import load
from tunewright.api.problems import InvalidInput, Problem
from tunewright.api.study import HyperparameterStudy, StudySpec
from tunewright.api.study_status import StudyStatus
from tunewright.engine.reasons import StudyReason
from tunewright.local.launch import check_local
from tunewright.search.registry import create
from tunewright.search.sampler import Sampler
from tunewright.search.space import SearchSpace

_MAX_SHOWN = 60
_ABSENT = object()


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
    warm_start = spec.warm_start_from is not None
    return create(spec.algorithm, SearchSpace(spec.parameters), spec.objectives, warm_start=warm_start)


def begin(study: HyperparameterStudy) -> HyperparameterStudy:
    """A study that has never run, with an identity of its own."""
    metadata = study.metadata.model_copy(update={"uid": uuid.uuid4().hex})
    return study.model_copy(update={"metadata": metadata, "status": StudyStatus()})


def take_up(
    study: HyperparameterStudy, stored: HyperparameterStudy, alive_until: int, directory: Path, file: Path
) -> HyperparameterStudy:
    """The study with the facts of its earlier runs.

    Args:
        study: as its user has it now.
        stored: as the store has it.
        alive_until: when the last run, or what it had begun, was seen alive, in milliseconds since the Unix
            epoch; a run that was killed has used wall-clock time until then.
        directory: where the stored one lives, for messages.
        file: where the user's is, for messages.

    Raises:
        InvalidInput: it is not the same study.
    """
    problems = [
        Problem(
            path, f"is {now}, but {before} in {directory}; only the budget may change: name another --dir"
        )
        for path, before, now in _differences(study, stored)
    ]
    if problems:
        raise InvalidInput(problems, str(file))
    # A sampler that failed is asked again, as if the study had been edited: it may have been mended.
    edited = study.spec != stored.spec or stored.status.reason == StudyReason.SAMPLER_FAILED
    generation = stored.metadata.generation + edited
    metadata = study.metadata.model_copy(update={"uid": stored.metadata.uid, "generation": generation})
    status = stored.status
    if status.active_since is not None:
        used = status.active_milliseconds + max(0, alive_until - status.active_since)
        status = status.model_copy(update={"active_milliseconds": used, "active_since": None})
    return study.model_copy(update={"metadata": metadata, "status": status})


def _differences(study: HyperparameterStudy, stored: HyperparameterStudy) -> Iterator[tuple[str, str, str]]:
    """Where two studies differ and may not: the path, what is stored, and what is there now."""
    yield from _unlike("metadata.name", stored.metadata.name, study.metadata.name)
    frozen = [name for name in StudySpec.model_fields if name not in StudySpec.editable]
    before, now = (
        each.spec.model_dump(mode="json", by_alias=True, include={*frozen}) for each in (stored, study)
    )
    yield from _unlike("spec", before, now)


def _unlike(path: str, before: object, now: object) -> Iterator[tuple[str, str, str]]:
    """The innermost differences of two JSON values."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in {**before, **now}:
            yield from _unlike(f"{path}.{name}", before.get(name, _ABSENT), now.get(name, _ABSENT))
    elif isinstance(before, list) and isinstance(now, list):
        for index, (old, new) in enumerate(zip_longest(before, now, fillvalue=_ABSENT)):
            yield from _unlike(f"{path}[{index}]", old, new)
    elif before != now:
        yield path, _shown(before), _shown(now)


def _shown(value: object) -> str:
    text = "nothing" if value is _ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
