"""The best under constraints, against its definition."""

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from tunewright.api.constraint import Constraint
from tunewright.api.study import Direction, Objective
from tunewright.search.history import Evaluated
from tunewright.search.ranking import Ranking

OBJECTIVES = [Objective(metric="accuracy", direction=Direction.MAXIMIZE)]
CONSTRAINTS = [Constraint(metric="size", max=2.0), Constraint(metric="recall", min=1.0)]

TRIALS = st.lists(
    st.builds(
        Evaluated,
        st.just({}),
        st.none() | st.tuples(st.integers(0, 3)),
        st.tuples(st.none() | st.integers(0, 6), st.none() | st.integers(-1, 3)),
    ),
    max_size=12,
)


def ranking_of(trials: list[tuple[int, Evaluated]]) -> Ranking:
    ranking = Ranking(OBJECTIVES, CONSTRAINTS)
    for index, trial in trials:
        ranking.add(index, trial)
    return ranking


def shortfall(trial: Evaluated) -> float:
    """Of bounds 2 and 1."""
    size, recall = trial.constraints
    if size is None or recall is None:
        return math.inf
    return max(0, size - 2) / 2 + max(0, 1 - recall)


def best_by_definition(trials: list[Evaluated]) -> int | None:
    valued = [(index, trial) for index, trial in enumerate(trials) if trial.values is not None]
    feasible = [(index, trial) for index, trial in valued if shortfall(trial) == 0]
    if feasible:
        return max(feasible, key=lambda each: (each[1].values, -each[0]))[0]
    known = [(shortfall(trial), index) for index, trial in valued if shortfall(trial) < math.inf]
    return min(known)[1] if known else None


@given(TRIALS, st.randoms())
def test_the_best_by_definition_in_whatever_order_they_come(
    trials: list[Evaluated], rng: random.Random
) -> None:
    numbered = list(enumerate(trials))
    rng.shuffle(numbered)
    ranking = ranking_of(numbered)

    assert ranking.best == best_by_definition(trials)
    assert ranking.infeasible == sum(t.values is not None and shortfall(t) > 0 for t in trials)
    assert all(shortfall(trials[index]) == 0 for index in ranking.front)


def test_a_trial_is_feasible_or_not_when_it_is_taken_in() -> None:
    ranking = Ranking(OBJECTIVES, CONSTRAINTS)

    assert ranking.add(0, Evaluated({}, (0.5,), (2.0, 1.0)))
    assert not ranking.add(1, Evaluated({}, (0.5,), (3.0, 1.0)))
    assert not ranking.add(2, Evaluated({}, (0.5,), (None, 1.0)))
    assert not ranking.add(3, Evaluated({}, None))


def test_without_constraints_everything_is_feasible() -> None:
    ranking = Ranking(OBJECTIVES, [])

    assert ranking.add(0, Evaluated({}, (0.5,)))
    assert (ranking.best, ranking.infeasible, ranking.nearest) == (0, 0, None)
