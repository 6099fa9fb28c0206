from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.datasets

from tunewright_trainer.builtin.data import load
from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.catalog import DATASETS


@pytest.mark.parametrize("name", DATASETS)
def test_shipped_data_is_what_scikit_learn_loads(name: str) -> None:
    options = {"scaled": False} if name == "diabetes" else {}
    expected = getattr(sklearn.datasets, f"load_{name}")(**options)

    samples = load(name)

    shape = (-1, 1, 8, 8) if name == "digits" else (-1, expected.data.shape[1])
    np.testing.assert_array_equal(samples.features, expected.data.reshape(shape).astype(np.float32))
    np.testing.assert_array_equal(samples.targets, expected.target.astype(samples.targets.dtype))
    assert samples.task == DATASETS[name].task
    assert samples.are_images == DATASETS[name].images
    assert samples.classes == (len(expected.target_names) if samples.task == "classification" else 0)


def test_npz_of_images(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, X=np.ones((6, 5, 4), np.uint8), y=np.array([3, 3, 9, 9, 3, 9]))

    samples = load(str(path))

    assert samples.features.shape == (6, 1, 5, 4)
    assert samples.features.dtype == np.float32
    assert samples.targets.tolist() == [0, 0, 1, 1, 0, 1]
    assert samples.classes == 2


def test_npz_of_numbers_is_a_regression(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, X=np.ones((3, 2)), y=np.array([1.0, 2.0, 3.0]))

    assert load(str(path)).task == "regression"


@pytest.mark.parametrize(
    ("target", "task", "targets"),
    [
        (None, "classification", [1, 0, 1, 0]),
        ("size", "classification", [0, 0, 1, 1]),
        ("price", "regression", [1.0, 2.5, 1.0, 3.0]),
    ],
)
def test_csv(tmp_path: Path, target: str | None, task: str, targets: list[float]) -> None:
    numeric = "kind" if target else "x"
    rows = ["1.0,0,7,b", "2.5,0,8,a", "1.0,1,9,b", "3,1,10,a"]
    if target:
        rows = [row.replace("b", "1").replace("a", "0") for row in rows]
    path = tmp_path / "data.csv"
    path.write_text("\ufeffprice,size,y," + numeric + "\n" + "\n".join(rows) + "\n\n", encoding="utf-8")

    samples = load(str(path), target)

    assert samples.task == task
    assert samples.targets.tolist() == targets
    assert samples.features.shape == (4, 3)
    assert samples.features[3, -2 if target else -1] == 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "must have a line of column names"),
        ("a,b\n", "must have a line of column names"),
        ("a,b\n1,2\n1\n", "line 3: 1 values for 2 columns"),
        ("a,b\n1,0\n,1\n", "line 3, column 'a': '' is not a number"),
        ("a,b\n1,0\nred,1\n", "line 3, column 'a': 'red' is not a number"),
        (
            "a,b\n1,1\n2,2\n3,3\n",
            "3 classes in 3 samples; for a regression give the numbers with a decimal",
        ),
        ("a,b\n1,1\n2,1\n", "1 classes in 2 samples"),
        ("b\n1\n1\n2\n2\n", "X must hold a row of numbers"),
        (b"a,b\n\xff\xfe,1\n", "cannot be read: 'utf-8' codec"),
    ],
)
def test_a_bad_csv_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(BadInputError, match=message):
        load(str(path))


def test_an_unknown_or_doubled_target_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b,b\n1,2,3\n")

    with pytest.raises(BadInputError, match="one column 'c'; its columns are a, b, b"):
        load(str(path), "c")
    with pytest.raises(BadInputError, match="one column 'b'"):
        load(str(path))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": np.ones((4, 2))}, "no array 'y'"),
        ({"X": np.ones(4), "y": np.arange(4)}, "X must hold a row of numbers"),
        ({"X": np.ones((0, 4)), "y": np.arange(0)}, "X must hold a row of numbers"),
        ({"X": np.ones((4, 2), complex), "y": np.arange(4)}, "X must hold a row of numbers"),
        ({"X": np.ones((4, 2)), "y": np.arange(5)}, "y must hold one value for each of the 4 samples"),
        ({"X": np.ones((4, 2)), "y": np.ones((4, 2))}, "y must hold one value"),
        ({"X": np.array([{}, {}]), "y": np.arange(2)}, "cannot be read: Object arrays"),
    ],
)
def test_a_bad_npz_is_refused(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, **arrays)

    with pytest.raises(BadInputError, match=message):
        load(str(path))


@pytest.mark.parametrize(
    ("dataset", "target", "message"),
    [
        ("mnist", None, "--dataset: 'mnist' is neither one of digits, breast_cancer"),
        ("none.csv", None, "none.csv cannot be read: No such file"),
        ("none.npz", None, "none.npz cannot be read: No such file"),
        ("digits", "y", "--target: only a .csv file has columns"),
    ],
)
def test_an_unknown_data_set_is_refused(dataset: str, target: str | None, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        load(dataset, target)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(b"PK\x03\x04 broken")

    with pytest.raises(BadInputError, match="cannot be read"):
        load(str(path))
