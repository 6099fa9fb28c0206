"""From what was recommended to normalised regret, side by side for several entrants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.search.cell import Cell, Curve
from benchmarks.search.errors import BenchmarkError
from benchmarks.search.tasks import task
from benchmarks.search.tasks.task import Task
from numpy.typing import NDArray

FLOOR = 1e-3

Array = NDArray[np.float64]
Curves = Mapping[str, Mapping[Cell, Curve]]  # by entrant


@dataclass(frozen=True)
class Regrets:
    """Normalised regrets of the same searches by several entrants.

    Attributes:
        tasks: those of which there is a search by each entrant.
        seeds: those that every entrant searched each of these tasks with.
        of: for each entrant an array of (task, seed, trial).
    """

    tasks: Sequence[str]
    seeds: Sequence[int]
    of: Mapping[str, Array]

    def log_means(self, entrant: str, trials: int) -> Array:
        """For each task, the mean over seeds of the log regret after so many trials."""
        means: Array = np.log(self.of[entrant][:, :, trials - 1]).mean(axis=1)
        return means

    def geometric_mean(self, entrant: str, trials: int) -> float:
        """Over seeds within a task, then over tasks."""
        return float(np.exp(self.log_means(entrant, trials).mean()))


def regret(task: Task, curve: Curve) -> Array:
    """(recommended - optimum) / (median of random configurations - optimum) after each trial, at least FLOOR.

    Before the first trial that does not fail, it is 1.
    """
    scored = np.array([task.median_random if v is None else v for v in curve], dtype=np.float64)
    return np.maximum((scored - task.optimum) / (task.median_random - task.optimum), FLOOR)


def load(curves: Curves, tasks: Sequence[str], workers: int, trials: int) -> Regrets:
    """The regrets over the first `trials` trials of what all entrants have searched.

    Raises:
        BenchmarkError: there is no search that all of them have made.
    """
    long_enough = {
        entrant: {
            (cell.task, cell.seed): curve
            for cell, curve in known.items()
            if cell.workers == workers and len(curve) >= trials
        }
        for entrant, known in curves.items()
    }
    searched = set.intersection(*(set(known) for known in long_enough.values()))
    shared = [name for name in tasks if any(name == task for task, _ in searched)]
    seeds = [seed for seed in sorted({s for _, s in searched}) if all((t, seed) in searched for t in shared)]
    if not shared or not seeds:
        who = ", ".join(curves)
        raise BenchmarkError(
            f"no seed that all of {who} have searched with {workers} workers, {trials} trials"
        )
    return Regrets(
        shared,
        seeds,
        {
            entrant: np.array(
                [[regret(task(name), known[name, seed])[:trials] for seed in seeds] for name in shared]
            )
            for entrant, known in long_enough.items()
        },
    )
