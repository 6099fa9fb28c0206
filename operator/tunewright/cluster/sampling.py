"""Samplers in processes of their own: a slow one delays no other study, and one that never ends is killed."""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from tunewright.api.problems import InvalidInput, Problem, one_line
from tunewright.api.study import Algorithm, Objective
from tunewright.search.propose import propose
from tunewright.search.registry import create
from tunewright.search.sampler import Request, Response
from tunewright.search.space import SearchSpace

T = TypeVar("T")

# Not forked: this process has threads, whose locks a fork would copy as they are.
_SPAWN = multiprocessing.get_context("spawn")


class SamplerFailedError(Exception):
    """The sampler raised an error, died, or took too long; the message is one line."""


class SamplerGoneError(SamplerFailedError):
    """Its process died, or took too long: which another try might not."""


class Answer(Generic[T]):
    """What a sampler process will have said."""

    def __init__(self, future: "Future[T]") -> None:
        self._future = future

    @property
    def ready(self) -> bool:
        """Whether `take` returns at once."""
        return self._future.done()

    def when_ready(self, call: Callable[[], None]) -> None:
        """Have `call` called, in whatever thread, once the answer is ready."""
        self._future.add_done_callback(lambda _: call())

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self._future.cancel()

    def take(self) -> T:
        """The answer.

        Raises:
            SamplerFailedError: there is none.
        """
        return self._future.result()


class SamplerPool:
    """A few processes that answer one question at a time each; one that is not needed is not started.

    Args:
        workers: how many there may be.
        time_limit: seconds after which a question has failed, and its process is killed.
    """

    def __init__(self, workers: int, time_limit: float) -> None:
        self._questions: SimpleQueue[tuple[Future[Any], _Call] | None] = SimpleQueue()
        self._workers = [_Worker(time_limit) for _ in range(workers)]
        for number, worker in enumerate(self._workers):
            name = f"sampler-{number}"
            threading.Thread(target=self._serve, args=(worker,), name=name, daemon=True).start()

    def check(
        self,
        algorithm: Algorithm,
        space: SearchSpace,
        objectives: Sequence[Objective],
        *,
        warm_start: bool = False,
    ) -> Answer[list[Problem]]:
        """Begin to look what is wrong with a study's choice of sampler."""
        return self._begin((_check, (algorithm, space, objectives, warm_start)))

    def ask(self, algorithm: Algorithm, request: Request) -> Answer[Response]:
        """Begin to answer a question."""
        return self._begin((_propose, (algorithm, request)))

    def close(self) -> None:
        """End the processes; what they were asked is asked again by the next operator."""
        for _ in self._workers:
            self._questions.put(None)
        for worker in self._workers:
            worker.end()

    def _begin(self, call: "_Call") -> Answer[Any]:
        future: Future[Any] = Future()
        self._questions.put((future, call))
        return Answer(future)

    def _serve(self, worker: "_Worker") -> None:
        while (question := self._questions.get()) is not None:
            future, call = question
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(worker.answer(call))
            except BaseException as error:
                future.set_exception(error)


_Call = tuple[Callable[..., Any], tuple[Any, ...]]


class _DiedError(Exception):
    """The process is no more, though nobody here ended it; with its exit code."""


class _Worker:
    """One process, started when it is needed."""

    def __init__(self, time_limit: float) -> None:
        self._time_limit = time_limit
        self._ended = False
        self._process: Any = None
        self._connection: Connection | None = None

    def answer(self, call: _Call) -> Any:
        """Raises SamplerFailedError where there is no answer."""
        with suppress(
            _DiedError
        ):  # perhaps while it was idle, by the kernel's choice of whom to kill for memory
            return self._answer(call)
        try:
            return self._answer(call)
        except _DiedError as died:
            raise SamplerGoneError(f"the sampler's process ended with code {died}") from None

    def end(self) -> None:
        """Kill the process; no other is started."""
        self._ended = True
        self.kill()

    def kill(self) -> None:
        process = self._process
        if process is not None:
            process.kill()
            process.join()

    def _answer(self, call: _Call) -> Any:
        connection = self._started()
        try:
            connection.send(call)
            if not connection.poll(self._time_limit):
                self.kill()
                raise SamplerGoneError(f"the sampler took longer than {self._time_limit:g} s")
            well, result = connection.recv()
        except (EOFError, OSError):
            self._process.join()
            raise _DiedError(self._process.exitcode) from None
        if not well:
            raise SamplerFailedError(result)
        return result

    def _started(self) -> Connection:
        if self._ended:
            raise SamplerGoneError("the operator ends")
        if self._process is None or not self._process.is_alive():
            self._connection, theirs = _SPAWN.Pipe()
            self._process = _SPAWN.Process(target=_answer_all, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
        assert self._connection is not None
        return self._connection


def _answer_all(connection: Connection) -> None:
    """A sampler process's life: until its operator is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the operator
    with suppress(EOFError, ConnectionError):
        while True:
            function, arguments = connection.recv()
            try:
                connection.send((True, function(*arguments)))
            except BaseException as error:  # whatever a third party's sampler raises, or answers
                connection.send((False, one_line(f"{type(error).__name__}: {error}")))


def _check(
    algorithm: Algorithm, space: SearchSpace, objectives: Sequence[Objective], warm_start: bool
) -> list[Problem]:
    try:
        create(algorithm, space, objectives, warm_start=warm_start)
    except InvalidInput as invalid:
        return list(invalid.problems)
    return []


def _propose(algorithm: Algorithm, request: Request) -> Response:
    return propose(create(algorithm, request.space, request.objectives), request)
