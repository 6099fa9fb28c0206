"""Sampler processes: their answers, their time limit, and that their death is survived."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.builders import a_study

from tunewright.api.study import Algorithm
from tunewright.cluster.sampling import SamplerFailedError, SamplerGoneError, SamplerPool
from tunewright.search.history import History
from tunewright.search.sampler import Request
from tunewright.search.space import SearchSpace

SPEC = a_study().spec
SPACE = SearchSpace(SPEC.parameters)
RANDOM = Algorithm(name="random")


@pytest.fixture
def pool() -> Iterator[SamplerPool]:
    made = SamplerPool(workers=1, time_limit=30)
    yield made
    made.close()


def request(count: int = 1) -> Request:
    return Request(SPACE, SPEC.objectives, History([]), [], count, seed=1)


def children() -> list[psutil.Process]:
    """The sampler processes: not the resource tracker of multiprocessing, nor zombies of other tests."""
    found = [each for each in psutil.Process().children() if each.status() != psutil.STATUS_ZOMBIE]
    return [each for each in found if "spawn_main" in " ".join(each.cmdline())]


def test_answers(pool: SamplerPool) -> None:
    assert len(pool.ask(RANDOM, request(3)).take().suggestions) == 3


def test_the_same_question_has_the_same_answer(pool: SamplerPool) -> None:
    assert pool.ask(RANDOM, request(2)).take() == pool.ask(RANDOM, request(2)).take()


def test_nothing_is_started_before_it_is_needed(pool: SamplerPool) -> None:
    assert not children()


def test_an_unknown_sampler_is_a_problem(pool: SamplerPool) -> None:
    [problem] = pool.check(Algorithm(name="tpee"), SPACE, SPEC.objectives).take()
    assert problem.path == "spec.algorithm.name"
    assert "tpe" in problem.message


def test_an_error_is_told_in_one_line(pool: SamplerPool) -> None:
    with pytest.raises(SamplerFailedError, match="tpee") as raised:
        pool.ask(Algorithm(name="tpee"), request()).take()
    assert not isinstance(raised.value, SamplerGoneError)  # to ask again would not help


def test_one_that_takes_too_long_is_killed() -> None:
    pool = SamplerPool(workers=1, time_limit=0.01)  # shorter than a process takes to start
    try:
        with pytest.raises(SamplerGoneError, match=r"took longer than 0\.01 s"):
            pool.ask(RANDOM, request()).take()
        assert not children()
    finally:
        pool.close()


def test_a_process_that_died_idle_is_replaced(pool: SamplerPool) -> None:
    pool.ask(RANDOM, request()).take()
    [idle] = children()
    idle.kill()
    assert len(pool.ask(RANDOM, request(2)).take().suggestions) == 2


def test_a_stopped_process_delays_no_other() -> None:
    pool = SamplerPool(workers=2, time_limit=30)
    try:
        first = pool.ask(RANDOM, request())
        first.take()
        [worker] = children()
        worker.suspend()
        answers = [pool.ask(RANDOM, request()) for _ in range(2)]
        deadline = time.monotonic() + 20
        while not any(answer.ready for answer in answers):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        worker.resume()
        for answer in answers:
            answer.take()
    finally:
        pool.close()


ORPHANS = """
import os, signal
from tests.unit.cluster.test_sampling import RANDOM, children, request
from tunewright.cluster.sampling import SamplerPool

if __name__ == "__main__":
    SamplerPool(workers=1, time_limit=30).ask(RANDOM, request()).take()
    print(children()[0].pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_they_end_with_their_operator(tmp_path: Path) -> None:
    script = tmp_path / "asking.py"
    script.write_text(ORPHANS)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment)
    assert done.returncode == -signal.SIGKILL, done.stderr
    worker = int(done.stdout)
    deadline = time.monotonic() + 10
    while psutil.pid_exists(worker) and psutil.Process(worker).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.02)


def test_once_closed_it_starts_nothing_more() -> None:
    pool = SamplerPool(workers=1, time_limit=30)
    pool.ask(RANDOM, request()).take()
    [worker] = children()
    worker.suspend()  # so that the next question is under way when the pool is closed
    answer = pool.ask(RANDOM, request())
    pool.close()
    with pytest.raises(SamplerGoneError):
        answer.take()
    assert not children()
