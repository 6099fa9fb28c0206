"""The search space: defaults, conditions, counting."""

import itertools
import math
import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.search.spaces import a_space, conditional_spaces

from tunewright.api.base import Scalar
from tunewright.api.problems import Invalid
from tunewright.search.axis import Axis
from tunewright.search.history import key
from tunewright.search.space import MAX_COUNTED, SearchSpace

OPTIMIZER = {"type": "categorical", "values": ["sgd", "adam"]}
MOMENTUM = {"type": "float", "min": 0.0, "max": 0.9, "when": {"optimizer": ["sgd"]}}
NESTEROV = {"type": "bool", "when": {"momentum_on": [True]}}
MOMENTUM_ON = {"type": "bool", "default": True, "when": {"optimizer": ["sgd"]}}


def test_children_come_after_their_parents_whatever_the_order_given() -> None:
    space = a_space(nesterov=NESTEROV, momentum_on=MOMENTUM_ON, optimizer=OPTIMIZER)
    assert [parameter.name for parameter in space.parameters] == ["nesterov", "momentum_on", "optimizer"]
    assert [parameter.name for parameter in space.ordered] == ["optimizer", "momentum_on", "nesterov"]


def test_conditions_in_a_circle_are_refused() -> None:
    with pytest.raises(Invalid, match="circle"):
        a_space(a={"type": "bool", "when": {"b": [True]}}, b={"type": "bool", "when": {"a": [True]}})


@pytest.mark.parametrize(
    ("values", "active"),
    [
        ({"optimizer": "adam", "momentum_on": True, "nesterov": True}, {"optimizer": "adam"}),
        (
            {"optimizer": "sgd", "momentum_on": False, "nesterov": True},
            {"optimizer": "sgd", "momentum_on": False},
        ),
        (
            {"optimizer": "sgd", "momentum_on": True, "nesterov": True},
            {"optimizer": "sgd", "momentum_on": True, "nesterov": True},
        ),
    ],
)
def test_a_child_of_an_inactive_parent_is_inactive(values: Any, active: Any) -> None:
    space = a_space(nesterov=NESTEROV, momentum_on=MOMENTUM_ON, optimizer=OPTIMIZER)
    assert space.activate(values) == active
    assert space.contains(active)


def test_a_condition_tells_true_from_one() -> None:
    space = a_space(
        odd={"type": "categorical", "values": [True, 1]}, child={"type": "bool", "when": {"odd": [1]}}
    )
    assert space.contains({"odd": True})
    assert not space.contains({"odd": True, "child": False})
    assert space.contains({"odd": 1, "child": False})
    assert space.cardinality() == 3


@pytest.mark.parametrize(
    ("fields", "fallback", "default"),
    [
        ({"type": "float", "min": 0, "max": 1, "default": 0.2}, 0.7, 0.2),
        ({"type": "float", "min": 0, "max": 1}, 0.7, 0.7),
        ({"type": "float", "min": 0, "max": 1}, 1.7, 0.5),
        ({"type": "float", "min": 0, "max": 1}, "large", 0.5),
        ({"type": "float", "min": 0, "max": 1}, 1, 1.0),
        ({"type": "float", "min": 1e-4, "max": 1e-2, "scale": "log"}, None, 1e-3),
        ({"type": "float", "min": 0.9, "max": 0.9, "scale": "log"}, None, 0.9),
        ({"type": "float", "min": 0, "max": 1, "step": 0.1}, None, 0.5),
        ({"type": "float", "min": 0, "max": 1, "step": 0.1}, 0.30000000000000004, 0.3),
        ({"type": "int", "min": 16, "max": 256, "scale": "log"}, None, 64),
        ({"type": "int", "min": 1, "max": 100, "scale": "log"}, None, 10),
        ({"type": "int", "min": 0, "max": 10}, None, 5),
        ({"type": "int", "min": 0, "max": 10}, 3.0, 3),
        ({"type": "int", "min": 4, "max": 4, "scale": "log"}, None, 4),
        ({"type": "ordinal", "values": [8, 16, 32]}, None, 16),
        ({"type": "ordinal", "values": [8, 16, 32]}, 32.0, 32),
        ({"type": "categorical", "values": ["a", "b", "c"]}, None, "a"),
        ({"type": "categorical", "values": ["a", "b", "c"]}, "c", "c"),
        ({"type": "bool"}, None, False),
        ({"type": "bool"}, True, True),
        ({"type": "bool"}, 1, False),
        (
            {
                "type": "float",
                "min": 0,
                "max": 10,
                "prior": {"distribution": "normal", "mean": 3, "deviation": 0.1},
            },
            None,
            3.0,
        ),
        (
            {
                "type": "int",
                "min": 1,
                "max": 10_000,
                "prior": {"distribution": "logNormal", "mean": math.log(50), "deviation": 0.5},
            },
            None,
            50,
        ),
    ],
)
def test_the_default_is_the_parameters_own_else_the_trainers_else_the_middle(
    fields: dict[str, Any], fallback: Any, default: Any
) -> None:
    found = a_space(x=fields).default_configuration({} if fallback is None else {"x": fallback})["x"]
    assert (type(found), found) == (type(default), default)


def test_the_default_configuration_holds_active_parameters_alone() -> None:
    space = a_space(momentum=MOMENTUM, optimizer={**OPTIMIZER, "default": "adam"})
    assert space.default_configuration() == {"optimizer": "adam"}
    assert space.default_configuration({"optimizer": "sgd"}) == {"optimizer": "adam"}


def test_gaps_are_filled_and_what_is_inactive_is_left_out() -> None:
    space = a_space(
        momentum=MOMENTUM,
        optimizer={**OPTIMIZER, "default": "adam"},
        layers={"type": "int", "min": 1, "max": 9},
    )
    assert space.complete({"optimizer": "sgd"}) == {"optimizer": "sgd", "momentum": 0.45, "layers": 5}
    assert space.complete({"momentum": 0.3, "layers": 2.0}) == {"optimizer": "adam", "layers": 2}
    assert space.complete({}, {"layers": 7}) == {"optimizer": "adam", "layers": 7}


@pytest.mark.parametrize(
    "configuration",
    [
        {},
        {"optimizer": "sgd"},
        {"optimizer": "adam", "momentum": 0.5},
        {"optimizer": "sgd", "momentum": 0.95},
        {"optimizer": "sgd", "momentum": None},
        {"optimizer": "sgd", "momentum": True},
        {"optimizer": "rmsprop"},
        {"optimizer": "adam", "other": 1},
        {"optimizer": ["adam"]},
    ],
)
def test_what_is_no_configuration(configuration: Mapping[str, object]) -> None:
    assert not a_space(momentum=MOMENTUM, optimizer=OPTIMIZER).contains(configuration)


@given(conditional_spaces(), st.randoms(use_true_random=False))
def test_every_point_of_the_cube_is_a_configuration(space: SearchSpace, rng: random.Random) -> None:
    assert space.contains(space.configuration([rng.random() for _ in space.ordered]))


def values_of(axis: Axis) -> list[Scalar]:
    """All values of a parameter that has finitely many."""
    assert axis.count is not None
    return [axis.from_unit((i + 0.5) / axis.count) for i in range(axis.count)]


@given(conditional_spaces())
def test_counting_and_enumerating_agree_with_trying_everything(space: SearchSpace) -> None:
    """Every combination of all values, its inactive part cut off, is what the space should hold."""
    every = [values_of(axis) for axis in space.axes.values()]
    expected = {
        key(space.activate(dict(zip(space.axes, values, strict=True))))
        for values in itertools.product(*every)
    }
    listed = list(space.enumerate().configurations())
    assert {key(configuration) for configuration in listed} == expected
    assert len(listed) == len(expected) == space.cardinality()
    assert all(space.contains(configuration) for configuration in listed)


def test_the_enumeration_changes_the_last_parameter_fastest() -> None:
    space = a_space(optimizer=OPTIMIZER, layers={"type": "int", "min": 1, "max": 2})
    assert list(space.enumerate().configurations()) == [
        {"optimizer": "sgd", "layers": 1},
        {"optimizer": "sgd", "layers": 2},
        {"optimizer": "adam", "layers": 1},
        {"optimizer": "adam", "layers": 2},
    ]


def test_a_continuous_space_is_neither_counted_nor_enumerated() -> None:
    space = a_space(momentum=MOMENTUM, optimizer=OPTIMIZER)
    assert space.cardinality() is None
    with pytest.raises(ValueError, match="levels"):
        space.enumerate()


def test_a_continuous_parameter_that_is_never_active_does_not_make_a_space_infinite() -> None:
    space = a_space(
        a={"type": "bool"},
        b={"type": "bool", "when": {"a": [True]}},
        never={"type": "float", "min": 0, "max": 1, "when": {"a": [False], "b": [True]}},
    )
    assert space.cardinality() == 3


def test_counting_ends_early_where_there_are_very_many() -> None:
    parents = {f"b{i}": {"type": "bool", "when": {"b0": [True]} if i else {}} for i in range(100)}
    last = {"type": "bool", "when": {name: [True] for name in list(parents)[:20]}}
    assert a_space(**parents, last=last).cardinality() is None
    assert a_space(**{f"b{i}": {"type": "bool"} for i in range(200)}).cardinality() is None
    assert a_space(x={"type": "int", "min": 1, "max": MAX_COUNTED}).cardinality() == MAX_COUNTED
    assert a_space(x={"type": "int", "min": 0, "max": MAX_COUNTED}).cardinality() is None


def test_an_enumeration_of_very_many_begins_at_once() -> None:
    space = a_space(**{f"i{i}": {"type": "int", "min": 0, "max": 2**53} for i in range(200)})
    first, second = itertools.islice(space.enumerate().configurations(), 2)
    assert set(first.values()) == {0}
    assert sum(map(float, second.values())) == 1
