"""Runs the cells that the store does not hold yet, in several processes."""

import multiprocessing
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import product

from benchmarks.search.cell import Cell
from benchmarks.search.peers import PEERS
from benchmarks.search.searchers import PeerError, Searchers
from benchmarks.search.simulation import Trace, simulate
from benchmarks.search.store import Store
from benchmarks.search.tasks import task

SEQUENTIAL = {name for name, peer in PEERS.items() if not peer.parallel}


@dataclass(frozen=True)
class Finished:
    """A cell that was run; `failure` says why there is no trace of it."""

    cell: Cell
    trace: Trace | None = None
    failure: str = ""


def cells(entrants: Sequence[str], tasks: Sequence[str], seeds: int, workers: Sequence[int]) -> list[Cell]:
    """All combinations: seed by seed, so that whatever is done can be compared, and peer by peer in one.

    Of a peer that is not parallel only those with one worker.
    """
    ordered = product(range(seeds), workers, entrants, tasks)
    combined = [Cell(entrant, task, seed, count) for seed, count, entrant, task in ordered]
    return [cell for cell in combined if cell.workers == 1 or cell.peer not in SEQUENTIAL]


def missing(store: Store, wanted: Iterable[Cell], trials: int) -> list[Cell]:
    """The cells of which the store knows nothing of so many trials."""
    wanted = list(wanted)
    known = {
        cell
        for entrant in {cell.entrant for cell in wanted}
        for cell, curve in store.curves(entrant).items()
        if len(curve) >= trials
    }
    return [cell for cell in wanted if cell not in known]


def run(store: Store, wanted: Sequence[Cell], trials: int, jobs: int) -> Iterator[Finished]:
    """Runs and stores the cells, in this process or in several; what was stored stays, however this ends."""
    search = partial(_search, trials=trials)
    with ExitStack() as stack:
        if jobs == 1:
            ended: Iterable[Finished] = map(search, wanted)
        else:
            # Not forked: the libraries' threads and this process's signal handlers stay behind.
            pool = multiprocessing.get_context("spawn").Pool(jobs, initializer=_ignore_interrupts)
            ended = stack.enter_context(pool).imap_unordered(search, wanted)
        for finished in ended:
            if finished.trace is not None:
                store.append(finished.cell, finished.trace)
            yield finished


_searchers = Searchers()


def _search(cell: Cell, trials: int) -> Finished:
    try:
        problem = task(cell.task)
        searcher = _searchers.start(cell.peer, problem, cell.seed, cell.workers, trials)
        return Finished(cell, simulate(searcher, problem, cell.seed, cell.workers, trials))
    except PeerError as error:
        return Finished(cell, failure=str(error))
    except Exception as error:  # of one peer on one task; the others go on
        return Finished(cell, failure=f"{type(error).__name__}: {error}")


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
