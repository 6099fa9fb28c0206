"""Domination and the Pareto front, against their definitions."""

from hypothesis import given
from hypothesis import strategies as st

from tunewright.api.study import Direction, Objective
from tunewright.search.pareto import ParetoFront, dominates

MAXIMIZE = Objective(metric="accuracy", direction=Direction.MAXIMIZE)
MINIMIZE = Objective(metric="size", direction=Direction.MINIMIZE)
BOTH = [MAXIMIZE, MINIMIZE]

POINTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=15)


def front_of(*points: tuple[float, ...], objectives: list[Objective] | None = None) -> list[int]:
    front = ParetoFront(objectives or BOTH)
    for index, values in enumerate(points):
        front.add(index, values)
    return list(front)


def test_better_in_one_and_worse_in_none_dominates() -> None:
    assert dominates((1, 1), (0, 1), BOTH)
    assert dominates((1, 0), (1, 1), BOTH)
    assert dominates((1, 0), (0, 1), BOTH)
    assert not dominates((1, 1), (1, 1), BOTH)
    assert not dominates((1, 1), (0, 0), BOTH)
    assert not dominates((0, 0), (1, 1), BOTH)


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
def test_the_front_is_what_none_dominates_in_whatever_order_it_came(points, shuffle) -> None:
    expected = {
        index
        for index, values in enumerate(points)
        if not any(dominates(other, values, BOTH) for other in points) and values not in points[:index]
    }
    order = list(enumerate(points))
    shuffle.shuffle(order)
    front = ParetoFront(BOTH)
    for index, values in order:
        front.add(index, values)

    assert set(front) == expected
    assert len(front) == len(expected)
    assert all((index in front) is (index in expected) for index in range(len(points)))
    assert list(front) == sorted(front)

    as_they_came = ParetoFront(BOTH)
    for index, values in enumerate(points):
        as_they_came.add(index, values)
    assert front == as_they_came
