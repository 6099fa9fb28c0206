"""The new lines of a file that another program writes to, whatever it writes."""

import os
from contextlib import suppress
from pathlib import Path

from tunewright.local.regular_files import opened

MAX_LINE = 64 * 2**10
"""Bytes; of a longer line only the beginning is read."""

MAX_READ = 128 * 2**10
"""Bytes read at once, so that one flood delays nothing else for long."""


class Tail:
    """Reads on where it stopped. A line ends with a line feed or, as of a progress bar, a carriage return.

    Args:
        path: of the file.
        older: where the file is moved, in place of an earlier one, when a new one is begun at `path`; it is
            followed there. None: it never is.
    """

    def __init__(self, path: Path, older: Path | None = None) -> None:
        self._paths = (path,) if older is None else (path, older)  # newest first
        self._inode: int | None = None
        self._offset = 0
        self._unfinished = b""
        self.written_at = 0
        """When the file was last written, in milliseconds since the Unix epoch, as of the last look."""

    def behind(self) -> bool:
        """Whether there is something new to read."""
        return bool(self._read(1, advance=False))

    def lines(self) -> list[bytes]:
        """The next complete lines, as many as are read at once."""
        *ends, last = self._read(MAX_READ).replace(b"\r", b"\n").split(b"\n")
        complete = []
        for end in ends:
            complete.append(self._continued(end))
            self._unfinished = b""
        self._unfinished = self._continued(last)
        return complete

    def rest(self) -> bytes:
        """The last line, not ended: taken once nothing more will come."""
        rest, self._unfinished = self._unfinished, b""
        return rest

    def _continued(self, piece: bytes) -> bytes:
        return self._unfinished + piece[: MAX_LINE - len(self._unfinished)]

    def _read(self, size: int, *, advance: bool = True) -> bytes:
        """The next bytes; nothing where there are none yet."""
        found = []  # the newest file, and those before it back to the one that was read last
        try:
            for path in self._paths:
                descriptor = opened(path)
                if descriptor is not None:
                    found.append(descriptor)
                    if os.fstat(descriptor).st_ino == self._inode:
                        break
            else:  # overtaken: what followed the unfinished line is gone
                self._unfinished = b""
            for descriptor in reversed(found):
                self._enter(os.fstat(descriptor))
                data = self._data(descriptor, size)
                if data:
                    if advance:
                        self._offset += len(data)
                    return data
        finally:
            for descriptor in found:
                os.close(descriptor)
        return b""

    def _enter(self, status: os.stat_result) -> None:
        self.written_at = status.st_mtime_ns // 1_000_000
        if status.st_ino != self._inode:
            self._inode = status.st_ino
            self._offset = 0
        elif status.st_size < self._offset:  # someone cut it: begin again
            self._offset = 0
            self._unfinished = b""

    def _data(self, descriptor: int, size: int) -> bytes:
        with suppress(OSError):
            data = os.pread(descriptor, size, self._offset)
            if data[:1] != b"\0":
                return data
            # A hole may be longer than any disk; it holds nothing.
            begin = os.lseek(descriptor, self._offset, os.SEEK_DATA)
            if begin == self._offset:
                return data
            self._offset = begin
            return os.pread(descriptor, size, begin)
        return b""
