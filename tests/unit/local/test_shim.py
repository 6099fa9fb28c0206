"""What the supervising process does where no real process can bring it to."""

from pathlib import Path

import pytest

from tunewright.local import shim


def test_a_process_that_survives_being_killed_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Such a process hangs in the kernel, which a test cannot bring about: here the signal is not sent.
    monkeypatch.setattr(shim._Attempt, "_signal_group", lambda *_: None)
    time = 100.0
    monkeypatch.setattr(shim.time, "monotonic", lambda: time)
    attempt = shim._Attempt(
        tmp_path, command=["x"], environment={}, working_directory="/", deadline=None, grace=1.0
    )
    attempt._started = time
    attempt._kill()
    for time in (100.0, 105.0, 109.9):
        attempt._enforce()
        assert not attempt._over()
    time = 110.0
    attempt._enforce()
    assert attempt._over()
    assert attempt._cause == shim.DISK_FULL
