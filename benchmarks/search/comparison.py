"""Whether one entrant's regret is less than another's, and how sure that is."""

from dataclasses import dataclass

import numpy as np
from benchmarks.search.regret import Array, Regrets

REPLICATES = 4_000
COVERED = 0.95


@dataclass(frozen=True)
class Ratio:
    """One geometric mean regret divided by another, with paired bootstrap intervals of COVERED.

    Attributes:
        over_seeds: how much it varies with the seeds, on these tasks.
        over_tasks: how much it varies with the tasks too, as if they were drawn from many alike.
    """

    ratio: float
    over_seeds: tuple[float, float]
    over_tasks: tuple[float, float]


def ratio(regrets: Regrets, entrant: str, reference: str, trials: int) -> Ratio:
    """How the regret of an entrant compares with the reference's after so many trials; below 1 is better."""
    differences = np.log(regrets.of[entrant][:, :, trials - 1] / regrets.of[reference][:, :, trials - 1])
    tasks, seeds = differences.shape
    rng = np.random.default_rng(0)
    drawn_seeds = rng.integers(seeds, size=(REPLICATES, tasks, seeds))
    drawn_tasks = rng.integers(tasks, size=(REPLICATES, tasks, 1))
    return Ratio(
        float(np.exp(differences.mean())),
        _interval(differences[np.arange(tasks)[:, None], drawn_seeds]),
        _interval(differences[drawn_tasks, drawn_seeds]),
    )


def mean_ranks(regrets: Regrets, trials: int) -> dict[str, float]:
    """Each entrant's place among all, 1 the best, equal ones sharing theirs, over all searches."""
    stacked = np.stack([regret[:, :, trials - 1] for regret in regrets.of.values()])
    better = (stacked[None] < stacked[:, None]).sum(axis=1)
    equal = (stacked[None] == stacked[:, None]).sum(axis=1)
    ranks = (1.0 + better + (equal - 1) / 2.0).mean(axis=(1, 2))
    return dict(zip(regrets.of, ranks.tolist(), strict=True))


def trials_to_reach(regrets: Regrets, entrant: str, reference: str, trials: int) -> list[int | None]:
    """For each task, how many trials an entrant takes to be where the reference is after so many.

    Both are medians over seeds; none where the entrant does not get there.
    """
    targets = np.median(regrets.of[reference][:, :, trials - 1], axis=1)
    reached = np.median(regrets.of[entrant], axis=1) <= targets[:, None]
    return [int(row.argmax()) + 1 if row.any() else None for row in reached]


def _interval(resampled: Array) -> tuple[float, float]:
    """`resampled` is (replicate, task, seed) of log ratios."""
    tail = (1.0 - COVERED) / 2.0
    low, high = np.quantile(resampled.mean(axis=(1, 2)), [tail, 1.0 - tail])
    return float(np.exp(low)), float(np.exp(high))
