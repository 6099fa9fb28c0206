"""The attempts that run on this machine."""

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

from tunewright.engine.facts import AttemptKey, Cause, Execution
from tunewright.local.attempt_files import AttemptFiles
from tunewright.local.disk import Disk, remove, used_by
from tunewright.local.watch import Launch, Watch
from tunewright.metrics.curves import Point

LOOK_EVERY = 0.2
"""Seconds until a new observation is noticed, at most."""

MEASURE_EVERY = 5_000
"""Milliseconds until the attempts on a full disk are measured again, at least: that walks all their files."""


class Processes:
    """Runs attempts as processes that outlive this one, and tells what becomes of them.

    Not thread-safe but for `wake`.

    Args:
        directory: exists, and lies on the disk that attempts are not to fill.
        clock: the time, in milliseconds since the Unix epoch.
    """

    def __init__(self, directory: Path, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._disk = Disk(directory)
        self._measured_at: int | None = None
        self._watches: dict[AttemptKey, Watch] = {}
        self._changed: dict[AttemptKey, Execution] = {}
        self._wakeups, self._waker = socket.socketpair()
        self._wakeups.setblocking(False)
        self._waker.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, launch: Launch) -> None:
        """Begin an attempt. One that was begun before is taken up as it is: running, ended, or lost."""
        if launch.key not in self._watches:
            watch = self._watches[launch.key] = Watch(launch)
            watch.start(self._clock())

    def stop(self, key: AttemptKey) -> None:
        """Ask an attempt to end; after its grace period it is killed. Returns at once."""
        self._watches[key].stop()

    def poll(self) -> list[Execution]:
        """The attempts of which something is new since the last call. An end comes last, when all is read."""
        self._look()
        changed = list(self._changed.values())
        self._changed.clear()
        return changed

    def curves(self, key: AttemptKey) -> dict[str, list[Point]]:
        """What an attempt has reported: steps and finite values, by metric."""
        return self._watches[key].curves()

    def forget(self, key: AttemptKey) -> None:
        """Watch an attempt no more."""
        self._watches.pop(key).close()
        self._changed.pop(key, None)

    def wait(self, timeout: float | None) -> None:
        """Wait until `poll` has something to tell or `wake` is called, or for `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            self._look()
            if self._changed:
                return
            left = None if until is None else max(0.0, until - time.monotonic())
            if self._sleep(left) or (until is not None and time.monotonic() >= until):
                return

    def wake(self) -> None:
        """End the wait, or the next one. May be called from any thread, and from a signal handler."""
        with suppress(OSError):  # full: it will wake anyway; closed: nobody waits
            self._waker.send(b"\0")

    def close(self) -> None:
        """Watch nothing any more; what runs goes on."""
        for key in list(self._watches):
            self.forget(key)
        self._wakeups.close()
        self._waker.close()

    def _look(self) -> None:
        now = self._clock()
        for key, watch in self._watches.items():
            if watch.look(now):
                self._changed[key] = self._judged(watch)
        self._mind_the_disk(now)

    def _sleep(self, seconds: float | None) -> bool:
        """Sleep until an attempt ends or should be looked at; whether `wake` was called."""
        running = [watch for watch in self._watches.values() if not watch.ended]
        if running:
            seconds = min(LOOK_EVERY, LOOK_EVERY if seconds is None else seconds)
        if any(watch.behind() for watch in running):
            seconds = 0.0
        poll = select.poll()
        poll.register(self._wakeups, select.POLLIN)
        for watch in running:
            if watch.supervisor is not None and watch.supervisor.descriptor is not None:
                poll.register(watch.supervisor.descriptor, select.POLLIN)
        ready = poll.poll(None if seconds is None else seconds * 1000)
        if not any(descriptor == self._wakeups.fileno() for descriptor, _ in ready):
            return False
        with suppress(BlockingIOError):
            self._wakeups.recv(4096)
        return True

    def _judged(self, watch: Watch) -> Execution:
        """Its execution: if it failed on a disk that it filled, that is why, and it is cleaned up after."""
        execution = watch.execution
        if execution.exit is None:
            return execution
        if execution.exit.cause is None and execution.exit.code and self._fills_the_disk(watch):
            execution = replace(execution, exit=replace(execution.exit, cause=Cause.DISK_FULL, message=""))
        assert execution.exit is not None
        if execution.exit.cause is Cause.DISK_FULL:
            remove([*watch.launch.fills, *AttemptFiles(watch.launch.directory).not_ours()])
        return execution

    def _fills_the_disk(self, watch: Watch) -> bool:
        return self._disk.full() and self._used_by(watch) >= self._disk.reserve // 4

    def _used_by(self, watch: Watch) -> int:
        return used_by([watch.launch.directory, *watch.launch.fills])

    def _mind_the_disk(self, now: int) -> None:
        """Kill the attempt that uses most of a full disk; then see, before another is killed."""
        running = [watch for watch in self._watches.values() if not watch.ended]
        if not running or any(watch.killed for watch in running) or not self._disk.full():
            return
        if self._measured_at is not None and abs(now - self._measured_at) < MEASURE_EVERY:
            return
        self._measured_at = now
        heaviest = max(running, key=self._used_by)
        if self._fills_the_disk(heaviest):
            heaviest.kill()
