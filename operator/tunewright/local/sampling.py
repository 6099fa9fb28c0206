"""The sampler in a thread of its own, so that a slow one delays nothing."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread

from tunewright.search.propose import propose
from tunewright.search.sampler import Request, Response, Sampler


class Sampling:
    """Asks a sampler one question at a time.

    Args:
        sampler: whom to ask.
        answered: called, in the sampler's thread, when an answer can be taken.
    """

    def __init__(self, sampler: Sampler, answered: Callable[[], None]) -> None:
        self._sampler = sampler
        self._answered = answered
        self._answer: Future[Response] | None = None

    def ask(self, request: Request) -> None:
        """Begin to answer; `take` has the answer once `answered` was called."""
        self._answer = Future()
        # A daemon: at the program's end nobody waits for an answer that nobody needs.
        Thread(target=self._think, args=(request, self._answer), name="sampler", daemon=True).start()

    def take(self) -> Response | None:
        """The answer, once; None while there is none.

        Raises:
            BaseException: what the sampler raised.
        """
        if self._answer is None or not self._answer.done():
            return None
        answer, self._answer = self._answer, None
        return answer.result()

    def _think(self, request: Request, answer: Future[Response]) -> None:
        try:
            answer.set_result(propose(self._sampler, request))
        except BaseException as error:  # a third party's may even want to end the program
            answer.set_exception(error)
        self._answered()
