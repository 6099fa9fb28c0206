"""Configurations as rows."""

import numpy as np
import pytest
from tests.unit.search.spaces import a_space

from tunewright.search.history import Configuration
from tunewright.search.samplers.encoding import Encoding

SPACE = a_space(
    optimizer={"type": "categorical", "values": ["sgd", "adam", "rmsprop"]},
    momentum={"type": "float", "min": 0.0, "max": 1.0, "when": {"optimizer": ["sgd"]}},
    kind={"type": "categorical", "values": ["p", "q", "r"], "when": {"optimizer": ["sgd"]}},
    bias={"type": "bool"},
    width={"type": "ordinal", "values": [8, 16, 32, 64]},
    fixed={"type": "int", "min": 3, "max": 3},
)
SGD: Configuration = {
    "optimizer": "sgd",
    "momentum": 0.25,
    "kind": "r",
    "bias": True,
    "width": 16,
    "fixed": 3,
}
ADAM: Configuration = {"optimizer": "adam", "bias": False, "width": 64, "fixed": 3}


def test_rows_follow_the_space() -> None:
    encoding = Encoding(SPACE)
    assert encoding.row(SGD) == pytest.approx([1, 0, 0, 0.25, 0, 0, 1, 0.75, 0.375])
    assert encoding.row(ADAM) == pytest.approx([0, 1, 0, 0.5, 0, 0, 0, 0.25, 0.875])
    assert encoding.width == 9


def test_neighbours_are_near() -> None:
    rng = np.random.default_rng(0)
    encoding = Encoding(SPACE)
    neighbours = [encoding.neighbour(SGD, 0.01, rng) for _ in range(400)]
    assert all(SPACE.contains(neighbour) for neighbour in neighbours)
    moved = [float(n["momentum"]) for n in neighbours if "momentum" in n and n["momentum"] != 0.25]
    assert 0.005 < np.std(moved) < 0.015
    # However small the deviation, a step reaches an ordinal parameter's next value, and a category any other.
    assert {n["width"] for n in neighbours} >= {8, 16, 32}
    assert {n["optimizer"] for n in neighbours} == {"sgd", "adam", "rmsprop"}
    assert 100 < sum(n["width"] == 16 for n in neighbours) < 390


def test_what_becomes_active_is_drawn() -> None:
    rng = np.random.default_rng(0)
    encoding = Encoding(SPACE)
    neighbours = [encoding.neighbour(ADAM, 0.01, rng) for _ in range(400)]
    assert all(SPACE.contains(neighbour) for neighbour in neighbours)
    assert len({n["momentum"] for n in neighbours if n["optimizer"] == "sgd"}) > 20
