"""Trainings of the built-in trainer on data that ships with scikit-learn: a network's validation loss.

`python -m benchmarks.search.tasks.record_trainings` made the tables: a column for each parameter, and for
each repeat a loss and its seconds.
"""

import csv
from typing import Any

import numpy as np
from benchmarks.search.tasks.references import TABLES
from benchmarks.search.tasks.table import TableTask


def training(name: str) -> TableTask:
    """The task whose table has this name."""
    with (TABLES / f"{name}.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    parameters = [
        _parameter(column, list(dict.fromkeys(row[index] for row in rows)))
        for index, column in enumerate(header)
        if not column.startswith(("loss_", "seconds_"))
    ]
    shape = [len(parameter["values"]) for parameter in parameters]
    measured = np.array([row[len(parameters) :] for row in rows], dtype=np.float64).reshape(*shape, -1)
    losses, seconds = np.split(measured, 2, axis=-1)
    return TableTask(name, parameters, losses, seconds)


def _parameter(name: str, texts: list[str]) -> dict[str, Any]:
    """A parameter of a grid; the last one of the table varies fastest."""
    values = [_value(text) for text in texts]
    return {
        "name": name,
        "type": "categorical" if isinstance(values[0], str) else "ordinal",
        "values": values,
    }


def _value(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
