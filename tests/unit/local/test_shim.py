"""What the supervising process does where no real process can bring it to."""

from pathlib import Path

import pytest

from tunewright.local import shim


def test_a_process_that_survives_being_killed_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Such a process hangs in the kernel, which a test cannot bring about: here the signal is not sent.
    monkeypatch.setattr(shim._Attempt, "_signal_group", lambda *_: None)
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    attempt = shim._Attempt(
        tmp_path, command=["x"], environment={}, working_directory="/", deadline=None, grace=1.0
    )
    attempt._started = clock[0]
    attempt._kill()
    for clock[0] in (100.0, 105.0, 109.9):
        attempt._enforce()
        assert not attempt._over()
    clock[0] = 110.0
    attempt._enforce()
    assert attempt._over()
    assert attempt._cause == shim.DISK_FULL
