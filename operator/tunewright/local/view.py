"""A study in its folder, as a report sees it."""

from pathlib import Path

from tunewright.engine.facts import AttemptKey
from tunewright.local.attempts import attempt_directory
from tunewright.local.shim import LOG
from tunewright.local.store import Store
from tunewright.report.view import StudyView


def view_of(directory: Path) -> StudyView:
    """The study in `directory`, also while it runs.

    Raises:
        InvalidInput: there is none, or it cannot be read.
    """
    with Store.read(directory) as store:
        study, trials, curves = store.study(), store.trials(), store.curves()
    logs = {}
    for trial in trials:
        if trial.status.attempts:
            key = AttemptKey(trial.name, trial.status.attempts[-1].number)
            logs[trial.name] = str(attempt_directory(directory, key) / LOG)
    return StudyView(study, trials, curves, logs)
