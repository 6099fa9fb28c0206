"""What Ctrl-C, SIGTERM and a closed terminal do."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

INTERRUPTED = 130
"""The exit code of a command that a signal ended."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def exit_on_signals() -> None:
    """End at once, and without a word: for as long as nothing has begun that needs an end."""
    _install(lambda *_: os._exit(INTERRUPTED))


@contextmanager
def on_signals(act: Callable[[], None], insist: Callable[[], None]) -> Iterator[None]:
    """Do something else while the block runs, and where Ctrl-C comes after an earlier signal, `insist`."""
    heard = False

    def handle(number: int, _: object) -> None:
        nonlocal heard
        (insist if heard and number == signal.SIGINT else act)()
        heard = True

    before = _install(handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _install(handler: Callable[..., None]) -> dict[signal.Signals, Any]:
    """Returns the handlers before. What is ignored stays so, as `nohup` wants it."""
    return {
        number: signal.signal(number, handler)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
