"""The search for the row that is worth most."""

from collections.abc import Callable, Iterable

import numpy as np

from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.rows import Rows

Worth = Callable[[Array], Array]
"""What rows are worth, each: the more the better."""

import os as _os, json as _json
_V = _json.loads(_os.environ.get("TW_AUTO", "{}"))
DRAWN = _V.get("drawn", 512)
STARTS = _V.get("starts", 8)
ROUNDS = _V.get("rounds", 8)
NEIGHBOURS = _V.get("neighbours", 40)


def maximise(worth: Worth, rows: Rows, centres: Array, scales: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Rows worth much, the best first, and what they are worth.

    Quasi-random rows and mutations of `centres` come first; then the best of them are improved by
    moves along one or several columns, smaller and smaller ones, and by changes of one category or level.

    Args:
        worth: to be maximised.
        rows: the space.
        centres: rows about which it looks more closely, of shape (n, columns).
        scales: per column, over which distance `worth` changes.
        rng: chance.
    """
    candidates = np.vstack([
        rows.drawn(rng.random((DRAWN, len(rows.columns)))),
        *(mutations(rows, centre, scales, NEIGHBOURS, 0.5, rng) for centre in centres),
    ])
    found = np.asarray(worth(candidates))
    candidates, found = _best(candidates, found, len(candidates))
    kept, values = candidates[:STARTS], found[:STARTS]
    size = 0.25
    for _ in range(ROUNDS):
        tried = [mutations(rows, each, scales, NEIGHBOURS, size, rng) for each in kept]
        block = np.vstack(tried)
        results = np.asarray(worth(block)).reshape(len(kept), -1)
        better = results.argmax(axis=1)
        for place, choice in enumerate(better):
            if results[place, choice] > values[place]:
                kept[place] = tried[place][choice]
                values[place] = results[place, choice]
        size *= 0.6
    everything = np.vstack([kept, candidates[STARTS:]])
    return _best(everything, np.concatenate([values, found[STARTS:]]), len(everything))


def mutations(rows: Rows, centre: Array, scales: Array, count: int, size: float, rng: np.random.Generator) -> Array:
    """Rows near another: of each some columns have moved, and categories have changed."""
    width = len(centre)
    moved = rng.random((count, width)) < rng.choice([1.0, 2.0, width], (count, 1)) / width
    moved[np.arange(count), rng.integers(width, size=count)] = True
    block = np.repeat(centre[None, :], count, axis=0)
    steps = rng.standard_normal((count, width)) * np.minimum(scales, 1.0) * size
    for place, column in enumerate(rows.columns):
        chosen = moved[:, place]
        if not chosen.any():
            continue
        if column.categorical:
            block[chosen, place] = column.spread(rng.random(int(chosen.sum())))
            continue
        entries = block[chosen, place] + steps[chosen, place]
        if column.levels is not None and len(column.levels) > 1:
            # At least to the next level, or small moves would go nowhere.
            index = np.searchsorted(column.levels, column.nearest(block[chosen, place]))
            step = np.searchsorted(column.levels, column.nearest(entries)) - index
            step = np.where(step == 0, rng.choice([-1, 1], len(step)), step)
            block[chosen, place] = column.levels[np.clip(index + step, 0, len(column.levels) - 1)]
        else:
            block[chosen, place] = column.nearest(entries)
    return rows.canonical(block)


def _best(candidates: Array, found: Array, count: int) -> tuple[Array, Array]:
    order = np.argsort(-found, kind="stable")[:count]
    return candidates[order], found[order]


def distinct(blocks: Iterable[Array]) -> Array:
    """The different rows of several blocks."""
    return np.unique(np.vstack(list(blocks)), axis=0)
