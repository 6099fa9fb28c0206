"""One hyperparameter: its values, and when it is active. What is refused stands in test_documents.py."""

import math
import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tunewright.api.parameters import MAX_INTEGER, Parameter, in_dependency_order, same
from tunewright.api.problems import Invalid


def parameter(name: str = "x", **fields: Any) -> Parameter:
    return Parameter.model_validate({"name": name, **fields})


def switch(name: str, *parents: str) -> Parameter:
    return parameter(name, type="bool", when={parent: [True] for parent in parents})


FLOAT = parameter(type="float", min=-1, max=1)
STEPPED = parameter(type="float", min=0, max=1, step=0.1)
INT = parameter(type="int", min=1, max=9)
FAR = parameter(type="float", min=8_388_608, max=8_388_609, step=0.25)
EVEN = parameter(type="int", min=2, max=9, step=2)
LISTED = parameter(type="categorical", values=["a", 1, 0.5, True])
BOOL = parameter(type="bool")


@pytest.mark.parametrize(
    ("of", "values"),
    [
        (FLOAT, [-1, -1.0, 0, 0.123, 1]),
        (STEPPED, [0, 0.1, 0.30000000000000004, 0.3, 1]),
        (INT, [1, 9, 5.0]),
        (EVEN, [2, 8]),
        (LISTED, ["a", 1, 1.0, 0.5, True]),
        (BOOL, [True, False]),
    ],
)
def test_values_of_a_parameter(of: Parameter, values: list[object]) -> None:
    assert [value for value in values if not of.contains(value)] == []


@pytest.mark.parametrize(
    ("of", "values"),
    [
        (FLOAT, [-1.0000001, 2, float("nan"), float("inf"), True, "0", None, [0]]),
        (STEPPED, [0.05, 0.999]),
        (FAR, [8_388_608.125, 8_388_608.2]),
        (INT, [0, 10, 1.5, True, "1"]),
        (EVEN, [3, 9, 10]),
        (LISTED, ["b", 0, False, 2, None]),
        (BOOL, [0, 1, "true"]),
    ],
)
def test_values_that_are_not(of: Parameter, values: list[object]) -> None:
    assert [value for value in values if of.contains(value)] == []


@given(st.floats(-1e300, 1e300), st.floats(0, 1e300), st.integers(1, 10_000), st.data())
def test_every_step_of_a_range_is_a_value(low: float, width: float, count: int, data: st.DataObject) -> None:
    step = width / count
    assume(step >= math.ulp(abs(low) + width))
    stepped = parameter(type="float", min=low, max=low + width, step=step)
    index = data.draw(st.integers(0, count - 1))
    assert stepped.contains(low + index * step)


def test_a_step_as_wide_as_its_range() -> None:
    """As floats 0.3 - 0.1 is less than 0.2."""
    stepped = parameter(type="float", min=0.1, max=0.3, step=0.2)
    assert stepped.contains(0.1)
    assert stepped.contains(0.3)


def test_a_range_of_one_value() -> None:
    point = parameter(type="float", min=0.5, max=0.5, scale="log", default=0.5)
    assert point.contains(0.5)
    assert not point.contains(0.5000001)


def test_the_widest_range_of_whole_numbers() -> None:
    widest = parameter(type="int", min=-MAX_INTEGER, max=MAX_INTEGER)
    assert widest.contains(MAX_INTEGER)
    assert not widest.contains(MAX_INTEGER + 1)


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (FLOAT, "choose a number from -1 to 1"),
        (EVEN, "choose a whole number from 2 to 9, in steps of 2 from 2"),
        (LISTED, "choose one of a, 1, 0.5, true"),
        (BOOL, "choose one of false, true"),
        (
            parameter(type="ordinal", values=list(range(21))),
            f"choose one of {', '.join(map(str, range(20)))}, ...",
        ),
    ],
)
def test_the_domain_in_words(of: Parameter, words: str) -> None:
    assert of.domain() == words


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (True, True, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        ("a", "a", True),
    ],
)
def test_which_values_are_the_same(left: object, right: object, equal: bool) -> None:
    assert same(left, right) is same(right, left) is equal


class TestConditions:
    MOMENTUM = parameter(
        "m", type="float", min=0, max=1, when={"optimizer": ["sgd", "rmsprop"], "tuned": [True]}
    )

    @pytest.mark.parametrize(
        ("configuration", "active"),
        [
            ({"optimizer": "sgd", "tuned": True}, True),
            ({"optimizer": "rmsprop", "tuned": True}, True),
            ({"optimizer": "adam", "tuned": True}, False),
            ({"optimizer": "sgd", "tuned": False}, False),
            ({"optimizer": "sgd", "tuned": 1}, False),
            ({"optimizer": "sgd"}, False),
            ({}, False),
        ],
    )
    def test_active(self, configuration: dict[str, Any], active: bool) -> None:
        assert self.MOMENTUM.active(configuration) is active

    def test_without_a_condition_it_is_always_active(self) -> None:
        assert FLOAT.active({})


class TestDependencyOrder:
    def names(self, *parameters: Parameter) -> list[str]:
        return [each.name for each in in_dependency_order(parameters)]

    def test_parents_come_first_and_else_nothing_moves(self) -> None:
        assert self.names(switch("d"), switch("c", "b"), switch("b", "a"), switch("a")) == [
            "d",
            "a",
            "b",
            "c",
        ]

    def test_a_diamond(self) -> None:
        assert self.names(switch("d", "b", "c"), switch("b", "a"), switch("c", "a"), switch("a")) == list(
            "abcd"
        )

    @pytest.mark.parametrize("length", [1, 2, 5])
    def test_a_circle_is_named(self, length: int) -> None:
        names = list("abcde")[:length]
        circle = [switch(name, names[(i + 1) % length]) for i, name in enumerate(names)]
        with pytest.raises(Invalid, match=f"circle: {' -> '.join([*names, 'a'])}; remove one"):
            in_dependency_order(circle)

    def test_a_long_chain_is_no_matter(self) -> None:
        chain = [switch(f"p{i}", *([f"p{i + 1}"] if i < 4_999 else [])) for i in range(5_000)]
        began = time.process_time()
        assert self.names(*chain)[0] == "p4999"
        assert time.process_time() - began < 5
