"""Searches that are kept in the repository."""

from pathlib import Path

import pytest
from benchmarks.search import environments, recorded
from benchmarks.search.cell import Cell, Curve
from benchmarks.search.errors import BenchmarkError
from benchmarks.search.recorded import Recorded
from benchmarks.search.runner import missing
from benchmarks.search.split import SETS
from benchmarks.search.store import Store

from .examples import a_trace

PEER = "optuna-tpe"
CELL, OTHER = (Cell(PEER, "bbob-rosenbrock-5", seed, workers=4) for seed in (3, 10))


def test_what_was_recorded_is_read_again(tmp_path: Path) -> None:
    curves: dict[Cell, Curve] = {
        CELL: [None, 2.0, 2.0, 1 / 3],
        OTHER: [1e-7, 1e-7],
        Cell(PEER, "failing-memory", 0, 1): [None, None],
    }
    assert Recorded(tmp_path).add(PEER, curves) == 3
    found = Recorded(tmp_path).curves(PEER)
    assert found.keys() == curves.keys()
    assert found[CELL] == [None, 2.0, 2.0, pytest.approx(1 / 3)]
    assert [found[cell] for cell in list(curves)[1:]] == [curves[cell] for cell in list(curves)[1:]]
    assert Recorded(tmp_path).curves("optuna-gp") == {}


def test_what_was_recorded_before_stays_unless_a_search_of_its_length_takes_its_place(tmp_path: Path) -> None:
    kept = Recorded(tmp_path)
    kept.add(PEER, {CELL: [2.0, 1.0]})
    assert kept.add(PEER, {CELL: [5.0], OTHER: [3.0]}) == 2
    assert kept.curves(PEER) == {CELL: [2.0, 1.0], OTHER: [3.0]}
    kept.add(PEER, {CELL: [2.0, 0.5]})  # run again after a mistake
    assert kept.curves(PEER)[CELL] == [2.0, 0.5]


def test_of_nothing_no_file_is_written(tmp_path: Path) -> None:
    assert Recorded(tmp_path).add(PEER, {}) == 0
    assert not list(tmp_path.iterdir())


def test_searches_by_another_version_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Recorded(tmp_path).add(PEER, {CELL: [2.0]})
    store = Store(tmp_path / "store")
    store.append(CELL, a_trace([2.0]))
    assert store.curves(PEER) == {CELL: [2.0]}
    monkeypatch.setattr(environments, "_requirements", lambda environment: "optuna==1.0.0\n")
    assert Recorded(tmp_path).curves(PEER) == store.curves(PEER) == {}
    store.append(CELL, a_trace([3.0]))
    assert store.curves(PEER) == {CELL: [3.0]}


@pytest.mark.parametrize("entrant", ["tunewright-auto", "random", "optuna-tpe@wide"])
def test_what_changes_with_the_repository_is_not_recorded(tmp_path: Path, entrant: str) -> None:
    with pytest.raises(BenchmarkError, match=f"{entrant} is not recorded"):
        Recorded(tmp_path).add(entrant, {})
    assert not list(tmp_path.iterdir())


def test_what_is_recorded_counts_as_stored_and_is_not_run_again(tmp_path: Path) -> None:
    Recorded(tmp_path / "recorded").add(PEER, {CELL: [2.0, 1.0], OTHER: [4.0]})
    store = Store(tmp_path / "store", Recorded(tmp_path / "recorded"))
    store.append(OTHER, a_trace([3.0, 2.0]))
    assert store.curves(PEER) == {CELL: [2.0, 1.0], OTHER: [3.0, 2.0]}
    assert missing(store, [CELL, OTHER], trials=2) == []
    assert missing(store, [CELL, OTHER], trials=3) == [CELL, OTHER]


def test_the_repository_holds_searches_by_the_peers_that_are_locked_now() -> None:
    files = sorted(recorded.FOLDER.glob("*.csv"))
    assert "optuna-gp" in {file.stem for file in files}
    for file in files:
        curves = Recorded().curves(file.stem)
        assert curves, f"{file.name} is of other requirements: delete it, or run the peer again"
        assert {cell.task for cell in curves} <= set(SETS["all"])
        assert all(len(curve) >= 50 for curve in curves.values())
