"""Small studies to run with the command line, as their user would."""

import os
import shlex
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import yaml
from tests.local.attempts import kill_attempts

from tunewright.local.view import view_of
from tunewright.report import records

COMMAND = [sys.executable, "-m", "tunewright.cli.main"]
TUNEWRIGHT = shlex.join(COMMAND)

# Begins and ends with a line in a ledger, so that a test sees what really ran, and how often.
WORKER = """\
echo "begin $TUNEWRIGHT_TRIAL $TUNEWRIGHT_ATTEMPT" >> ledger
sleep $1
echo "accuracy=$2"
echo "end $TUNEWRIGHT_TRIAL $TUNEWRIGHT_ATTEMPT" >> ledger
"""


def a_shell_study(
    folder: Path, script: str = WORKER, *arguments: str, budget: dict[str, Any] | None = None, **spec: Any
) -> Path:
    """A study file in `folder` whose trials run a shell script that is read from its log."""
    (folder / "worker.sh").write_text(script)
    trial = {"metrics": {"source": "log"}, **spec.pop("trial", {})}
    command = ["sh", "worker.sh", *(arguments or ("0", "$(HP_X)"))]
    return a_study(folder, command, budget=budget, trial=trial, **spec)


def a_study(
    folder: Path,
    command: Sequence[str],
    *,
    budget: dict[str, Any] | None = None,
    trial: dict[str, Any] | None = None,
    **spec: Any,
) -> Path:
    """A study file in `folder` whose trials run a command; what is given replaces fields of what is usual."""
    container = {"name": "main", "image": "none", "command": list(command)}
    document = {
        "apiVersion": "tunewright.dev/v1alpha1",
        "kind": "HyperparameterStudy",
        "metadata": {"name": "shell"},
        "spec": {
            "objectives": [{"metric": "accuracy", "direction": "maximize"}],
            "parameters": [{"name": "x", "type": "float", "min": 0, "max": 1}],
            "algorithm": {"name": "random", "seed": 1},
            "budget": {"maxTrials": 4, "parallelism": 2, **(budget or {})},
            "trial": {
                "template": {"spec": {"template": {"spec": {"containers": [container]}}}},
                "gracePeriod": "5s",
                **(trial or {}),
            },
            **spec,
        },
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def programs(folder: Path, scripts: Mapping[str, str]) -> dict[str, Any]:
    """Puts executable scripts there, by name; returns the fields of a study that runs each of them once.

    The command is to be `./$(HP_PROGRAM)`.
    """
    for name, script in scripts.items():
        (folder / name).write_text(textwrap.dedent(script).lstrip())
        (folder / name).chmod(0o755)
    return {
        "parameters": [{"name": "program", "type": "categorical", "values": [*scripts]}],
        "algorithm": {"name": "grid"},
        "initial": {"default": False},
    }


def start(
    study: Path, *options: str, before: Sequence[str] = (), **variables: str
) -> "subprocess.Popen[bytes]":
    """`tunewright run` in the study's folder; what it prints goes to the file `printed` there.

    `before` are words to put before the command, and `variables` some for its environment.
    """
    with (study.parent / "printed").open("ab") as printed:
        run = subprocess.Popen(
            [*before, *COMMAND, "run", study.name, "--dir", "out", *options],
            cwd=study.parent,
            env={**os.environ, **variables},
            stdout=printed,
            stderr=subprocess.STDOUT,
            preexec_fn=_heed_signals,
        )
    _started.append((study.parent, run))
    return run


_started: list[tuple[Path, "subprocess.Popen[bytes]"]] = []


def kill_runs() -> None:
    """Kill what was started by `start` and lives on, because its test has failed."""
    while _started:
        folder, run = _started.pop()
        if run.poll() is None:
            run.kill()
            run.wait()
            kill_attempts(folder)


def _heed_signals() -> None:
    """Tests may run in the background, where signals are ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def printed(folder: Path) -> str:
    """What the runs in `folder` that were started by `start` have printed."""
    return (folder / "printed").read_text()


def run(study: Path, *options: str, timeout: float = 120) -> "subprocess.CompletedProcess[str]":
    """`tunewright run` in the study's folder, to its end."""
    return tunewright(study.parent, "run", study.name, "--dir", "out", *options, timeout=timeout)


def tunewright(folder: Path, *arguments: str, timeout: float = 60) -> "subprocess.CompletedProcess[str]":
    """A command in a folder, to its end."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, timeout=timeout, check=False
    )


def in_a_shell(folder: Path, line: str) -> "subprocess.CompletedProcess[str]":
    """A line of `sh`, to its end."""
    return subprocess.run(
        ["sh", "-c", line], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def results(folder: Path) -> dict[str, Any]:
    """What `tunewright results` says of the study in `folder`; without its start, which takes a while."""
    with view_of(folder / "out") as view:
        return records.results(view)


def ledger(folder: Path) -> list[str]:
    """The lines that the workers wrote."""
    path = folder / "ledger"
    return path.read_text().splitlines() if path.exists() else []


def left_behind(folder: Path, directory: str = "out") -> list[psutil.Process]:
    """The processes of attempts of the study in a directory of `folder` that are there, shims among them."""
    place = os.fspath(folder / directory / "attempts")
    found = []
    for process in psutil.process_iter():
        try:
            told = [*process.cmdline(), process.environ().get("TUNEWRIGHT_ATTEMPT_DIR", "")]
        except (psutil.Error, OSError):
            continue
        if any(word.startswith(place) for word in told):
            found.append(process)
    return found


def wait_for(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Return once it holds: for what other processes bring about, and tell nobody of."""
    give_up_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up_at, f"not within {seconds} seconds"
        threading.Event().wait(0.02)
