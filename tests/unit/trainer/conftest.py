"""An attempt's home, as small as can be: it starts real programs and reads what they left."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tunewright_trainer.sdk import last_word, reporting, stopping


class Home:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.observations_path = directory / "observations.jsonl"
        self.last_word_path = directory / "last-word"
        self.checkpoints = directory / "checkpoints"
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """A Python process in a bare environment with the contract's files, and `variables` over them."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("TUNEWRIGHT_")
        }
        environment |= {
            "OMP_NUM_THREADS": "1",
            "TUNEWRIGHT_OBSERVATIONS": str(self.observations_path),
            "TUNEWRIGHT_LAST_WORD": str(self.last_word_path),
            "TUNEWRIGHT_CHECKPOINT_DIR": str(self.checkpoints),
            **variables,
        }
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=environment,
            cwd=self.directory,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def await_lines(self, process: subprocess.Popen[str], count: int) -> None:
        """Return once the process has written so many more lines."""
        assert process.stdout is not None
        for _ in range(count):
            process.stdout.readline()

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **variables)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def end_all(self) -> None:
        for process in self._started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its children, too, which hold its pipes
            process.communicate()

    def observations(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.observations_path.read_text().splitlines()]

    def last_word(self) -> dict[str, Any]:
        written = self.last_word_path.read_bytes()
        assert len(written) <= last_word.MAX_BYTES
        word: dict[str, Any] = json.loads(written)
        return word


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.end_all()


@pytest.fixture(autouse=True)
def fresh_sdk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leaves neither the SDK's state nor its signal handler behind in the tests' own process."""
    for name in [name for name in os.environ if name.startswith("TUNEWRIGHT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(stopping, "_stop_request", stopping.StopRequest())
    monkeypatch.setattr(reporting, "_reporter", None)
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)
