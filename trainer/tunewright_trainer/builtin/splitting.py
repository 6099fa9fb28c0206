"""Which samples are for training, which for validation, and which for the test."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tunewright_trainer.builtin.data import Samples
from tunewright_trainer.builtin.errors import BadInputError

Indexes = NDArray[np.int64]


class Split(NamedTuple):
    """Indexes of samples, each in exactly one part."""

    train: Indexes
    validation: Indexes
    test: Indexes


def split(samples: Samples, validation_fraction: float, test_fraction: float, seed: int) -> Split:
    """Splits at random, with each class in the same proportions; for a regression, each tenth of the targets.

    Sizes are exact to within one sample: those of the parts, and of each class in each part. Raises
    BadInputError where a part would be empty.
    """
    strata = samples.targets if samples.classes else _tenths(samples.targets)
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(len(strata))
    grouped = shuffled[np.argsort(strata[shuffled], kind="stable")]
    test, rest = _every(grouped, test_fraction)
    validation, train = _every(rest, validation_fraction / (1 - test_fraction))
    if len(train) < 2 or not len(validation) or not len(test):
        raise BadInputError(f"--dataset: {len(strata)} samples are too few to be split in three")
    return Split(np.sort(train), np.sort(validation), np.sort(test))


def _tenths(targets: NDArray[Any]) -> Indexes:
    ranks = np.argsort(np.argsort(targets, kind="stable"), kind="stable")
    return ranks * 10 // len(targets)


def _every(indexes: Indexes, fraction: float) -> tuple[Indexes, Indexes]:
    """Systematic sampling: the fraction taken at even distances, and the rest."""
    counts = np.floor(np.arange(len(indexes) + 1) * fraction + 0.5)
    taken = np.diff(counts) > 0
    return indexes[taken], indexes[~taken]
