"""What lies in an attempt's directory."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tunewright.engine.facts import Cause
from tunewright.local import shim
from tunewright.local.regular_files import read_file, status_of
from tunewright.metrics.lines import parse_object

OBSERVATIONS = "observations.jsonl"
LAST_WORD = "last-word.json"

_LAST_LINE = 4096
_OURS = (shim.LOCK, shim.PROCESS, shim.EXIT, shim.LOG, shim.OLDER_LOG)


@dataclass(frozen=True)
class ProcessRecord:
    """The shim that runs an attempt.

    Attributes:
        pid: its process.
        start_time: tells it from a later process with the same pid (`shim.start_time`); None where unknown.
        started_at: when the attempt began, in milliseconds since the Unix epoch.
    """

    pid: int
    start_time: int | None
    started_at: int


@dataclass(frozen=True)
class ExitRecord:
    """How an attempt ended, by the word of its shim.

    Attributes:
        ended_at: milliseconds since the Unix epoch.
        code: the exit code, minus the signal's number where one ended it; None where nobody saw it.
        cause: why, where more is known than the code says.
        message: one line for the user, or nothing.
    """

    ended_at: int
    code: int | None = None
    cause: Cause | None = None
    message: str = ""


@dataclass(frozen=True)
class AttemptFiles:
    """The files in an attempt's directory."""

    directory: Path

    @property
    def observations(self) -> Path:
        """What the trainer reports, a line each."""
        return self.directory / OBSERVATIONS

    @property
    def last_word(self) -> Path:
        """How far the trainer came, by its own word."""
        return self.directory / LAST_WORD

    @property
    def log(self) -> Path:
        """What the attempt prints; at first, and then the newest of it."""
        return self.directory / shim.LOG

    @property
    def older_log(self) -> Path:
        """What it printed before that; of a long log the beginning is in neither."""
        return self.directory / shim.OLDER_LOG

    @property
    def lock(self) -> Path:
        """Held by the shim while it lives."""
        return self.directory / shim.LOCK

    def process(self) -> ProcessRecord | None:
        """The shim's record; None as long as it has not begun the attempt."""
        fields = _fields(self.directory / shim.PROCESS)
        try:
            start_time = fields["start_time"]
            return ProcessRecord(
                int(fields["pid"]), None if start_time is None else int(start_time), int(fields["started_at"])
            )
        except (KeyError, TypeError, ValueError):
            return None

    def exit(self) -> ExitRecord | None:
        """How the attempt ended; None where that is not recorded."""
        fields = _fields(self.directory / shim.EXIT)
        try:
            code, cause = fields["code"], fields["cause"]
            return ExitRecord(
                int(fields["ended_at"]),
                None if code is None else int(code),
                None if cause is None else Cause(cause),
                str(fields["message"]),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def begun(self) -> bool:
        """Whether a shim has taken this attempt on, dead or alive."""
        return (self.directory / shim.PROCESS).exists() or (self.directory / shim.EXIT).exists()

    def record_loss(self, ended_at: int, message: str) -> ExitRecord:
        """Write that the shim vanished: no other may take the attempt on. The lock must be held."""
        record = ExitRecord(ended_at, cause=Cause.DISRUPTED, message=message)
        with suppress(OSError):  # without its directory nothing can take it on, either
            shim.write_record(self.directory / shim.EXIT, asdict(record))
        return record

    def last_sign_of_life(self) -> int | None:
        """When a file here last changed, in milliseconds since the Unix epoch; None if there are none."""
        paths = (self.directory / shim.PROCESS, self.log, self.observations, self.last_word)
        return max(
            (status.st_mtime_ns // 1_000_000 for path in paths if (status := status_of(path))), default=None
        )

    def last_logged_line(self) -> str:
        """The last line of the log that is not blank; empty if there is none."""
        return _last_line(self.log) or _last_line(self.older_log)

    def not_ours(self) -> list[Path]:
        """What the attempt has put here beside its log."""
        return [path for path in self.directory.iterdir() if path.name not in _OURS]


def _last_line(path: Path) -> str:
    status = status_of(path)
    begin = max(0, status.st_size - _LAST_LINE) if status is not None else 0
    lines = read_file(path, _LAST_LINE, begin).decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _fields(path: Path) -> Mapping[str, Any]:
    return parse_object(read_file(path, shim.RECORD_SIZE))
