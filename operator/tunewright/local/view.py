"""A study in its folder, as a report sees it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from tunewright.engine.facts import AttemptKey
from tunewright.local.attempts import attempt_directory
from tunewright.local.shim import LOG
from tunewright.local.store import Store
from tunewright.report.view import Curve, StudyView

_KEPT = 64
"""Of how many trials the curves are kept in memory: those that a report draws, which it asks for again."""


@contextmanager
def view_of(directory: Path) -> Iterator[StudyView]:
    """The study in `directory`, also while it runs: as it is now, for as long as the block lasts.

    Raises:
        InvalidInput: there is none, or it cannot be read.
    """
    with Store.read(directory) as store:
        trials = store.trials()
        logs = {}
        for trial in trials:
            if trial.status.attempts:
                key = AttemptKey(trial.name, trial.status.attempts[-1].number)
                logs[trial.name] = str(attempt_directory(directory, key) / LOG)
        yield StudyView(store.study(), trials, _StoredCurves(store), logs)


class _StoredCurves(Mapping[str, Mapping[str, Curve]]):
    """The curves by trial name and metric, read when asked for: all at once may not fit into memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read = lru_cache(_KEPT)(store.curves)

    def __getitem__(self, trial: str) -> Mapping[str, Curve]:
        found = self._read(trial)
        if not found:
            raise KeyError(trial)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.with_curves())

    def __len__(self) -> int:
        return len(self._store.with_curves())
