"""Peers as searchers: Tunewright's own in this process, every other in its environment, asked over pipes."""

import importlib
import json
import select
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from benchmarks.search import peers
from benchmarks.search.environments import interpreter_of
from benchmarks.search.errors import BenchmarkError
from benchmarks.search.peers import PEERS, PROJECT
from benchmarks.search.tasks.task import Configuration, Task

Observations = Sequence[tuple[Configuration, float]]

PATIENCE = 600.0
WORKER = Path(peers.__file__).with_name("worker.py")


class PeerError(BenchmarkError):
    """A peer cannot be run, or has failed; the message says which and why."""


def require_environment(peer: str) -> Path:
    """The interpreter that a peer runs in.

    Raises:
        PeerError: its environment is not made.
    """
    interpreter = interpreter_of(peer)
    if interpreter is None:
        advice = f"make it: python -m benchmarks.search.environments {peer}"
        raise PeerError(f"{peer} has no environment; {advice}")
    return interpreter


class Searchers:
    """Makes searchers. The process of the last peer asked is kept, for its imports can take seconds."""

    def __init__(self) -> None:
        self._worker: WorkerProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop_worker()

    def start(
        self, peer: str, task: Task, seed: int, workers: int, trials: int
    ) -> "InProcess | WorkerProcess":
        """A searcher that knows the space, and how many workers and trials there are.

        Raises:
            PeerError: the peer's environment is not made, or it does not start.
        """
        argument: dict[str, Any] = {
            "parameters": task.parameters,
            "seed": seed,
            "workers": workers,
            "trials": trials,
        }
        if PEERS[peer].environment == PROJECT:
            return InProcess(peer, **argument)
        if self._worker is None or self._worker.peer != peer or not self._worker.alive:
            self._drop_worker()
            self._worker = WorkerProcess(peer)
        self._worker.start(argument)
        return self._worker

    def _drop_worker(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None


class InProcess:
    """A peer of this environment."""

    def __init__(self, peer: str, parameters: Sequence[Any], seed: int, workers: int, trials: int) -> None:
        module, _, attribute = PEERS[peer].adapter.partition(":")
        adapter = getattr(importlib.import_module(f"{peers.__name__}.{module}"), attribute)
        self._optimizer = adapter(parameters, seed, workers, trials)
        self._cpu = 0.0

    def ask(self) -> tuple[dict[str, Any], float]:
        began = time.process_time()
        configuration = self._optimizer.ask()
        cpu, self._cpu = self._cpu + time.process_time() - began, 0.0
        return configuration, cpu

    def tell(self, configuration: Configuration, value: float | None) -> None:
        began = time.process_time()
        self._optimizer.tell(configuration, value)
        self._cpu += time.process_time() - began

    def know(self, observations: Observations) -> None:
        """Tells of configurations that were not asked for."""
        self._optimizer.know(observations)


class WorkerProcess:
    """A peer in its own environment; see peers/worker.py for what is said over the pipes.

    What it writes to stderr goes to a file, whose end is told when it fails. One that does not answer within
    `patience` seconds is ended: some libraries wait for a trial that is told of only after the next ask.
    """

    def __init__(self, peer: str, patience: float = PATIENCE) -> None:
        interpreter = require_environment(peer)
        self.peer = peer
        self._patience = patience
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed with the process
        self._process = subprocess.Popen(
            [interpreter, WORKER, peer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            start_new_session=True,  # an interrupt at the terminal is the parent's to handle
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def start(self, argument: dict[str, Any]) -> None:
        self._request({"start": argument})

    def ask(self) -> tuple[dict[str, Any], float]:
        answer = self._request({"ask": True})
        return answer["configuration"], answer["cpu"]

    def tell(self, configuration: Configuration, value: float | None) -> None:
        self._request({"tell": [configuration, value]})

    def know(self, observations: Observations) -> None:
        """Tells of configurations that were not asked for."""
        self._request({"know": observations})

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answered, _, _ = select.select([self._process.stdout], [], [], self._patience)
            if not answered:
                self._process.kill()
                self._process.wait()
                raise PeerError(f"{self.peer} did not answer within {self._patience:g} s")
            line = self._process.stdout.readline()  # answers are single lines, one for each request
        except BrokenPipeError:
            line = ""
        if not line:
            self._process.wait()
            raise PeerError(f"{self.peer} ended by itself: {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return lines[-1] if lines else "it said nothing"
