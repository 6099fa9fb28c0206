"""The hyperparameters of one run: the defaults, what was given over them, checked against the catalogue."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.catalog import HYPERPARAMETERS, Task


def resolve(model: str, task: Task, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every hyperparameter that the model has in this task, with the type that the catalogue says.

    Raises BadInputError for a name that is unknown or does not apply, and for a value that is not legal.
    """
    resolved: dict[str, Any] = {
        item.name: item.default
        for item in HYPERPARAMETERS.values()
        if model in item.models and task in item.tasks
    }
    for name, value in given.items():
        if name not in resolved:
            raise BadInputError(_not_one_of(name, list(resolved), f"the {model} in a {task}"))
        hyperparameter = HYPERPARAMETERS[name]
        problem = hyperparameter.problem(value)
        if problem:
            raise BadInputError(f"{name}: {problem}")
        resolved[name] = type(hyperparameter.default)(value)
    return resolved


def _not_one_of(name: str, known: list[str], what: str) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    advice = f"did you mean {close[0]}?" if close else f"it must be one of {', '.join(known)}"
    return f"{name}: not a hyperparameter of {what}; {advice}"
