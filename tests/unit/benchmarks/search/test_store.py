"""Results on disk."""

from pathlib import Path

from benchmarks.search.cell import Cell
from benchmarks.search.simulation import Trace
from benchmarks.search.store import Store

from .examples import a_trace

CELL = Cell("random", "bbob-rosenbrock-5", seed=3, workers=4)


def test_what_was_stored_is_read_again(tmp_path: Path) -> None:
    trace = Trace([None, 2.0], [None, 1.5], [10.0, 20.5], [0.001, 0.002])
    Store(tmp_path).append(CELL, trace)
    assert Store(tmp_path).traces("random") == {CELL: trace}


def test_entrants_are_kept_apart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    variant = Cell("random@wide", CELL.task, CELL.seed, CELL.workers)
    store.append(CELL, a_trace([1.0]))
    store.append(variant, a_trace([2.0]))
    assert store.traces("random") == {CELL: a_trace([1.0])}
    assert store.traces("random@wide") == {variant: a_trace([2.0])}
    assert store.traces("sobol") == {}
    assert variant.peer == "random"


def test_a_line_that_was_cut_short_is_lost_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    other = Cell("random", CELL.task, seed=4, workers=4)
    store.append(CELL, a_trace([1.0, 0.5]))
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text() + '\n{"task": "bbob-ros')
    store.append(other, a_trace([1.0, 0.25]))
    assert store.traces("random") == {CELL: a_trace([1.0, 0.5]), other: a_trace([1.0, 0.25])}


def test_of_two_searches_the_longer_counts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for recommended in ([3.0, 2.0], [3.0, 2.0, 1.0], [9.0]):
        store.append(CELL, a_trace(recommended))
    assert store.traces("random") == {CELL: a_trace([3.0, 2.0, 1.0])}
