"""SIGTERM: a request to save and end, honoured at the next report."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

EXIT_STOPPED = 143
"""128 + SIGTERM, the exit code of a program that a stop request ended."""


class StopRequest:
    """Whether SIGTERM came, and what is to be done before the process ends."""

    def __init__(self) -> None:
        self.requested = False
        self._callback: Callable[[], object] | None = None
        self._previous: object = None
        self._owner: int | None = None
        self._ending = False

    def listen(self) -> None:
        """Installs the handler, once and only in the main thread; before that it does nothing.

        A handler of the program's own is kept and called; a program that ignores SIGTERM goes on ignoring it.
        """
        if self._owner == os.getpid() or threading.current_thread() is not threading.main_thread():
            return
        current = signal.getsignal(signal.SIGTERM)
        if current is signal.SIG_IGN or current is None:  # None: installed from C, it could not be kept
            return
        if current != self._handle:  # it is ours already in a forked child
            self._previous = current
            signal.signal(signal.SIGTERM, self._handle)
        self._owner = os.getpid()

    def call(self, callback: Callable[[], object]) -> None:
        self._callback = callback

    def end_if_requested(self) -> None:
        """Runs the callback and raises SystemExit(143) if a stop was requested."""
        if not self.requested or self._ending:
            return
        self._ending = True  # a callback may report, too
        if self._callback is not None:
            self._callback()
        raise SystemExit(EXIT_STOPPED)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        ours = os.getpid() == self._owner
        if ours:
            self.requested = True
        if callable(self._previous):
            self._previous(signum, frame)
        elif not ours:  # a forked worker that inherited this handler must die when told to
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)


_stop_request = StopRequest()


def the_stop_request() -> StopRequest:
    """The process' own, listening from the first use on."""
    _stop_request.listen()
    return _stop_request


def stop_requested() -> bool:
    """Whether SIGTERM came. A program need not ask: `report` ends it. One that asks can end sooner."""
    return the_stop_request().requested


def on_stop(callback: Callable[[], object]) -> Callable[[], object]:
    """Registers what `report` calls before it ends a stopped program: saving a checkpoint, say.

    Usable as a decorator. The latest registration counts.
    """
    the_stop_request().call(callback)
    return callback
