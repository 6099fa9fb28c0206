"""Fixtures of the local home."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.local import studies
from tests.local.attempts import kill_attempts, now

from tunewright.local.processes import Processes


@pytest.fixture(autouse=True)
def _no_run_survives_its_test() -> Iterator[None]:
    yield
    studies.kill_runs()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Attempts below `tmp_path`; none survives the test."""
    processes = Processes(tmp_path, now)
    yield processes
    processes.close()
    kill_attempts(tmp_path)
