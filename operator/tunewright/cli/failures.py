"""How a command that cannot go on ends: a line on standard error for each problem, and an exit code."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress

FAILED = 1
BAD_INPUT = 2

_STANDARD_ERROR = 2


class CannotBeDone(Exception):  # noqa: N818 - as `InvalidInput`
    """What was asked for is sound, but a cluster does not do it; says why on one line."""


def code_of(error: Exception) -> int:
    """Say what was refused, by Tunewright, a cluster or the system. Returns the exit code.

    Raises:
        Exception: the error itself, where it is none of these.
    """
    # Not imported where all goes well.
    from tunewright.api.problems import InvalidInput, one_line
    from tunewright.local.store import StoreFullError

    if isinstance(error, InvalidInput):
        print_lines(error.lines())
        return BAD_INPUT
    if isinstance(error, CannotBeDone):
        print_lines([f"tunewright: {one_line(str(error))}"])
        return FAILED
    if isinstance(error, StoreFullError | OSError):
        _give_up_output()
        print_lines([f"tunewright: {error}"])
        return FAILED
    raise error


def print_lines(lines: Iterable[str]) -> None:
    """On standard error, unless that is a terminal that was closed, or a file on a full disk."""
    with suppress(OSError):
        for line in lines:
            os.write(_STANDARD_ERROR, f"{line}\n".encode(errors="backslashreplace"))


def _give_up_output() -> None:
    """What cannot be written is not tried again when the interpreter ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
