"""The search for the row that is worth most."""

import numpy as np
import pytest
from tests.unit.search.spaces import a_space

from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.maximise import maximise
from tunewright.search.bayesian.rows import ABSENT, Rows
from tunewright.search.conformance import CONDITIONAL, LARGE
from tunewright.search.space import SearchSpace


def cube(width: int) -> SearchSpace:
    return a_space(**{f"x{place}": {"type": "float", "min": 0, "max": 1} for place in range(width)})


def search(worth: object, rows: Rows, seed: int = 0, centres: Array | None = None) -> tuple[Array, Array]:
    width = len(rows.columns)
    if centres is None:
        centres = rows.drawn(np.full((1, width), 0.5))
    return maximise(worth, rows, centres, np.full(width, 0.5), np.random.default_rng(seed))  # type: ignore[arg-type]


@pytest.mark.parametrize("optimum", [0.0, 0.123, 0.5, 1.0])
@pytest.mark.parametrize("width", [1, 2, 6])
def test_the_top_of_a_hill_is_found_at_the_border_too(width: int, optimum: float) -> None:
    rows = Rows(cube(width), cube(width))
    found, worths = search(lambda at: -((at - optimum) ** 2).sum(axis=1), rows)
    assert np.abs(found[0] - optimum).max() < 0.03 * width**0.5
    assert worths[0] == pytest.approx(-((found[0] - optimum) ** 2).sum())


def test_the_higher_of_two_hills_is_found_though_it_is_the_narrower_one() -> None:
    rows = Rows(cube(2), cube(2))

    def worth(at: Array) -> Array:
        wide = np.exp(-((at - 0.25) ** 2).sum(axis=1) / 0.08)
        narrow = 1.5 * np.exp(-((at - 0.8) ** 2).sum(axis=1) / 0.01)
        result: Array = wide + narrow
        return result

    assert all(np.abs(search(worth, rows, seed)[0][0] - 0.8).max() < 0.03 for seed in range(5))


def test_a_needle_beside_a_centre_is_found() -> None:
    """Where drawn rows in six columns do not come near."""
    rows, needle = Rows(cube(6), cube(6)), np.full(6, 0.37)
    found, _ = search(
        lambda at: np.exp(-((at - needle) ** 2).sum(axis=1) / 0.02), rows, centres=np.full((1, 6), 0.45)
    )
    assert np.abs(found[0] - needle).max() < 0.08


def test_the_best_of_a_mixed_space_is_found() -> None:
    """A rate, a number of layers, a category of four and a flag: which agree in one place alone."""
    space = a_space(
        rate={"type": "float", "min": 1e-5, "max": 1.0, "scale": "log"},
        layers={"type": "int", "min": 1, "max": 9},
        optimizer={"type": "categorical", "values": ["sgd", "adam", "rmsprop", "lion"]},
        bias={"type": "bool"},
    )
    rows = Rows(space, space)
    (best,) = rows.encode([{"rate": 3e-3, "layers": 7, "optimizer": "rmsprop", "bias": True}])

    def worth(at: Array) -> Array:
        near = -((at[:, 0] - best[0]) ** 2) - np.abs(at[:, 1] - best[1])
        result: Array = near - 0.5 * (at[:, 2] != best[2]) - 0.5 * (at[:, 3] != best[3])
        return result

    for seed in range(5):
        found = rows.decode(search(worth, rows, seed)[0][0])
        assert (found["layers"], found["optimizer"], found["bias"]) == (7, "rmsprop", True)
        assert 1e-3 < float(found["rate"]) < 1e-2


def test_the_best_of_a_conditional_space_is_found() -> None:
    rows = Rows(CONDITIONAL, CONDITIONAL)
    (best,) = rows.encode([{"optimizer": "sgd", "momentum": 0.9, "momentum_kind": "fixed", "nesterov": True}])
    found, _ = search(lambda at: -np.abs(at - best).sum(axis=1), rows)
    assert rows.decode(found[0]).keys() == {"optimizer", "momentum", "momentum_kind", "nesterov"}
    np.testing.assert_allclose(found[0], best, atol=0.05)


def test_rows_come_the_best_first_with_their_worth_and_each_is_legal() -> None:
    def worth(at: Array) -> Array:
        result: Array = np.sin(7 * at).sum(axis=1)
        return result

    for space in (CONDITIONAL, LARGE):
        rows = Rows(space, space)
        found, worths = search(worth, rows)
        assert (np.diff(worths) <= 0).all()
        np.testing.assert_allclose(worth(found), worths)
        np.testing.assert_array_equal(rows.canonical(found), found)


def test_centres_outside_the_part_lead_to_rows_inside() -> None:
    part = a_space(x0={"type": "float", "min": 0.4, "max": 0.6}, x1={"type": "float", "min": 0, "max": 1})
    rows = Rows(cube(2), part)
    found, _ = search(lambda at: -at.sum(axis=1), rows, centres=np.zeros((2, 2)))
    assert found[:, 0].min() >= 0.4 - 1e-9
    assert found[:, 0].max() <= 0.6 + 1e-9
    assert found[0] == pytest.approx([0.4, 0.0], abs=0.02)


def test_where_all_is_worth_the_same_it_ends_and_gives_many_to_choose_from() -> None:
    rows = Rows(cube(2), cube(2))
    for level in (0.0, -np.inf):
        found, _ = search(lambda at, level=level: np.full(len(at), level), rows)
        assert len(np.unique(found.round(3), axis=0)) > 300


def test_a_single_category_is_found() -> None:
    space = a_space(x={"type": "categorical", "values": list("abcdefgh")})
    rows = Rows(space, space)
    found, _ = search(lambda at: -np.abs(at[:, 0] - 5), rows)
    assert rows.decode(found[0]) == {"x": "f"}
    assert ABSENT not in found


def test_the_same_chance_gives_the_same_rows() -> None:
    rows = Rows(LARGE, LARGE)
    one, other = (search(lambda at: at.sum(axis=1), rows, seed=3)[0] for _ in range(2))
    np.testing.assert_array_equal(one, other)
