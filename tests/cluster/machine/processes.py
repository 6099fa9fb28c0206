"""Processes known by pid and start: a pid alone may have been given to another process since."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    pid: int
    started: str
    """The boot that it belongs to and the clock ticks from that boot to its start."""

    @classmethod
    def of(cls, pid: int) -> "Process":
        """The process that has this pid now.

        Raises:
            FileNotFoundError: there is none.
        """
        return cls(pid, cls.stat(pid)[1])

    @staticmethod
    def stat(pid: int) -> tuple[str, str]:
        """A process's state (`Z`: it has ended) and start."""
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return fields[0], f"{boot} {fields[19]}"

    def alive(self) -> bool:
        try:
            state, started = self.stat(self.pid)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return started == self.started and state not in "ZX"

    def kill(self, within: float = 30.0) -> None:
        """SIGKILL, and wait until it is gone; the first process of a pid namespace takes all others with it.

        Raises:
            TimeoutError: it is still there after `within` seconds.
        """
        until = time.monotonic() + within
        if self.alive():
            os.kill(self.pid, signal.SIGKILL)
        while self.alive():
            if time.monotonic() > until:
                raise TimeoutError(f"process {self.pid} does not end")
            time.sleep(0.02)
