"""Configurations as rows, and rows as configurations."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.search.spaces import a_space, conditional_spaces

from tunewright.api.stages import Stage
from tunewright.search.bayesian.rows import ABSENT, MIDDLE, Rows
from tunewright.search.conformance import CONDITIONAL, EXTREME, MIXED, PRIORS
from tunewright.search.history import Configuration
from tunewright.search.space import SearchSpace
from tunewright.search.stage import Incumbent, part_of

SPACES = [MIXED, CONDITIONAL, PRIORS, EXTREME]
LAYERED = a_space(
    model={"type": "categorical", "values": ["tree", "net", "linear"]},
    net={"type": "categorical", "values": ["mlp"], "when": {"model": ["net"]}},
    width={"type": "ordinal", "values": [16, 32], "when": {"net": ["mlp"]}},
    norm={"type": "bool", "when": {"model": ["net", "linear"]}},
    kind={"type": "categorical", "values": ["a", "b", "c"], "when": {"norm": [True]}},
)


def some_configuration(space: SearchSpace, rng: random.Random) -> Configuration:
    return space.configuration([rng.random() for _ in space.ordered])


def some_part(space: SearchSpace, rng: random.Random) -> SearchSpace:
    """Some parameters are fixed, the ranges of others are narrowed, around some configuration."""
    tuned = rng.sample([each.name for each in space.parameters], rng.randint(1, len(space.parameters)))
    narrow = rng.choice([None, 0.05, 0.5])
    stage = Stage(name="part", parameters=tuned, narrow=narrow)
    return part_of(space, stage, Incumbent(some_configuration(space, rng), 5)).space


whole_spaces = st.one_of(st.sampled_from([*SPACES, LAYERED]), conditional_spaces())


@given(whole_spaces, st.randoms(use_true_random=False))
def test_a_configuration_comes_back_from_its_row(space: SearchSpace, rng: random.Random) -> None:
    rows = Rows(space, space)
    configurations = [some_configuration(space, rng) for _ in range(4)]
    table = rows.encode(configurations)
    assert table.shape == (4, len(rows.columns))
    for row, configuration in zip(table, configurations, strict=True):
        again = rows.decode(row)
        assert space.contains(again)
        if space is not EXTREME and space is not PRIORS:  # Values so near each other have one entry.
            assert again == configuration
        np.testing.assert_allclose(rows.encode([again])[0], row, atol=1e-9)


@given(whole_spaces, st.randoms(use_true_random=False), st.integers(0, 2**32))
def test_what_is_drawn_or_made_canonical_is_legal_in_the_part_and_its_own_row(
    space: SearchSpace, rng: random.Random, seed: int
) -> None:
    part = rng.choice([space, some_part(space, rng)])
    rows = Rows(space, part)
    units = np.random.default_rng(seed).random((8, len(rows.columns)))
    drawn = rows.drawn(units)
    # Any mixture of legal rows, of outside ones and of inactive entries.
    outside = rows.encode([some_configuration(space, rng) for _ in range(8)])
    mixed = rows.canonical(np.where(units < 0.3, drawn, np.where(units < 0.6, outside, rows.absent)))
    for table in (drawn, mixed, rows.canonical(outside)):
        np.testing.assert_array_equal(rows.canonical(table), table)
        configurations = [rows.decode(row) for row in table]
        assert all(part.contains(configuration) for configuration in configurations)
        if space is not EXTREME:
            np.testing.assert_allclose(rows.encode(configurations), table, atol=1e-9)


@given(st.randoms(use_true_random=False))
def test_a_row_outside_the_part_decodes_into_it(rng: random.Random) -> None:
    for space in SPACES:
        part = some_part(space, rng)
        rows = Rows(space, part)
        for row in rows.encode([some_configuration(space, rng)]):
            assert part.contains(rows.decode(row))


def test_inactive_numbers_stand_in_the_middle_and_inactive_categories_are_one_of_their_own() -> None:
    rows = Rows(LAYERED, LAYERED)
    assert [column.name for column in rows.columns] == ["model", "width", "norm", "kind"]
    np.testing.assert_array_equal(rows.categorical, [True, False, False, True])
    np.testing.assert_array_equal(
        rows.encode([{"model": "tree"}, {"model": "net", "net": "mlp", "width": 32, "norm": False}]),
        [[0, MIDDLE, MIDDLE, ABSENT], [1, 0.75, 0.25, ABSENT]],
    )


def test_what_becomes_active_becomes_legal_and_what_becomes_inactive_stands_as_such() -> None:
    rows = Rows(LAYERED, LAYERED)
    inactive, active = rows.encode(
        [{"model": "tree"}, {"model": "net", "net": "mlp", "width": 32, "norm": True, "kind": "c"}]
    )
    woken = inactive.copy()
    woken[0] = active[0]
    np.testing.assert_array_equal(rows.canonical(woken[None])[0], [1, 0.25, 0.25, ABSENT])
    asleep = active.copy()
    asleep[0] = inactive[0]
    np.testing.assert_array_equal(rows.canonical(asleep[None])[0], inactive)


def test_a_condition_holds_through_a_parameter_of_one_value() -> None:
    """`net` has no column, but is active only beside one model."""
    rows = Rows(LAYERED, LAYERED)
    canonical = rows.canonical(np.array([[0, 0.75, MIDDLE, ABSENT], [1, 0.75, 0.25, ABSENT]]))
    assert canonical[:, 1].tolist() == [MIDDLE, 0.75]


def test_draws_are_spread_evenly() -> None:
    rows = Rows(MIXED, MIXED)
    drawn = rows.drawn(np.random.default_rng(0).random((4000, len(rows.columns))))
    for place, column in enumerate(rows.columns):
        if column.levels is None:
            assert np.histogram(drawn[:, place], 5, (0, 1))[0].min() > 700
        elif column.name != "batch_size":  # It is spread along its logarithm.
            counts = np.unique(drawn[:, place], return_counts=True)[1]
            assert counts.min() > 0.8 * 4000 / len(column.levels)


@pytest.mark.parametrize("entry", [0.0, 0.3, 0.5, 1.0])
def test_a_step_of_levels_is_at_least_one_level(entry: float) -> None:
    space = a_space(layers={"type": "int", "min": 1, "max": 6})
    (column,) = Rows(space, space).columns
    assert column.levels is not None
    start = column.nearest(np.full(50, entry))
    ended = column.stepped(start, np.full(50, 1e-9), np.random.default_rng(0))
    inner = (start > column.low) & (start < column.high)
    assert (ended[inner] != start[inner]).all()
    assert np.isin(ended, column.levels).all()


def test_a_step_stays_in_the_part() -> None:
    space = a_space(x={"type": "float", "min": 0, "max": 1}, n={"type": "int", "min": 0, "max": 9})
    part = a_space(x={"type": "float", "min": 0.4, "max": 0.6}, n={"type": "int", "min": 3, "max": 4})
    rows = Rows(space, part)
    rng = np.random.default_rng(0)
    for column, values in zip(rows.columns, ((0.4, 0.6), (0.35, 0.45)), strict=True):
        ended = column.stepped(rng.random(200), rng.standard_normal(200), rng)
        assert (ended.min(), ended.max()) == pytest.approx(values)


def test_of_very_many_values_the_nearest_is_taken() -> None:
    space = a_space(n={"type": "int", "min": 0, "max": 10**6})
    rows = Rows(space, space)
    (column,) = rows.columns
    assert column.levels is None
    assert rows.decode(np.array([0.2500004])) == {"n": 250_000}


def test_what_a_prior_holds_unlikely_has_as_much_room_as_the_rest() -> None:
    prior = {"distribution": "normal", "mean": 0.9, "deviation": 0.05}
    rate = {"distribution": "logNormal", "mean": -2.0, "deviation": 0.1}
    space = a_space(
        x={"type": "float", "min": 0.0, "max": 1.0, "prior": prior},
        rate={"type": "float", "min": 1e-4, "max": 1.0, "prior": rate},
    )
    rows = Rows(space, space)
    (row,) = rows.encode([{"x": 0.3, "rate": 0.01}])
    assert row == pytest.approx([0.3, 0.5])
    assert rows.decode(row) == {"x": 0.3, "rate": pytest.approx(0.01)}
