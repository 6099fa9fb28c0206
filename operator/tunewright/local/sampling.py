"""The sampler in a thread of its own, so that a slow one delays nothing."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

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
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sampler")
        self._answer: Future[Response] | None = None

    def ask(self, request: Request) -> None:
        """Begin to answer; `take` has the answer once `answered` was called."""
        self._answer = self._thread.submit(propose, self._sampler, request)
        self._answer.add_done_callback(lambda _: self._answered())

    def take(self) -> Response | None:
        """The answer, once; None while there is none.

        Raises:
            Exception: what the sampler raised.
        """
        if self._answer is None or not self._answer.done():
            return None
        answer, self._answer = self._answer, None
        return answer.result()

    def close(self) -> None:
        """Do not wait for an answer that nobody needs any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
