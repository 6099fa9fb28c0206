"""Normalised regret, and which searches are compared."""

import numpy as np
import pytest
from benchmarks.search.cell import Cell, Curve
from benchmarks.search.errors import BenchmarkError
from benchmarks.search.regret import FLOOR, load, regret
from benchmarks.search.tasks import task

from .examples import a_table_task

NAME = "conditional-optimizer"


def searches(entrant: str, *seeds: int, task: str = NAME, trials: int = 2) -> dict[Cell, Curve]:
    return {Cell(entrant, task, seed, workers=1): [0.5] * trials for seed in seeds}


def test_regret_is_0_at_the_optimum_and_1_at_the_median_but_never_less_than_its_floor() -> None:
    problem = a_table_task(losses=[[3.0], [1.0], [2.0]])
    assert (problem.optimum, problem.median_random) == (1.0, 2.0)
    found = regret(problem, [None, 3.0, 2.0, 1.5, 1.0])
    assert found == pytest.approx([1.0, 2.0, 1.0, 0.5, FLOOR])


def test_only_what_all_have_searched_is_loaded() -> None:
    other = "conditional-layers"
    curves = {
        "a": searches("a", 0, 1, 2) | searches("a", 0, 1, task=other),
        "b": searches("b", 1, 2, 3),
    }
    found = load(curves, [NAME, other], workers=1, trials=2)
    assert (found.tasks, found.seeds) == ([NAME], [1, 2])
    known = task(NAME)
    expected = (0.5 - known.optimum) / (known.median_random - known.optimum)
    assert found.of["a"] == pytest.approx(np.full((1, 2, 2), expected))
    assert found.geometric_mean("b", 2) == pytest.approx(expected)


def test_a_seed_with_which_one_of_the_tasks_was_not_searched_is_left_out() -> None:
    other = "conditional-layers"
    curves = {entrant: searches(entrant, 0, 1) | searches(entrant, 1, 2, task=other) for entrant in "ab"}
    found = load(curves, [NAME, other], workers=1, trials=2)
    assert (found.tasks, found.seeds) == ([NAME, other], [1])


def test_a_search_that_is_too_short_counts_as_none() -> None:
    curves = {"a": searches("a", 0, trials=5), "b": searches("b", 0, trials=4)}
    assert load(curves, [NAME], workers=1, trials=4).of["a"].shape == (1, 1, 4)
    with pytest.raises(BenchmarkError, match="all of a, b have searched with 1 workers, 5 trials"):
        load(curves, [NAME], workers=1, trials=5)
