"""From traces to normalised regret, side by side for several entrants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.search.simulation import Trace
from benchmarks.search.store import Cell, Store
from benchmarks.search.tasks import task
from benchmarks.search.tasks.task import Task
from numpy.typing import NDArray

FLOOR = 1e-3

Array = NDArray[np.float64]


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
        return np.log(self.of[entrant][:, :, trials - 1]).mean(axis=1)

    def geometric_mean(self, entrant: str, trials: int) -> float:
        """Over seeds within a task, then over tasks."""
        return float(np.exp(self.log_means(entrant, trials).mean()))


def regret(task: Task, trace: Trace) -> Array:
    """(recommended - optimum) / (median of random configurations - optimum) after each trial, at least FLOOR.

    Before the first trial that does not fail, it is 1.
    """
    scored = np.array([task.median_random if v is None else v for v in trace.recommended], dtype=np.float64)
    return np.maximum((scored - task.optimum) / (task.median_random - task.optimum), FLOOR)


def load(store: Store, entrants: Sequence[str], tasks: Sequence[str], workers: int, trials: int) -> Regrets:
    """The regrets over the first `trials` trials of what all entrants have searched.

    Raises:
        LookupError: there is no search that all of them have made.
    """
    traces = {
        cell: trace
        for entrant in entrants
        for cell, trace in store.traces(entrant).items()
        if cell.workers == workers and len(trace.observed) >= trials
    }
    seeds_of = {
        name: set.intersection(*(_seeds(traces, entrant, name) for entrant in entrants)) for name in tasks
    }
    shared = [name for name in tasks if seeds_of[name]]
    seeds = sorted(set.intersection(*(seeds_of[name] for name in shared))) if shared else []
    if not seeds:
        raise LookupError(
            f"no task was searched with one seed, {workers} workers and {trials} trials by all of "
            + ", ".join(entrants)
        )
    return Regrets(
        shared,
        seeds,
        {
            entrant: np.array(
                [
                    [
                        regret(task(name), traces[Cell(entrant, name, seed, workers)])[:trials]
                        for seed in seeds
                    ]
                    for name in shared
                ]
            )
            for entrant in entrants
        },
    )


def _seeds(traces: Mapping[Cell, Trace], entrant: str, task: str) -> set[int]:
    return {cell.seed for cell in traces if (cell.entrant, cell.task) == (entrant, task)}
