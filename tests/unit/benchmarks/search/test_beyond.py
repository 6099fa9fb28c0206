"""Problems with constraints, several objectives, run times and priors."""

import math

import numpy as np
import pytest
from benchmarks.search.beyond import (
    ENTRANTS,
    Outcome,
    ball,
    branin_currin,
    crash,
    dtlz2,
    gardner,
    gramacy,
    hartmann,
    network,
    of_the_best,
    of_the_volume,
    reachable_dtlz2,
    reachable_zdt1,
    search,
    suites,
    zdt1,
)

BEST = np.array([0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573])
"""Of Hartmann's function."""


def test_the_optima_are_the_literatures() -> None:
    assert hartmann(BEST) == pytest.approx(-3.32237, abs=1e-5)
    value, amounts = gramacy(np.array([0.1954, 0.4044]))
    assert value == pytest.approx(0.5998, abs=1e-4)
    assert max(amounts) == pytest.approx(0.0, abs=1e-3)
    value, amounts = gardner(np.array([math.pi * 1.5 / 6, 0.0]))
    assert value == pytest.approx(-2.0)
    assert max(amounts) < 0
    assert max(ball(BEST)[1]) < 0


def test_fronts_are_reachable_and_what_is_below_them_is_not() -> None:
    on_zdt1 = np.array([zdt1(np.array([x, 0, 0, 0, 0, 0])).values for x in (0.1, 0.5, 1.0)])
    on_dtlz2 = np.array([dtlz2(np.array([x, 0.3, 0.5, 0.5, 0.5, 0.5])).values for x in (0.1, 0.5, 1.0)])
    for points, reachable in ((on_zdt1, reachable_zdt1), (on_dtlz2, reachable_dtlz2)):
        assert reachable(points + 1e-6).all()
        assert not reachable(points - 1e-6).any()
    assert min(branin_currin(np.array([0.5, 0.2])).values or ()) > 0


def test_three_objectives_are_the_literatures_and_at_odds() -> None:
    points = np.stack(np.meshgrid(*[np.linspace(0, 1, 6)] * 5), axis=-1).reshape(-1, 5)
    found = np.array([crash(point).values for point in points])
    # The ideal point of the front that others have found, which no single one comes near.
    ideal = np.array([1661.7078, 6.1428, 0.0394])
    assert found.min(axis=0) == pytest.approx(ideal, rel=2e-3)
    assert not (found <= 1.05 * ideal).all(axis=1).any()
    small, large = (network(np.full(5, place)).values or () for place in (0.0, 1.0))
    assert small[0] > large[0]
    assert small[1] < large[1]
    assert small[2] < large[2]


def test_the_score_of_the_best_counts_feasible_trials_alone() -> None:
    outcomes = [Outcome(None), Outcome((-1.0,), (0.1,)), Outcome((5.0,), (0.0,)), Outcome((2.0,), (-1.0,))]
    assert of_the_best(0.0, 10.0)(outcomes) == [1.0, 1.0, 0.5, 0.2]


def test_the_score_of_the_volume_is_the_part_that_is_missing() -> None:
    score = of_the_volume((0, 0), (2, 2), 1.0)
    outcomes = [Outcome((3.0, 0.0)), Outcome((1.0, 1.0)), Outcome((1.0, 0.0)), Outcome((0.0, 0.0))]
    assert score(outcomes) == pytest.approx([1.0, 0.75, 0.5, 1e-3], abs=1e-3)


@pytest.mark.parametrize("suite", suites())
def test_every_problem_can_be_searched_by_ours(suite: str) -> None:
    for problem in suites()[suite][1].values():
        trace = search(ENTRANTS["random"](problem, 1), problem, 3)
        assert len(trace.recommended) == len(trace.finished) == 3
        assert all(0 < float(score or 0) <= 1 for score in trace.recommended)


@pytest.mark.parametrize("entrant", ["optuna-tpe", "optuna-nsga2"])
def test_problems_can_be_searched_by_optuna(entrant: str) -> None:
    for suite in ("constraints", "objectives"):
        for problem in suites()[suite][1].values():
            assert len(search(ENTRANTS[entrant](problem, 1), problem, 3).recommended) == 3
