"""Other studies on this machine, for one that begins with what they have found."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tunewright.api.problems import InvalidInput
from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Trial
from tunewright.engine.warm_start import WarmStartUnavailableError, choose, is_due, wanted
from tunewright.local.store import DATABASE, Store
from tunewright.search.related import RelatedStudy, UnrelatedError


def warm_started(
    study: HyperparameterStudy, directory: Path, file: Path
) -> tuple[HyperparameterStudy, Sequence[RelatedStudy]]:
    """The study with its choice among the studies beside it, and what its sampler is told of them.

    Folders beside the study's own that hold no study, or one that cannot be read, are passed over.

    Args:
        study: as it begins, or goes on.
        directory: its folder.
        file: where its user's is, for messages.

    Raises:
        InvalidInput: one that it names is not there, or not finished.
    """
    chosen = study.status.warm_start is not None
    if not chosen and not is_due(study):
        return study, ()
    others = _others(directory)
    places = {study.metadata.uid: place for place, study in others.items()}

    def trials_of(other: HyperparameterStudy) -> list[Trial]:
        try:
            with Store.read(places[other.metadata.uid]) as store:
                return store.trials()
        except InvalidInput:
            raise UnrelatedError("its trials cannot be read") from None

    try:
        choice = choose(study, wanted(study, others.values()), trials_of)
    except WarmStartUnavailableError as unavailable:
        raise InvalidInput(unavailable.problems, str(file)) from None
    status = study.status.model_copy(update={"warm_start": choice.sources})
    return study.model_copy(update={"status": status}), choice.related


def _others(directory: Path) -> dict[Path, HyperparameterStudy]:
    """The studies in the folders beside this one."""
    found = {}
    own = directory.resolve()
    for database in sorted(own.parent.glob(f"*/{DATABASE}")):
        place = database.parent
        if place != own:
            with suppress(InvalidInput), Store.read(place) as store:
                found[place] = store.study()
    return found
