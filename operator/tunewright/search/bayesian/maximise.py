"""The search for the row that is worth most."""

from collections.abc import Callable

import numpy as np

from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.rows import Rows

Worth = Callable[[Array], Array]
"""What rows are worth, each: the more the better."""

DRAWN = 512
"""How many rows are drawn from the whole space."""
STARTS = 8
"""How many of the best rows are improved."""
NEIGHBOURS = 40
"""How many moves are tried from a row in a round."""
SIZES = tuple(0.25 * 0.6**turn for turn in range(8))
"""How far the moves of a round go, in parts of the distance over which the worth changes."""
WIDE = 0.5
"""The same, of the first look around the best trials."""


def maximise(
    worth: Worth, rows: Rows, centres: Array, scales: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Rows worth much, the best first, and what they are worth.

    Rows drawn from the space and mutations of `centres` come first. Then the best of them are improved by
    smaller and smaller moves along one or several columns, and by changes of a category or level.

    Args:
        worth: to be maximised.
        rows: the space.
        centres: rows about which to look more closely, of shape (n, columns).
        scales: per column, over which distance `worth` changes.
        rng: chance.
    """
    drawn = rows.drawn(rng.random((DRAWN, len(rows.columns))))
    around = [_mutations(rows, centre, scales, WIDE, rng) for centre in centres]
    candidates, found = _sorted(np.vstack([drawn, *around]), worth)
    kept, values = candidates[:STARTS], found[:STARTS]
    for size in SIZES:
        tried = np.stack([_mutations(rows, row, scales, size, rng) for row in kept])
        results = worth(tried.reshape(-1, tried.shape[2])).reshape(tried.shape[:2])
        places = np.arange(len(kept))
        choice = results.argmax(axis=1)
        better = results[places, choice] > values
        kept[better] = tried[places, choice][better]
        values[better] = results[places, choice][better]
    order = np.argsort(-np.concatenate([values, found[STARTS:]]), kind="stable")
    return np.vstack([kept, candidates[STARTS:]])[order], np.concatenate([values, found[STARTS:]])[order]


def _mutations(rows: Rows, centre: Array, scales: Array, size: float, rng: np.random.Generator) -> Array:
    """Rows near another: of each some columns have moved, and some categories changed."""
    width = len(centre)
    # One column, two, or all of them, on average; but always one.
    moved = rng.random((NEIGHBOURS, width)) < rng.choice([1.0, 2.0, width], (NEIGHBOURS, 1)) / width
    moved[np.arange(NEIGHBOURS), rng.integers(width, size=NEIGHBOURS)] = True
    steps = rng.standard_normal((NEIGHBOURS, width)) * np.minimum(scales, 1.0) * size
    block = np.repeat(centre[None, :], NEIGHBOURS, axis=0)
    for place, column in enumerate(rows.columns):
        chosen = moved[:, place]
        if column.categorical:
            block[chosen, place] = column.spread(rng.random(int(chosen.sum())))
        else:
            block[chosen, place] = column.stepped(block[chosen, place], steps[chosen, place], rng)
    return rows.canonical(block)


def _sorted(candidates: Array, worth: Worth) -> tuple[Array, Array]:
    found = worth(candidates)
    order = np.argsort(-found, kind="stable")
    return candidates[order], found[order]
