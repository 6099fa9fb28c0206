"""Small attempts to run, and waiting for what becomes of them."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tunewright.engine.facts import AttemptKey, Execution
from tunewright.local.processes import Processes
from tunewright.local.watch import DIRECTORY_VARIABLE, Launch

PATIENCE = 20.0


def a_launch(directory: Path, *command: str, trial: str = "t", number: int = 1, **fields: Any) -> Launch:
    """An attempt below `directory` that runs `command` there."""
    return Launch(
        **{
            "key": AttemptKey(trial, number),
            "command": command,
            "environment": dict(os.environ),
            "working_directory": directory,
            "directory": directory / "attempts" / f"{trial}-{number}",
            "deadline": None,
            "grace": 5.0,
            **fields,
        }
    )


def until(processes: Processes, wanted: Callable[[Execution], bool]) -> Execution:
    """The first execution told of that is as wanted."""
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at:
        for execution in processes.poll():
            if wanted(execution):
                return execution
        processes.wait(give_up_at - time.monotonic())
    raise AssertionError(f"not within {PATIENCE} seconds")


def ended(execution: Execution) -> bool:
    """Whether its end is known."""
    return execution.exit is not None


def running(execution: Execution) -> bool:
    """Whether it runs."""
    return execution.started_at is not None and execution.exit is None


def of_attempt(directory: Path) -> list[psutil.Process]:
    """The processes of an attempt that are there, its shim not among them."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(DIRECTORY_VARIABLE) == str(directory):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def kill_attempts(root: Path) -> None:
    """Let no attempt below `root` survive its test."""
    for directory in root.glob("**/attempts/*"):
        for process in of_attempt(directory):
            process.kill()


def now() -> int:
    """Milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000
