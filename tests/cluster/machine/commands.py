"""Run a program to its end."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


class CommandError(Exception):
    """A program is not there or ended with another code than 0; the message has its error output."""


def run(
    command: Sequence[str],
    input: str | IO[bytes] | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    keep: Sequence[int] = (),
) -> str:
    """Answer what the program prints; `keep` are open files that it inherits.

    Raises:
        CommandError: it failed.
    """
    if shutil.which(command[0]) is None:
        raise CommandError(f"{command[0]} is not on the PATH")
    done = subprocess.run(
        command,
        input=input.encode() if isinstance(input, str) else None,
        stdin=None if isinstance(input, str) else input or subprocess.DEVNULL,
        cwd=folder,
        env=environment,
        pass_fds=keep,
        capture_output=True,
    )
    if done.returncode != 0:
        line = " ".join([Path(command[0]).name, *command[1:]])
        raise CommandError(f"{line}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()
