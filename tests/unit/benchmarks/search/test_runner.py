"""Which cells are run, and that they are run once."""

from pathlib import Path

import pytest
from benchmarks.search.cell import Cell
from benchmarks.search.runner import cells, missing, run
from benchmarks.search.store import Store

TASK = "conditional-optimizer"


def test_what_the_store_holds_is_not_run_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    wanted = cells(["random", "sobol@wide"], [TASK], seeds=2, workers=[1])
    assert wanted == [
        Cell("random", TASK, 0, 1),
        Cell("sobol@wide", TASK, 0, 1),
        Cell("random", TASK, 1, 1),
        Cell("sobol@wide", TASK, 1, 1),
    ]
    finished = list(run(store, missing(store, wanted[:2], trials=3), trials=3, jobs=1))
    assert [(found.cell, found.failure) for found in finished] == [(cell, "") for cell in wanted[:2]]
    assert missing(store, wanted, trials=3) == wanted[2:]
    assert missing(store, wanted, trials=4) == wanted
    (trace,) = store.traces("random").values()
    assert len(trace.observed) == 3


def test_a_peer_that_is_not_parallel_is_run_with_one_worker() -> None:
    wanted = cells(["nevergrad", "random"], [TASK], seeds=1, workers=[1, 4])
    assert [(cell.entrant, cell.workers) for cell in wanted] == [
        ("nevergrad", 1),
        ("random", 1),
        ("random", 4),
    ]


def test_a_search_that_fails_is_told_of_and_does_not_end_the_others(tmp_path: Path) -> None:
    store = Store(tmp_path)
    wanted = [Cell("no-such-peer", TASK, 0, 1), Cell("random", TASK, 0, 1)]
    broken, whole = run(store, wanted, trials=2, jobs=1)
    assert "no-such-peer" in broken.failure
    assert whole.trace is not None
    assert missing(store, wanted, trials=2) == wanted[:1]


def test_searches_are_the_same_however_they_are_run(tmp_path: Path) -> None:
    wanted = cells(["random"], [TASK], seeds=2, workers=[1, 4])
    traces = [
        {found.cell: found.trace for found in run(Store(tmp_path / str(jobs)), wanted, trials=6, jobs=jobs)}
        for jobs in (1, 2)
    ]
    for cell in wanted:
        one, two = traces[0][cell], traces[1][cell]
        assert one is not None and two is not None
        assert (one.observed, one.finished) == (two.observed, two.finished)


@pytest.mark.parametrize("workers", [1, 4])
def test_seeds_differ(tmp_path: Path, workers: int) -> None:
    wanted = cells(["random"], [TASK], seeds=2, workers=[workers])
    first, second = (found.trace for found in run(Store(tmp_path), wanted, trials=5, jobs=1))
    assert first is not None and second is not None
    assert first.observed != second.observed
