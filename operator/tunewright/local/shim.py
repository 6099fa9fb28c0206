"""Supervises one attempt, in a process of its own that outlives a kill -9 of Tunewright.

Run by its path, as `python -I -S shim.py DIRECTORY`, so it imports the standard library alone. Standard input
holds the launch as JSON: `command`, `environment`, `working_directory`, `deadline` (seconds of run time, or
null) and `grace` (seconds between SIGTERM and SIGKILL).

SIGTERM asks the attempt to stop. SIGUSR1 kills it, because it fills the disk.
"""

import ctypes
import fcntl
import json
import math
import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

LOCK = "lock"
PROCESS = "process.json"
EXIT = "exit.json"
LOG = "log.txt"
OLDER_LOG = "log.1.txt"
"""What was printed before the log: when that is full, it takes this one's place."""

LOG_LIMIT = 32 * 2**20
"""Bytes of either."""

RECORD_SIZE = 4096
"""Bytes of a record. They are taken before the attempt begins: its end can be recorded on a full disk."""

NOT_MINE = 75
"""Exit code of a shim that ran nothing, because the attempt was begun by another one."""

DEADLINE = "DeadlineExceeded"
OUT_OF_MEMORY = "OutOfMemory"
CANNOT_START = "CannotStart"
DISK_FULL = "DiskFull"

_MAX_MESSAGE = 500
_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
_UNKILLABLE_AFTER = 10.0
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Linux alone has it


def exclusive_lock(path: Path) -> int | None:
    """A descriptor that holds the file's lock until it is closed or this process ends; None if it is held."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def start_time(pid: int) -> int | None:
    """When the process started, in clock ticks since the system's start; None where that cannot be known."""
    stat = _stat(pid)
    return int(stat[19]) if stat else None


def write_record(path: Path, document: dict[str, object]) -> None:
    """The file appears whole or not at all, and is on the disk before it appears."""
    draft = _draft(path)
    _fill(draft, json.dumps(document))
    draft.replace(path)


def _reserve(path: Path) -> None:
    _fill(_draft(path), "")


def _draft(path: Path) -> Path:
    return path.with_name(f"{path.name}.tmp")


def _fill(path: Path, text: str) -> None:
    # Not truncated: blocks that were reserved are written over.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, text.encode().ljust(RECORD_SIZE))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on (field 3 of proc(5)); empty where there are none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()  # the name before it may hold anything


def _descendants(ancestor: int) -> list[int]:
    children: dict[int, list[int]] = {}
    with suppress(FileNotFoundError):
        for entry in Path("/proc").iterdir():
            stat = _stat(int(entry.name)) if entry.name.isdigit() else []
            if stat:
                children.setdefault(int(stat[1]), []).append(int(entry.name))
    found = [ancestor]
    for pid in found:
        found.extend(children.get(pid, []))
    return found[1:]


def _out_of_memory_kills() -> int:
    """How many processes the kernel has killed for lack of memory since its start, in all control groups."""
    with suppress(OSError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


class _Log:
    """Takes an attempt's output, and keeps the end of it in two files."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOG
        self._older = directory / OLDER_LOG
        self._descriptor = _appending(self._path)
        self._room = LOG_LIMIT

    def write(self, data: bytes) -> None:
        with suppress(OSError):  # a full disk: the attempt goes on without its log
            if len(data) > self._room:
                end = max(data.rfind(b"\n", 0, self._room), data.rfind(b"\r", 0, self._room)) + 1
                self._append(data[:end])
                self._room = 0
                self._rotate()
                data = data[end:]
            self._append(data)

    def _append(self, data: bytes) -> None:
        self._room -= len(data)
        os.write(self._descriptor, data)

    def _rotate(self) -> None:
        # The new file is made before the oldest is removed: it must not get its inode number, by which the
        # reader knows them apart.
        draft = _draft(self._path)
        descriptor = _appending(draft)
        try:
            with suppress(FileNotFoundError):  # the attempt may have removed it
                self._path.replace(self._older)
            draft.replace(self._path)
        except OSError:
            os.close(descriptor)
            raise
        os.close(self._descriptor)
        self._descriptor = descriptor
        self._room = LOG_LIMIT


def _appending(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)


class _Attempt:
    def __init__(
        self,
        directory: Path,
        *,
        command: list[str],
        environment: dict[str, str],
        working_directory: str,
        deadline: float | None,
        grace: float,
    ) -> None:
        self._directory = directory
        self._command = command
        self._environment = environment
        self._working_directory = working_directory
        self._deadline = deadline
        self._grace = grace
        self._log = _Log(directory)
        self._code: int | None = None
        self._cause: str | None = None
        self._told_to_stop = False
        self._told_to_kill = False
        self._kill_at: float | None = None
        self._killed = False
        self._passed_on = False

    def run(self) -> None:
        self._listen()
        out_of_memory_kills = _out_of_memory_kills()
        started_at = _now()
        self._started = time.monotonic()
        _reserve(self._directory / EXIT)
        write_record(
            self._directory / PROCESS,
            {"pid": os.getpid(), "start_time": start_time(os.getpid()), "started_at": started_at},
        )
        message = self._begin()
        if not message:
            self._attend()
            if self._code in _KILLED and not self._killed and _out_of_memory_kills() > out_of_memory_kills:
                self._cause = OUT_OF_MEMORY
        write_record(
            self._directory / EXIT,
            {
                "ended_at": _now(),
                "code": self._code,
                "cause": self._cause,
                "message": message,
            },
        )

    def _listen(self) -> None:
        self._wakeups, wakeup = os.pipe()
        os.set_blocking(self._wakeups, False)
        os.set_blocking(wakeup, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGUSR1, self._kill)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to be woken up
        self._poll = select.poll()
        self._poll.register(self._wakeups, select.POLLIN)

    def _stop(self, *_: object) -> None:
        self._told_to_stop = True

    def _kill(self, *_: object) -> None:
        self._told_to_kill = True

    def _begin(self) -> str:
        """Starts the command; returns why it could not be started, or nothing."""
        if _prctl is not None:
            _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._output, output = os.pipe()
        os.set_blocking(self._output, False)
        failures, failure = os.pipe()
        shim = os.getpid()
        self._leader = os.fork()
        if self._leader == 0:
            self._become_the_command(shim, output, failure)
        os.close(output)
        os.close(failure)
        self._poll.register(self._output, select.POLLIN)
        message = os.read(failures, _MAX_MESSAGE).decode(errors="replace")  # ends when the command runs
        os.close(failures)
        if message:
            self._cause = CANNOT_START
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._leader, 0)[1])
        return message

    def _become_the_command(self, shim: int, output: int, failure: int) -> None:
        problem = f"cannot enter the working directory {self._working_directory!r}"
        try:
            os.setsid()
            if _prctl is not None:
                _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != shim:
                os._exit(1)
            for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, which would be inherited
                signal.signal(number, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.chdir(self._working_directory)
            problem = f"cannot start {self._command[0]!r}"
            os.execvpe(self._command[0], self._command, self._environment)
        except (OSError, ValueError) as error:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            os.write(failure, f"{problem}: {reason}".encode(errors="replace")[:_MAX_MESSAGE])
        finally:
            os._exit(127)

    def _attend(self) -> None:
        """Until nothing of the attempt runs any more."""
        while not self._over():
            self._wait(self._due)
            self._reap()
            self._enforce()
        self._kill_the_rest()
        self._drain()

    def _over(self) -> bool:
        """The command has ended; where it was asked to stop, so has its group, or the grace period."""
        if self._code is None:
            return self._killed and time.monotonic() >= self._due
        return self._kill_at is None or self._killed or not self._group_lives()

    def _group_lives(self) -> bool:
        try:
            os.killpg(self._leader, 0)
        except OSError:
            return False
        return True

    @property
    def _due(self) -> float:
        """When, by the monotonic clock, there is something to do though nothing happens."""
        if self._kill_at is not None:
            return self._kill_at + (_UNKILLABLE_AFTER if self._killed else 0.0)
        return math.inf if self._deadline is None else self._started + self._deadline

    def _wait(self, until: float) -> None:
        seconds = max(0.0, until - time.monotonic())
        for descriptor, _ in self._poll.poll(None if seconds == math.inf else math.ceil(seconds * 1000)):
            if descriptor == self._wakeups:
                with suppress(BlockingIOError):
                    os.read(self._wakeups, 4096)
            elif not self._copy():
                self._poll.unregister(self._output)

    def _copy(self) -> bool:
        """Takes some output into the log; False at its end."""
        try:
            data = os.read(self._output, 2**16)
        except BlockingIOError:
            return True
        self._log.write(data)
        return bool(data)

    def _drain(self) -> None:
        """What a pipe can still hold once all of its writers are gone."""
        for _ in range(32):
            if not select.select([self._output], [], [], 0)[0] or not self._copy():
                return

    def _reap(self) -> bool:
        """Takes note of children that have ended, adopted ones among them; False if none are left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._leader:
                self._code = os.waitstatus_to_exitcode(status)

    def _enforce(self) -> None:
        now = time.monotonic()
        if self._code is None:
            if self._told_to_kill and not self._killed:
                self._cause = DISK_FULL
                self._kill_at = now
            elif self._kill_at is None and now >= self._due:
                self._cause = DEADLINE
                self._ask(now)
            elif self._kill_at is None and self._told_to_stop:
                self._ask(now)
        elif self._kill_at is not None and not self._passed_on:
            self._passed_on = True
            self._signal_group(signal.SIGTERM)
        if self._kill_at is not None and now >= self._kill_at and not self._killed:
            self._killed = True
            self._signal_group(signal.SIGKILL)

    def _ask(self, now: float) -> None:
        """Have the command end; what it started hears later, lest a worker's death keep it from saving."""
        self._kill_at = now + self._grace
        with suppress(OSError):
            os.kill(self._leader, signal.SIGTERM)

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(OSError):
            os.killpg(self._leader, number)
        with suppress(OSError):
            if self._code is None and os.getpgid(self._leader) != self._leader:  # it has left its group
                os.kill(self._leader, number)

    def _kill_the_rest(self) -> None:
        """Ends what the command left behind: on Linux every descendant, since orphans become our children."""
        give_up_at = time.monotonic() + _UNKILLABLE_AFTER
        self._signal_group(signal.SIGKILL)
        while self._reap() and time.monotonic() < give_up_at:
            for pid in _descendants(os.getpid()):
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self._wait(time.monotonic() + 0.05)


def _now() -> int:
    """Milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


def main(directory: Path) -> int:
    """Runs the attempt that standard input describes, unless it was begun before; returns an exit code."""
    text = sys.stdin.buffer.read()
    try:
        launch = json.loads(text)
    except ValueError:  # the starter was killed while it wrote: nobody counts on this attempt
        return NOT_MINE
    lock = exclusive_lock(directory / LOCK)
    if lock is None or (directory / PROCESS).exists() or (directory / EXIT).exists():
        return NOT_MINE
    _Attempt(directory, **launch).run()
    return 0


if __name__ == "__main__":
    status = main(Path(sys.argv[1]))
    os._exit(status)  # taking an interpreter down in good order takes a quarter of this program's time
