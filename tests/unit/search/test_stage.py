"""Which part of the space a stage searches."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter
from tunewright.api.stages import Stage
from tunewright.search.conformance import CONDITIONAL, EXTREME, MIXED, PRIORS, space_of
from tunewright.search.history import Configuration
from tunewright.search.space import SearchSpace
from tunewright.search.stage import Incumbent, Part, part_of, room

RATE = {"name": "rate", "type": "float", "min": 1e-5, "max": 0.3, "scale": "log", "default": 1e-3}
SIMPLE = space_of(
    RATE,
    {"name": "batch", "type": "int", "min": 16, "max": 256, "step": 16},
    {"name": "norm", "type": "bool"},
    {"name": "optimizer", "type": "categorical", "values": ["adam", "sgd"]},
    {
        "name": "momentum",
        "type": "float",
        "min": 0.0,
        "max": 1.0,
        "default": 0.9,
        "when": {"optimizer": ["sgd"]},
    },
)
BEST: dict[str, Scalar] = {"rate": 0.0011, "batch": 32, "norm": True, "optimizer": "adam"}


def a_part(best: Configuration | None = None, space: SearchSpace = SIMPLE, **fields: Any) -> Part:
    incumbent = Incumbent(best, 10) if best is not None else Incumbent()
    return part_of(space, Stage(name="a", **fields), incumbent)


def parameter(part: Part, name: str) -> Parameter:
    return next(each for each in part.space.parameters if each.name == name)


def test_a_stage_that_neither_fixes_nor_narrows_searches_the_whole() -> None:
    part = a_part(BEST)
    assert part.space is SIMPLE
    assert part.reasons == {}


def test_what_a_stage_does_not_tune_is_fixed_at_the_best_and_says_so() -> None:
    part = a_part(BEST, parameters=["rate"])
    assert part.space.parameters[0] is SIMPLE.parameters[0]
    assert part.space.contains(BEST | {"rate": 0.2})
    assert not part.space.contains(BEST | {"batch": 48})
    assert not part.space.contains(BEST | {"norm": False})
    assert part.space.default_configuration() == BEST | {"rate": 0.001}
    # Of momentum, which cannot become active, there is nothing to tell.
    assert part.reasons == {
        "batch": "batch: fixed at 32, as in the best of 10 trials",
        "norm": "norm: fixed at true, as in the best of 10 trials",
        "optimizer": "optimizer: fixed at adam, as in the best of 10 trials",
    }


def test_before_any_trial_has_a_value_it_is_fixed_at_its_default() -> None:
    part = part_of(SIMPLE, Stage(name="a", parameters=["rate"]), Incumbent(), {"batch": 64})
    assert parameter(part, "batch").low == parameter(part, "batch").high == 64
    assert part.reasons["norm"] == "norm: fixed at false, its default, as no trial had a value yet"


def test_what_the_best_does_not_use_takes_its_default() -> None:
    part = a_part(BEST, parameters=["optimizer"])
    assert part.space.contains(BEST | {"optimizer": "sgd", "momentum": 0.9})
    assert not part.space.contains(BEST | {"optimizer": "sgd", "momentum": 0.8})
    assert part.reasons["momentum"] == (
        "momentum: fixed at 0.9, its default, as the best of 10 trials does not use it"
    )


def test_ranges_are_narrowed_around_the_best_in_their_own_scale() -> None:
    part = a_part(BEST, narrow=0.3)
    rate, batch = parameter(part, "rate"), parameter(part, "batch")
    assert (rate.low, rate.high, rate.default) == (0.00023, 0.005, 0.0011)
    assert (batch.low, batch.high, batch.step) == (16, 64, 16)
    assert parameter(part, "norm").choices == [False, True]
    assert part.reasons == {
        "rate": "rate: 1e-05..0.3 narrowed to 0.00023..0.005 around 0.0011, the best of 10 trials",
        "batch": "batch: 16..256 narrowed to 16..64 around 32, the best of 10 trials",
        "momentum": "momentum: not narrowed, as the best of 10 trials does not use it",
    }


def test_a_narrowed_range_is_cut_off_at_the_bounds() -> None:
    rate = parameter(a_part(BEST | {"rate": 1e-5}, narrow=0.2), "rate")
    assert rate.low == 1e-5
    assert rate.high == pytest.approx(1e-5 * (0.3 / 1e-5) ** 0.1, rel=0.1)


def test_nothing_is_narrowed_while_no_trial_has_a_value() -> None:
    part = a_part(narrow=0.3)
    assert part.space is SIMPLE
    assert part.reasons["rate"] == "rate: not narrowed, as no trial had a value yet"


def test_of_a_stage_that_narrows_some_the_others_are_fixed() -> None:
    part = a_part(BEST, parameters=["rate"], narrow=0.5)
    assert parameter(part, "rate").high < 0.3
    assert parameter(part, "batch").low == parameter(part, "batch").high == 32


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    space=st.sampled_from([MIXED, CONDITIONAL, PRIORS, EXTREME]),
    seed=st.integers(0, 10**6),
    narrow=st.none() | st.floats(1e-12, 1.0),
    tuned=st.data(),
)
def test_a_part_is_a_legal_space_within_the_whole_that_holds_the_best(
    space: SearchSpace, seed: int, narrow: float | None, tuned: st.DataObject
) -> None:
    rng = random.Random(seed)
    best = space.configuration([rng.random() for _ in space.ordered])
    names = [each.name for each in space.parameters]
    parameters = tuned.draw(st.lists(st.sampled_from(names), unique=True))
    part = a_part(best, space, parameters=parameters, narrow=narrow)

    for before, after in zip(space.parameters, part.space.parameters, strict=True):
        assert before.name == after.name
        Parameter.model_validate(after.model_dump())  # ranges, steps, scales and priors are legal
        if not parameters or after.name in parameters:
            assert (after.type, after.scale, after.step, after.prior) == (
                before.type, before.scale, before.step, before.prior,
            ) or part.space.axes[after.name].count == 1  # fmt: skip
        else:
            assert part.space.axes[after.name].count == 1
        if narrow is not None and before.numeric:
            assert before.low <= after.low <= after.high <= before.high
    assert part.space.contains(best)
    for _ in range(20):
        drawn = part.space.configuration([rng.random() for _ in space.ordered])
        assert space.contains(drawn)
        assert part.space.contains(drawn)


def test_a_narrowed_range_has_the_width_that_was_asked_for() -> None:
    for space in (MIXED, PRIORS):
        best = space.configuration([0.5 for _ in space.ordered])
        part = a_part(best, space, narrow=0.2)
        for each in space.parameters:
            axis, after = space.axes[each.name], parameter(part, each.name)
            if axis.count is None:
                width = axis.to_unit(after.high) - axis.to_unit(after.low)
                assert width == pytest.approx(0.2, abs=0.01)


def test_a_stage_has_room_for_its_own_trials_and_the_last_for_all() -> None:
    stages = [Stage(name="a", max_trials=5), Stage(name="b")]
    assert [room(stages, 0, taken, 3) for taken in (0, 3, 5, 9)] == [3, 2, 0, 0]
    assert room(stages, 1, 100, 3) == 3
    assert room([], 0, 100, 3) == 3
