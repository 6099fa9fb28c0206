"""Domination and the Pareto front, against their definitions."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tunewright.api.study import Direction, Objective
from tunewright.search.pareto import ParetoFront

MAXIMIZE = Objective(metric="accuracy", direction=Direction.MAXIMIZE)
MINIMIZE = Objective(metric="size", direction=Direction.MINIMIZE)
BOTH = [MAXIMIZE, MINIMIZE]

POINTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=15)


def dominates(left: tuple[float, ...], right: tuple[float, ...], objectives: list[Objective]) -> bool:
    """By definition: nowhere worse, and somewhere better."""
    pairs = list(zip(objectives, left, right, strict=True))
    return not any(o.better(b, a) for o, a, b in pairs) and any(o.better(a, b) for o, a, b in pairs)


def front_of(*points: tuple[float, ...], objectives: list[Objective] | None = None) -> list[int]:
    front = ParetoFront(objectives or BOTH)
    for index, values in enumerate(points):
        front.add(index, values)
    return list(front)


def test_better_in_one_and_worse_in_none_beats() -> None:
    assert front_of((1, 1), (0, 1)) == [0]
    assert front_of((1, 0), (1, 1)) == [0]
    assert front_of((0, 1), (1, 0)) == [1]
    assert front_of((1, 1), (0, 0)) == [0, 1]


def test_the_best_is_best_in_the_first_objective_and_of_equal_ones_the_lowest_index() -> None:
    front = ParetoFront([MINIMIZE, MAXIMIZE])
    assert front.best is None
    for index, values in ((4, (2.0, 9.0)), (7, (1.0, 5.0)), (2, (3.0, 99.0))):
        front.add(index, values)
    assert front.best == 7
    equal = ParetoFront([MAXIMIZE])
    for index in (5, 2, 9):
        equal.add(index, (1.0,))
    assert equal.best == 2


def test_with_one_objective_the_front_is_the_best() -> None:
    assert front_of((1,), (3,), (2,), objectives=[MAXIMIZE]) == [1]
    assert front_of((1,), (3,), (2,), objectives=[MINIMIZE]) == [0]


def test_of_equal_ones_the_lowest_index_stays_whichever_came_first() -> None:
    assert front_of((1,), (1,), objectives=[MAXIMIZE]) == [0]
    front = ParetoFront([MAXIMIZE])
    for index in (5, 2, 9):
        front.add(index, (1.0,))
    assert list(front) == [2]


def test_one_that_dominates_several_takes_their_place() -> None:
    assert front_of((1, 1), (2, 2), (3, 3), (3, 1)) == [3]


def test_an_empty_front() -> None:
    assert front_of() == []
    assert 0 not in ParetoFront(BOTH)


@given(POINTS, st.randoms(use_true_random=False))
def test_the_front_is_what_none_dominates_in_whatever_order_it_came(
    points: list[tuple[int, int]], rng: random.Random
) -> None:
    expected = {
        index
        for index, values in enumerate(points)
        if not any(dominates(other, values, BOTH) for other in points) and values not in points[:index]
    }
    order = list(enumerate(points))
    rng.shuffle(order)
    front = ParetoFront(BOTH)
    for index, values in order:
        front.add(index, values)

    assert set(front) == expected
    assert len(front) == len(expected)
    assert all((index in front) is (index in expected) for index in range(len(points)))
    assert list(front) == sorted(front)
    assert front.best == max(expected, key=lambda index: (points[index][0], -index), default=None)

    as_they_came = ParetoFront(BOTH)
    for index, values in enumerate(points):
        as_they_came.add(index, values)
    assert front == as_they_came
