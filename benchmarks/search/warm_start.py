"""What another study's trials are worth to `auto`, and what they cost where they mislead.

    python -m benchmarks.search.warm_start [--tasks development] [--seeds 10] [--trials 50]

Each search is run cold, and warm from one other study of the same space: of a relative of the task, and of
three things that have nothing to do with it. Searches that are stored under .bench/ are not run again.
Regret, seeds and intervals are those of the benchmark.
"""

import os

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[library] = "1"  # read when numpy is imported

import argparse  # noqa: E402
import zlib  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from time import process_time  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
from benchmarks.search.cell import Cell  # noqa: E402
from benchmarks.search.comparison import ratio, trials_to_reach  # noqa: E402
from benchmarks.search.peers.pending import Pending  # noqa: E402
from benchmarks.search.regret import load  # noqa: E402
from benchmarks.search.runner import cells, missing  # noqa: E402
from benchmarks.search.simulation import simulate  # noqa: E402
from benchmarks.search.store import FOLDER, Store  # noqa: E402
from benchmarks.search.tasks import task  # noqa: E402
from benchmarks.search.tasks.task import Configuration, Task, search_space  # noqa: E402

import tunewright  # noqa: E402

Function = Callable[[Configuration], float | None]
"""What a study minimises; none where a trial fails."""

RELATED_TRIALS = 40
DRIFT = 0.07
"""By how much of its range a number's best value differs in a related study, as a standard deviation."""
AT = (10, 25, 50)

SETS = {
    # The table whose relative is another one; every other task's relative is itself, moved and rescaled.
    "development": {
        "hpolib-parkinsons": "hpolib-protein",
        "hpolib-protein": "hpolib-parkinsons",
        "bbob-rosenbrock-5": None,
        "conditional-optimizer": None,
        "failing-memory": None,
    },
    "final": {
        "hpolib-slice": "hpolib-protein",
        "nasbench201-imagenet": "nasbench201-cifar10",
        "noisy-rosenbrock-5": None,
        "conditional-layers": None,
    },
}
RELATIVES = {name: relative for tasks in SETS.values() for name, relative in tasks.items()}


class Warm:
    """`auto`, told of another study."""

    def __init__(self, problem: Task, seed: int, other: Function | None) -> None:
        related = {} if other is None else {"other": _study(problem, seed, other)}
        self._optimizer = _optimizer("auto", problem, seed, related)
        self._pending: Pending[Any] = Pending()
        self._spent = 0.0

    def ask(self) -> tuple[dict[str, Any], float]:
        began = process_time()
        (trial,) = self._optimizer.ask()
        self._pending.add(trial.parameters, trial)
        return trial.parameters, process_time() - began

    def tell(self, configuration: Configuration, value: float | None) -> None:
        _tell(self._optimizer, self._pending.pop(configuration), value)


def related(problem: Task, rng: np.random.Generator) -> Function:
    """The relative of a task."""
    name = RELATIVES[problem.name]
    if name is not None:
        return task(name).true
    axes = search_space(problem.parameters).axes
    drift = {name: DRIFT * rng.standard_normal() if axis.ordered else 0.0 for name, axis in axes.items()}
    moved = _elsewhere(problem, lambda name, unit: min(max(unit + drift[name], 0.0), 1.0))
    return lambda configuration: None if (value := moved(configuration)) is None else 10.0 + 3.0 * value


def negated(problem: Task, rng: np.random.Generator) -> Function:
    """What is good is bad."""
    here = _elsewhere(problem, lambda name, unit: unit)
    return lambda configuration: None if (value := here(configuration)) is None else -value


def mirrored(problem: Task, rng: np.random.Generator) -> Function:
    """The same with another optimum: every range is turned round, lists of categories too."""
    return _elsewhere(problem, lambda name, unit: 1.0 - unit)


def unrelated(problem: Task, rng: np.random.Generator) -> Function:
    """Values that know nothing of the configuration."""
    return lambda configuration: float(rng.standard_normal())


OTHERS = {each.__name__: each for each in (related, negated, mirrored, unrelated)}
COLD = "cold"


def _elsewhere(problem: Task, place: Callable[[str, float], float]) -> Function:
    """A task's true value not at a configuration but where `place` puts each of its parameters."""
    space = search_space(problem.parameters)

    def value(configuration: Configuration) -> float | None:
        moved: dict[str, Any] = {}
        for parameter in space.ordered:
            if parameter.active(moved):
                name, axis = parameter.name, space.axes[parameter.name]
                # A parameter that is active there alone is moved from the middle.
                unit = axis.to_unit(configuration[name]) if name in configuration else 0.5
                moved[name] = axis.from_unit(place(name, unit))
        return None if problem.fails(moved) else problem.true(moved)

    return value


def _study(problem: Task, seed: int, function: Function) -> list[Any]:
    """The trials of a finished study."""
    optimizer = _optimizer("tpe", problem, seed, {})
    results = []
    for _ in range(RELATED_TRIALS):
        (trial,) = optimizer.ask()
        value = function(trial.parameters)
        _tell(optimizer, trial, value)
        results.append((trial.parameters, None if value is None else {"value": value}))
    return results


def _optimizer(sampler: str, problem: Task, seed: int, related: dict[str, Any]) -> tunewright.Optimizer:
    spec = {
        "objectives": [{"metric": "value", "direction": "minimize"}],
        "parameters": problem.parameters,
        "initial": {"default": False},
        "algorithm": {"name": sampler, "seed": seed},
    }
    return tunewright.Optimizer(spec, related=related)


def _tell(optimizer: tunewright.Optimizer, trial: Any, value: float | None) -> None:
    if value is None:
        optimizer.tell(trial, failure="the trial failed")
    else:
        optimizer.tell(trial, {"value": value})


def _search(cell: Cell, trials: int, kind: str) -> Any:
    problem = task(cell.task)
    rng = np.random.default_rng([zlib.crc32(cell.task.encode()), cell.seed])
    other = OTHERS[kind](problem, rng) if kind != COLD else None
    return simulate(Warm(problem, cell.seed, other), problem, cell.seed, 1, trials)


def _show(store: Store, tasks: Sequence[str], entrants: Sequence[str], at: Sequence[int]) -> None:
    cold = entrants[0]
    for entrant in entrants[1:]:
        regrets = load({each: store.curves(each) for each in (cold, entrant)}, tasks, 1, max(at))
        print(f"{entrant}: {len(regrets.seeds)} seeds; regret divided by that of {cold} [95 %]")
        for subset in (regrets.tasks, *([name] for name in regrets.tasks)):
            alone = load({each: store.curves(each) for each in (cold, entrant)}, subset, 1, max(at))
            line = f"  {subset[0] if len(subset) == 1 else 'all':24}"
            for trials in at:
                found = ratio(alone, entrant, cold, trials)
                line += f"{found.ratio:8.2f} [{found.over_seeds[0]:4.2f} {found.over_seeds[1]:5.2f}]"
            print(line)
        for trials in at[:2]:
            needed = trials_to_reach(regrets, cold, entrant, trials)
            told = ", ".join(f"more than {max(at)}" if count is None else str(count) for count in needed)
            print(f"  {cold} is where it is after {trials} trials after {told}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search.warm_start", description=__doc__)
    parser.add_argument(
        "--tasks", default="development", help="development, final, or names of tasks of them"
    )
    parser.add_argument("--kinds", default=",".join(OTHERS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=max(AT))
    parser.add_argument("--label", default="", help="keeps searches with a changed `auto` apart")
    parser.add_argument("--store", type=Path, default=FOLDER.with_name("warm_start"))
    options = parser.parse_args()
    tasks = list(SETS.get(options.tasks, options.tasks.split(",")))
    kinds = [COLD, *options.kinds.split(",")]
    store = Store(options.store)
    labelled = {f"{kind}{options.label}": kind for kind in kinds}
    for cell in missing(store, cells(list(labelled), tasks, options.seeds, [1]), options.trials):
        store.append(cell, _search(cell, options.trials, labelled[cell.entrant]))
    _show(store, tasks, list(labelled), [count for count in AT if count <= options.trials])


if __name__ == "__main__":
    main()
