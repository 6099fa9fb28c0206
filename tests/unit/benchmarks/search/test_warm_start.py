"""Relatives of tasks, and what misleads."""

import numpy as np
import pytest
from benchmarks.search.simulation import simulate
from benchmarks.search.tasks import task
from benchmarks.search.tasks.task import Configuration, search_space
from benchmarks.search.warm_start import Function, Warm, mirrored, negated, related, unrelated

TASK = task("conditional-optimizer")
RNG = np.random.default_rng(1)
SOME = [dict(search_space(TASK.parameters).configuration(units)) for units in RNG.random((20, 8)).tolist()]


def likeness(true: list[float], function: Function) -> float:
    """The correlation with a function's values."""
    table = np.array([true, [function(each) for each in SOME]], dtype=np.float64)
    return float(np.asarray(np.corrcoef(table))[0, 1])


def test_a_relative_is_alike_and_what_misleads_is_not() -> None:
    true = [TASK.true(configuration) for configuration in SOME]
    alike = related(TASK, np.random.default_rng(0))
    assert likeness(true, alike) > 0.8
    opposite = negated(TASK, np.random.default_rng(0))
    assert [opposite(each) for each in SOME] == pytest.approx([-value for value in true])
    for other in (mirrored, unrelated):
        assert abs(likeness(true, other(TASK, np.random.default_rng(0)))) < 0.8


def test_failures_move_too() -> None:
    memory = task("failing-memory")
    space = search_space(memory.parameters)
    drawn = [dict(space.configuration(units)) for units in RNG.random((50, len(space.ordered))).tolist()]
    elsewhere = mirrored(memory, np.random.default_rng(0))
    failed = [elsewhere(each) is None for each in drawn]
    assert any(failed)
    assert failed != [memory.fails(each) for each in drawn]


def test_a_warm_search_begins_with_what_the_other_study_found() -> None:
    def other(configuration: Configuration) -> float:
        return float(configuration["dropout"])

    warm = Warm(TASK, 1, other)
    configuration, _ = warm.ask()
    assert configuration["dropout"] < 0.1
    trace = simulate(Warm(TASK, 1, other), TASK, 1, 1, 3)
    assert len(trace.recommended) == 3
