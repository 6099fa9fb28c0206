"""Processes known by pid and start time: a pid alone may have been given to another process since."""

import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Process:
    pid: int
    started: float
    """Seconds since the epoch, as the kernel has it."""

    @classmethod
    def of(cls, pid: int) -> "Process":
        return cls(pid, psutil.Process(pid).create_time())

    def alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 0.05
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def kill(self, within: float = 30.0) -> None:
        """SIGKILL, and wait until it is gone; the first process of a pid namespace takes all others with it.

        Raises:
            TimeoutError: it is still there after `within` seconds.
        """
        if self.alive():
            psutil.Process(self.pid).kill()
        until = time.monotonic() + within
        while self.alive():
            if time.monotonic() > until:
                raise TimeoutError(f"process {self.pid} does not end")
            time.sleep(0.02)
