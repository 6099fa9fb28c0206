"""Functional analysis of variance: which share of what a forest predicts is due to one parameter, or to two.

Source: Hutter, Hoos, Leyton-Brown: An Efficient Approach for Assessing Hyperparameter Importance, ICML 2014.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Protocol

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import FloatDistribution
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import create_trial

from tunewright.search.quiet import quiet_optuna

Array = NDArray[np.float64]

TREES = 8
MIN_ROWS = 10
"""Of a parameter that is active in fewer trials nothing is told."""
GRID = 8
"""At how many places along each of two parameters their interaction is looked at."""
AVERAGED = 64
"""Over how many configurations of the others."""


class Predictor(Protocol):
    """What has learned from trials."""

    def predict(self, rows: Array, /) -> Array:
        """A value for each row."""
        ...


def main_effects(places: Array, values: Array) -> Array:
    """The share of the values' variance that each column explains by itself, by Optuna's fANOVA.

    A column that is not active in all rows is looked at in those where it is; its share of their variance
    counts as far as their variance is a part of the whole.

    Args:
        places: one row per trial; from 0 to 1, or less than 0 where the parameter is not active.
        values: one per trial, not all equal.
    """
    shares = np.zeros(places.shape[1])
    groups: dict[bytes, list[int]] = {}
    for column in range(places.shape[1]):
        groups.setdefault((places[:, column] >= 0).tobytes(), []).append(column)
    for columns in groups.values():
        rows = places[:, columns[0]] >= 0
        if rows.sum() < MIN_ROWS or values[rows].var() == 0:
            continue
        found = _fanova(places[rows], values[rows])
        weight = values[rows].var() * rows.mean() / values.var()
        shares[columns] = [found[column] * weight for column in columns]
    return shares


def _fanova(places: Array, values: Array) -> list[float]:
    """The share of each column; one that is not active everywhere is there for what it does to the rest."""
    names = [str(column) for column in range(places.shape[1])]
    active = (places >= 0).mean(axis=0)
    # Below 0 is as much room, beside that from 0 to 1, as there are rows in which the column is not active.
    below = (1 - active) / np.maximum(active, 1 / len(places))
    places = np.where(places >= 0, places, -below / 2)
    distributions = {
        name: FloatDistribution(-low, 1) for name, low in zip(names, below.tolist(), strict=True)
    }
    with quiet_optuna():
        study = optuna.create_study()
        study.add_trials(
            create_trial(
                params=dict(zip(names, row, strict=True)), distributions=dict(distributions), value=value
            )
            for row, value in zip(places.tolist(), values.tolist(), strict=True)
        )
        try:
            found = FanovaImportanceEvaluator(n_trees=TREES, seed=0).evaluate(study)
        except RuntimeError:  # no tree has split anything: the rows are all but the same
            return [0.0] * len(names)
    return [float(found[name]) for name in names]


def interactions(
    forest: Predictor, background: Array, columns: Sequence[int]
) -> Mapping[tuple[int, int], float]:
    """The share of a forest's variance that two columns explain together, and neither by itself.

    From its predictions alone: over a grid of both columns, averaged over the background, less what depends
    on one of them only.

    Args:
        forest: predicts a value from a row.
        background: random rows that stand for the whole space; over the first of them is averaged.
        columns: the columns whose pairs are looked at, each active in all of the space.
    """
    variance = float(forest.predict(background).var())
    if variance == 0:
        return {}
    others = background[:AVERAGED]
    grid = (np.arange(GRID) + 0.5) / GRID
    shares = {}
    for left, right in combinations(columns, 2):
        rows = np.tile(others, (GRID * GRID, 1)).reshape(GRID, GRID, *others.shape)
        rows[..., left] = grid[:, None, None]
        rows[..., right] = grid[None, :, None]
        table = forest.predict(rows.reshape(-1, others.shape[1])).reshape(GRID, GRID, -1).mean(axis=2)
        alone = table.mean(axis=0)[None, :] + table.mean(axis=1)[:, None] - table.mean()
        shares[left, right] = float(((table - alone) ** 2).mean()) / variance
    return shares
