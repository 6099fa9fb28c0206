"""The objectives of ended trials as one column of numbers that a model can be fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunewright.api.study import Objective
from tunewright.search.bayesian.trials import signs_of
from tunewright.search.history import Evaluated

FAR = 3.0
"""Values worse than the median by more than this many times its distance from the best are drawn in."""
SUM_WEIGHT = 0.05
"""ParEGO's weight of the sum beside the greatest of the weighted objectives."""


@dataclass(frozen=True)
class Losses:
    """One loss per trial: the lower the better, mean 0 and standard deviation 1.

    Attributes:
        values: the losses, in the order of the trials.
        scale, origin: a loss times `scale` plus `origin` is the objective's value, of a single objective;
            `scale` is negative where it is maximised. None of several objectives.
    """

    values: NDArray[np.float64]
    scale: float | None
    origin: float | None


def losses_of(
    trials: Sequence[Evaluated], objectives: Sequence[Objective], rng: np.random.Generator
) -> Losses:
    """The losses of ended trials, at least one of which has values; a failed one is as bad as the worst.

    (Or worse, where all values are alike.)

    Of several objectives it is their augmented Chebyshev sum with random weights (Knowles, ParEGO, IEEE
    Transactions on Evolutionary Computation 10, 2006).
    """
    succeeded = np.array([trial.values is not None for trial in trials])
    table = np.array([trial.values for trial in trials if trial.values is not None], dtype=np.float64)
    # Before anything else, so that sums of values near the end of floating point stay within it.
    magnitudes = np.maximum(np.abs(table).max(axis=0), np.finfo(np.float64).tiny)
    signs = signs_of(objectives)
    columns = _draw_in(table / magnitudes * signs)
    single = columns[:, 0] if len(objectives) == 1 else _chebyshev(columns, rng)
    low, high = single.min(), single.max()
    losses = np.full(len(trials), high if high > low else high + 1)
    losses[succeeded] = single
    mean, deviation = float(losses.mean()), float(losses.std()) or 1.0
    values = (losses - mean) / deviation
    if len(objectives) > 1:
        return Losses(values, None, None)
    unit = float(magnitudes[0] * signs[0])
    return Losses(values, deviation * unit, mean * unit)


def _draw_in(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """One diverged training must not flatten the differences of all others."""
    median = np.median(columns, axis=0)
    reach = FAR * (median - columns.min(axis=0))
    return np.where(reach > 0, np.minimum(columns, median + reach), columns)


def _chebyshev(columns: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    low, high = columns.min(axis=0), columns.max(axis=0)
    weights = rng.dirichlet(np.ones(columns.shape[1]))
    weighted = weights * (columns - low) / np.where(high > low, high - low, 1.0)
    chebyshev: NDArray[np.float64] = weighted.max(axis=1) + SUM_WEIGHT * weighted.sum(axis=1)
    return chebyshev
