"""How a command that cannot go on ends: one line per problem on standard error, and an exit code."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

BAD_INPUT = 2
INTERRUPTED = 130


@contextmanager
def reported() -> Iterator[None]:
    """Turn refused input into lines and exit code 2."""
    try:
        yield
    except Exception as error:
        from tunewright.api.problems import InvalidInput  # not needed, and so not imported, where all goes well

        if not isinstance(error, InvalidInput):
            raise
        print_problems(error.lines())
        raise SystemExit(BAD_INPUT) from None


def print_problems(lines: list[str]) -> None:
    """One line per problem, on standard error."""
    for line in lines:
        print(line, file=sys.stderr)
