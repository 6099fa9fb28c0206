"""Trains every configuration of two grids with the built-in trainer, on one thread, and writes the tables.

    nice -n 15 python -m benchmarks.search.tasks.record_trainings [TASK ...]

A configuration's loss is the lowest validation loss of its epochs. Repeats differ in the weights and in the
order of samples, not in how the data are split. A table takes a minute or two of processor time.
"""

import csv
import itertools
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from benchmarks.search.tasks.references import TABLES

from tunewright_trainer.builtin import data, hyperparameters, splitting
from tunewright_trainer.builtin.models import build
from tunewright_trainer.builtin.preprocessing import Parts
from tunewright_trainer.builtin.training import Training

REPEATS = 2


@dataclass(frozen=True)
class Grid:
    """What is trained, for how long, and the values of each hyperparameter."""

    dataset: str
    epochs: int
    values: Mapping[str, Sequence[Any]]


GRIDS = {
    "trainer-digits": Grid(
        "digits",
        epochs=4,
        values={
            "learning_rate": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2],
            "batch_size": [32, 128],
            "optimizer": ["sgd", "adam"],
            "width": [16, 64, 256],
            "depth": [1, 3],
            "dropout": [0.0, 0.3],
            "normalization": ["none", "batch"],
        },
    ),
    "trainer-wine": Grid(
        "wine",
        epochs=15,
        values={
            "learning_rate": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2],
            "batch_size": [8, 32],
            "optimizer": ["sgd", "adam"],
            "width": [4, 16, 64],
            "depth": [1, 2],
            "activation": ["relu", "tanh", "gelu"],
        },
    ),
}


def record(name: str) -> None:
    """Writes one table."""
    grid = GRIDS[name]
    samples = data.load(grid.dataset)
    parts = Parts(samples, splitting.split(samples, 0.3, 0.2, seed=0), torch.device("cpu"))
    repeats = range(REPEATS)
    rows = [[*grid.values, *(f"loss_{n}" for n in repeats), *(f"seconds_{n}" for n in repeats)]]
    for values in itertools.product(*grid.values.values()):
        given = hyperparameters.resolve("mlp", samples.task, dict(zip(grid.values, values, strict=True)))
        runs = [_train(given, samples, parts, grid.epochs, seed) for seed in repeats]
        losses, seconds = zip(*runs, strict=True)
        rows.append([*map(str, values), *(f"{number:.5g}" for number in (*losses, *seconds))])
    with (TABLES / f"{name}.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _train(
    given: Mapping[str, Any], samples: data.Samples, parts: Parts, epochs: int, seed: int
) -> tuple[float, float]:
    """The lowest validation loss, and processor seconds."""
    began = time.process_time()
    torch.manual_seed(seed)
    model = build("mlp", given, samples.features.shape[1:], samples.classes)
    training = Training(model, parts, given, epochs, seed, ranked_by="validation_loss")
    while not training.finished:
        training.run_epoch()
    return training.progress.lowest_validation_loss, time.process_time() - began


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or GRIDS:
        record(name)
