"""Peers in this process and in their own."""

import os
import signal

import pytest
from benchmarks.search.searchers import PeerError, Searchers, WorkerProcess
from benchmarks.search.simulation import simulate
from benchmarks.search.tasks import task

TASK = task("failing-memory")


def test_a_peer_proposes_the_same_in_this_process_and_in_its_own() -> None:
    with Searchers() as searchers:
        here = simulate(searchers.start("random", TASK, 1, 2, 8), TASK, seed=1, workers=2, trials=8)
    there = WorkerProcess("random")
    try:
        for _ in range(2):  # a second start drops what was under way
            there.start({"parameters": TASK.parameters, "seed": 1, "workers": 2, "trials": 8})
            trace = simulate(there, TASK, seed=1, workers=2, trials=8)
            assert (trace.observed, trace.finished) == (here.observed, here.finished)
            assert all(seconds > 0 for seconds in trace.cpu)
    finally:
        there.close()


def test_a_process_that_fails_says_why() -> None:
    process = WorkerProcess("random")
    try:
        process.start({"parameters": TASK.parameters, "seed": 1, "workers": 1, "trials": 1})
        with pytest.raises(PeerError, match="random ended by itself: IndexError"):
            process.tell({"width": 32}, 1.0)
        assert not process.alive
    finally:
        process.close()


def test_a_process_that_does_not_answer_is_ended() -> None:
    process = WorkerProcess("random", patience=0.5)
    try:
        os.kill(process._process.pid, signal.SIGSTOP)
        with pytest.raises(PeerError, match=r"random did not answer within 0\.5 s"):
            process.start({"parameters": TASK.parameters, "seed": 1, "workers": 1, "trials": 1})
        assert not process.alive
    finally:
        process.close()


def test_tunewrights_own_know_what_they_did_not_ask_for() -> None:
    configuration = {
        "width": 64, "depth": 2, "batch_size": 64, "precision": "half", "learning_rate": 0.01, "dropout": 0.1,
    }  # fmt: skip
    with Searchers() as searchers:
        searcher = searchers.start("tunewright-tpe", TASK, 1, 1, 3)
        searcher.know([(configuration, 0.5)])
        asked, _ = searcher.ask()
    assert asked != configuration
    assert set(asked) == set(configuration)
