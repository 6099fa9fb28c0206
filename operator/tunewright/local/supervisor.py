"""A handle on a shim, which may be a child of this process or an orphan of an earlier one."""

import os
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from tunewright.local import shim
from tunewright.local.attempt_files import ProcessRecord


class Supervisor:
    """A running shim.

    Attributes:
        descriptor: names this very process, and becomes readable when it ends; None where there is none.
    """

    def __init__(self, pid: int, *, child: bool) -> None:
        """
        Raises:
            ProcessLookupError: there is no such process.
        """
        self._pid = pid
        self._child = child
        try:
            self._process = psutil.Process(pid)
        except psutil.NoSuchProcess:
            raise ProcessLookupError from None
        self.descriptor = _descriptor(pid)

    @classmethod
    def start(cls, directory: Path, launch: bytes, errors: Path) -> "Supervisor":
        """Start a shim for the attempt whose directory it is; `launch` is its standard input.

        Raises:
            OSError: the system has no room for another process.
        """
        read, write = os.pipe()
        arguments = [sys.executable, "-I", "-S", "-X", "utf8", shim.__file__, str(directory)]
        try:
            pid = os.posix_spawn(
                sys.executable,
                arguments,
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, read, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 2, str(errors), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644),
                ],
                setsid=True,
                setsigmask=[],
            )
        except OSError:
            os.close(write)
            raise
        finally:
            os.close(read)
        with suppress(BrokenPipeError), open(write, "wb") as pipe:  # noqa: PTH123
            pipe.write(launch)
        return cls(pid, child=True)

    @classmethod
    def find(cls, record: ProcessRecord) -> "Supervisor | None":
        """The living shim that wrote the record."""
        try:
            found = cls(record.pid, child=False)
        except ProcessLookupError:
            return None
        if record.start_time != shim.start_time(record.pid) or found.ended():
            found.close()
            return None
        return found

    def ended(self) -> bool:
        """Whether it has ended; if it was a child, it is reaped."""
        if self._child:
            with suppress(ChildProcessError):
                return os.waitpid(self._pid, os.WNOHANG)[0] == self._pid
            return True
        if self.descriptor is None:
            return not self._process.is_running() or self._process.status() == psutil.STATUS_ZOMBIE
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        return bool(poll.poll(0))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal: what signals mean to it stands in `shim`."""
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if self.descriptor is None:
                self._process.send_signal(number)
            else:
                signal.pidfd_send_signal(self.descriptor, number)

    def kill_children(self) -> None:
        """Kill all that it runs."""
        with suppress(psutil.Error):
            for process in self._process.children(recursive=True):
                with suppress(psutil.Error):
                    process.kill()

    def close(self) -> None:
        """Forget it; it goes on."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


def _descriptor(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
