"""The new lines of a file that another program writes to, whatever it writes."""

from pathlib import Path

from tunewright.local.regular_files import read_file, status_of

MAX_LINE = 64 * 2**10
"""Bytes; of a longer line only the beginning is read."""

MAX_READ = 128 * 2**10
"""Bytes read at once, so that one flood delays nothing else for long."""

MAX_FILE = 64 * 2**20
"""Bytes; what comes after them is not read."""


class Tail:
    """Reads on where it stopped. A line ends with a line feed or, as of a progress bar, a carriage return."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._unfinished = b""
        self._size = 0
        self.written_at = 0
        """When the file was last written, in milliseconds since the Unix epoch, as of the last look."""

    def behind(self) -> bool:
        """Whether there is something new to read."""
        status = status_of(self._path)
        if status is None:
            return False
        self._size = min(status.st_size, MAX_FILE)
        self.written_at = status.st_mtime_ns // 1_000_000
        if self._size < self._offset:  # someone cut it: begin again
            self._offset = 0
            self._unfinished = b""
        return self._size > self._offset

    def lines(self) -> list[bytes]:
        """The next complete lines, as many as are read at once."""
        *ends, last = self._read().replace(b"\r", b"\n").split(b"\n")
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

    def _read(self) -> bytes:
        if not self.behind():
            return b""
        data = read_file(self._path, min(MAX_READ, self._size - self._offset), self._offset)
        self._offset += len(data)
        return data
