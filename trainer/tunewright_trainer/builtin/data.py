"""Data sets: those that ship with scikit-learn, and files of the user's own."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.catalog import DATASETS, Task


@dataclass(frozen=True)
class Samples:
    """A whole data set, as it was read."""

    features: NDArray[np.float32]
    """(samples, features); images (samples, channels, height, width)."""
    targets: NDArray[Any]
    """(samples,): class indexes, int64; or for a regression numbers, float32."""
    classes: int
    """Number of classes; 0 for a regression."""

    @property
    def task(self) -> Task:
        return "classification" if self.classes else "regression"

    @property
    def are_images(self) -> bool:
        return self.features.ndim == 4


def load(dataset: str, target: str | None = None) -> Samples:
    """Reads a data set by its name in the catalogue, or a file by its path.

    `target` names the column of a .csv file to predict; None is the last one. A target of whole numbers or of
    text makes classes, one of numbers with a decimal point makes a regression. Raises BadInputError.
    """
    path = Path(dataset)
    if target is not None and path.suffix != ".csv":
        raise BadInputError(f"--target: only a .csv file has columns to choose from; {dataset} has none")
    try:
        if dataset in DATASETS:
            return _read_shipped(dataset)
        if path.suffix == ".npz":
            return _read_npz(path)
        if path.suffix == ".csv":
            return _read_csv(path, target)
    except (OSError, ValueError, zipfile.BadZipFile, csv.Error) as error:
        if isinstance(error, BadInputError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise BadInputError(f"--dataset: {dataset} cannot be read: {reason}") from None
    known = ", ".join(DATASETS)
    raise BadInputError(
        f"--dataset: {dataset!r} is neither one of {known} nor the path of a .npz or .csv file"
    )


def _read_shipped(name: str) -> Samples:
    """Reads the file that scikit-learn ships: importing scikit-learn takes longer than a training on it."""
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise BadInputError(f"--dataset: {name} comes with scikit-learn, which is not installed")
    directory = Path(package.origin).parent / "datasets" / "data"
    if name == "diabetes":
        features = np.loadtxt(directory / "diabetes_data_raw.csv.gz")
        return _samples(name, features, np.loadtxt(directory / "diabetes_target.csv.gz"))
    if name == "digits":
        table = np.loadtxt(directory / "digits.csv.gz", delimiter=",")
        return _samples(name, table[:, :-1].reshape(-1, 8, 8), table[:, -1].astype(np.int64))
    file = "wine_data.csv" if name == "wine" else f"{name}.csv"
    table = np.loadtxt(directory / file, delimiter=",", skiprows=1)
    return _samples(name, table[:, :-1], table[:, -1].astype(np.int64))


def _read_npz(path: Path) -> Samples:
    with path.open("rb") as file, np.load(file) as arrays:  # no pickles: a data file must not run code
        missing = {"X", "y"} - set(arrays.files)
        if missing:
            raise BadInputError(f"--dataset: {path} has no array {min(missing)!r}; it must have X and y")
        return _samples(str(path), arrays["X"], arrays["y"])


def _read_csv(path: Path, target: str | None) -> Samples:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        names = next(reader, [])
        rows = [(reader.line_num, row) for row in reader if row]
    if not rows:
        raise BadInputError(
            f"--dataset: {path} must have a line of column names and lines of values below it"
        )
    name = names[-1] if target is None else target
    if names.count(name) != 1:
        raise BadInputError(
            f"--target: {path} must have one column {name!r}; its columns are {', '.join(names)}"
        )
    chosen = names.index(name)
    features = np.empty((len(rows), len(names) - 1), dtype=np.float32)
    for index, (line, row) in enumerate(rows):
        if len(row) != len(names):
            raise BadInputError(f"--dataset: {path}, line {line}: {len(row)} values for {len(names)} columns")
        cells = [(names[i], cell) for i, cell in enumerate(row) if i != chosen]
        for position, (column, cell) in enumerate(cells):
            try:
                features[index, position] = float(cell)
            except ValueError:
                where = f"{path}, line {line}, column {column!r}"
                raise BadInputError(
                    f"--dataset: {where}: {cell!r} is not a number; features must be"
                ) from None
    return _samples(str(path), features, _parsed([row[chosen] for _, row in rows]))


def _parsed(cells: list[str]) -> NDArray[Any]:
    for kind in (int, float):
        try:
            return np.array([kind(cell) for cell in cells])
        except ValueError:
            continue
    return np.array(cells)


def _samples(name: str, features: NDArray[Any], targets: NDArray[Any]) -> Samples:
    """Checks shapes and types, and turns targets into class indexes where they are classes."""
    if features.ndim == 3:
        features = features[:, np.newaxis]
    if features.ndim not in (2, 4) or features.dtype.kind not in "buif" or 0 in features.shape:
        shape = f"{features.dtype} {features.shape}"
        raise BadInputError(
            f"--dataset: {name}: X must hold a row of numbers, or an image, per sample; it is {shape}"
        )
    if targets.shape != features.shape[:1] or targets.dtype.kind not in "buifU":
        shape = f"{targets.dtype} {targets.shape}"
        raise BadInputError(
            f"--dataset: {name}: y must hold one value for each of the {len(features)} samples; it is {shape}"
        )
    if targets.dtype.kind == "f":
        return Samples(features.astype(np.float32), targets.astype(np.float32), classes=0)
    labels, indexes = np.unique(targets, return_inverse=True)
    if not 2 <= len(labels) <= len(targets) // 2:
        advice = "for a regression give the numbers with a decimal point"
        raise BadInputError(f"--dataset: {name}: {len(labels)} classes in {len(targets)} samples; {advice}")
    return Samples(features.astype(np.float32), indexes.astype(np.int64), classes=len(labels))
