"""Records the optimum and the median of random configurations of the tasks that compute their values.

    python -m benchmarks.search.tasks.record_references [TASK ...]

Where no formula tells the optimum, it is searched for among true values, six to a thousand times as long as a
sampler may. What a sampler finds below it counts as regret 0 (see `regret.FLOOR`).
"""

import csv
import math
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import chdir
from operator import itemgetter

import numpy as np
from benchmarks.search.tasks import FAMILIES, task
from benchmarks.search.tasks.estimators import EstimatorTask
from benchmarks.search.tasks.function import FunctionTask
from benchmarks.search.tasks.references import FILE
from benchmarks.search.tasks.task import Task, search_space
from numpy.typing import NDArray

RANDOM = {FunctionTask: 2_000, EstimatorTask: 300}  # configurations whose median is taken
KEPT = 20  # of the best, whose neighbours are tried
SEARCHED = {FunctionTask: 100_000, EstimatorTask: 600}  # as many as their price allows


def record(names: Sequence[str]) -> None:
    """Adds these tasks to the file, in the place of what it says of them."""
    rows = {}
    if FILE.exists():
        with FILE.open(newline="") as file:
            rows = {row["task"]: row for row in csv.DictReader(file)}
    for name in names:
        rows[name] = {"task": name, **_reference(task(name))}
        print(rows[name], flush=True)
        FILE.parent.mkdir(exist_ok=True)
        with FILE.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["task", "optimum", "median_random"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[name] for name in sorted(rows))


def _reference(task: Task) -> dict[str, str]:
    rng = np.random.default_rng(0)
    space = search_space(task.parameters)

    def value(point: NDArray[np.float64]) -> float:
        configuration = space.configuration(point.tolist())
        return math.inf if task.fails(configuration) else task.true(configuration)

    points = rng.random((RANDOM[type(task)], len(space.ordered)))
    random = sorted(((value(point), point) for point in points), key=itemgetter(0))
    median = statistics.median(found for found, _ in random if found < math.inf)
    if isinstance(task, FunctionTask) and task.exact_optimum:
        optimum = task.exact_optimum()
    else:
        optimum = _search(value, random[:KEPT], SEARCHED[type(task)], rng)
    return {"optimum": f"{optimum:.8g}", "median_random": f"{median:.8g}"}


def _search(
    value: Callable[[NDArray[np.float64]], float],
    best: list[tuple[float, NDArray[np.float64]]],
    count: int,
    rng: np.random.Generator,
) -> float:
    """The least value found among neighbours, near and far, of the best points so far."""
    for _ in range(count):
        point = best[rng.integers(len(best))][1]
        moved = rng.random(len(point)) < max(1.5 / len(point), 0.3)
        steps = rng.standard_normal(len(point)) * 10.0 ** rng.uniform(-4.0, 0.0)
        neighbour = np.clip(np.where(moved, point + steps, point), 0.0, 1.0)
        found = value(neighbour)
        if found < best[-1][0]:
            best = sorted([*best[:-1], (found, neighbour)], key=itemgetter(0))
    return best[0][0]


if __name__ == "__main__":
    names = [name for family in FAMILIES.values() for name in family]
    wanted = sys.argv[1:] or [name for name in names if type(task(name)) in SEARCHED]
    with tempfile.TemporaryDirectory() as directory, chdir(directory):
        record(wanted)
