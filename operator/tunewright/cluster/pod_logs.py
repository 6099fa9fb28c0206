"""Reads metrics from a container's log while it grows, and to its end."""

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

import regex

from tunewright.cluster.gateway import Gateway, NotFound, Refused, Unavailable
from tunewright.metrics.gathering import MAX_METRICS, Gathering
from tunewright.metrics.log import LogSearch
from tunewright.metrics.readings import MAX_POINTS, Readings

CHUNK = 256 * 2**10
"""Bytes asked for at once."""

MAX_CHUNK = 4 * 2**20
"""Bytes asked for where less brings nothing new. Of a longer line, or a fuller second, the rest is lost."""

MAX_SEARCH = 2.0
"""Seconds of processor time for a chunk; a log that takes more is searched no further."""

LOOK = 2.0
"""Seconds after which a look at a growing log leaves the rest to the next one."""

DRAIN = 30.0
"""Seconds after which the rest of an ended log is left. A kubelet keeps 10 MiB, unless told otherwise."""

PATIENCE = 60.0
"""For how many seconds the API server is asked for the end of a log that it cannot give."""

_STAMPED = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d) ")


class Line(NamedTuple):
    """A line of a log.

    Attributes:
        stamp: when it was written, as it is told: to the nanosecond.
        second: the same in whole seconds since the Unix epoch.
        text: without its end.
    """

    stamp: bytes
    second: int
    text: bytes


class Follower:
    """Reads a container's log on from where it stopped; where it was rotated, on in the new file.

    The API server leaves out what is older than a whole second, so some lines come again: those that were
    taken are remembered by their times.
    """

    def __init__(self, gateway: Gateway, namespace: str, pod: str, container: str) -> None:
        self._gateway = gateway
        self._log = (namespace, pod, container)
        self._limit = CHUNK
        self._since: int | None = None
        self._taken: Counter[bytes] = Counter()

    def read(self, *, ended: bool) -> tuple[list[Line], bool]:
        """The next lines, and whether there may be more.

        Args:
            ended: whether the container has: what follows the last line's end is then a line as well.

        Raises:
            ApiError: the log cannot be read.
        """
        since = None if self._since is None else _rfc3339(self._since)
        data = self._gateway.log(*self._log, since=since, limit_bytes=self._limit)
        cut = len(data) >= self._limit
        whole, _, torn = data.rpartition(b"\n")
        if ended and not cut:
            whole, torn = data, b""
        lines = list(_lines(whole))
        fresh = self._not_taken(lines)
        # A line that is torn comes again whole, so its second is asked for again.
        seconds = [line.second for line in (*lines[-1:], *_lines(torn))]
        if fresh:
            self._go_on(min(seconds), lines)
        elif cut and self._limit < MAX_CHUNK:
            self._limit *= 2
        elif cut:
            self._go_on(1 + max([self._since or 0, *seconds]), [])
        return fresh, cut

    def _not_taken(self, lines: list[Line]) -> list[Line]:
        taken = self._taken.copy()
        fresh = []
        for line in lines:
            if taken[line.stamp]:
                taken[line.stamp] -= 1
            else:
                fresh.append(line)
        return fresh

    def _go_on(self, second: int, lines: list[Line]) -> None:
        if second != self._since:
            self._since = second
            self._limit = CHUNK
        self._taken = Counter(line.stamp for line in lines if line.second >= second)


def _lines(data: bytes) -> Iterator[Line]:
    """Those that have a time; one whose beginning was left out as too old has none, and was taken before."""
    for line in data.split(b"\n"):
        match = _STAMPED.match(line)
        if match is not None:
            zone = match[2].replace(b"Z", b"+00:00")
            moment = datetime.fromisoformat((match[1] + zone).decode())
            yield Line(match[0], int(moment.timestamp()), line[match.end() :])


def _rfc3339(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class LogOfPod:
    """The log of one attempt's metrics container.

    Args:
        follower: reads it.
        pattern: finds metrics in it, by the groups `name` and `value`.
        judging: metrics that are taken in however many others there are.
        clock: seconds, never running back.
    """

    def __init__(
        self,
        follower: Follower,
        pattern: regex.Pattern[str],
        judging: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._follower = follower
        self._clock = clock
        self._search = LogSearch(pattern, time.thread_time)
        self._gathering = Gathering(judging, MAX_POINTS)
        self._failing_since: float | None = None
        self._drained = False
        self._note = ""

    def look(self) -> bool:
        """Take in what is new; whether the program has reported since the last look.

        Raises:
            ApiError: nothing was seen.
        """
        return self._read_for(LOOK, ended=False)[0]

    def drain(self) -> None:
        """Take in what is left, now that the container has ended.

        Raises:
            Unavailable: not now; try again.
        """
        try:
            _, more = self._read_for(DRAIN, ended=True)
        except Unavailable as error:
            if self._failing_since is None:
                self._failing_since = self._clock()
            if self._clock() - self._failing_since < PATIENCE:
                raise
            self._note = f"the end of its log could not be read: {error}"
        except (NotFound, Refused) as error:
            self._note = f"the end of its log could not be read: {error}"
        else:
            if more:
                self._note = "its log was not read to the end: it is too long"
        self._drained = True

    def readings(self) -> Readings:
        """All that was seen, without a time."""
        notes = [self._note]
        if self._search.given_up:
            notes.append("its log was searched no further: metrics.pattern takes too long")
        if self._gathering.refused:
            notes.append(f"of its metrics only the first {MAX_METRICS} were taken in")
        return replace(self._gathering.readings(), note="; ".join(filter(None, notes)))

    def _read_for(self, seconds: float, *, ended: bool) -> tuple[bool, bool]:
        """Read on for so long; whether there was a report, and whether there is more."""
        until = self._clock() + seconds
        reported, more = False, not self._drained
        while more and not self._search.given_up:
            lines, more = self._follower.read(ended=ended)
            pieces = [(piece, line.second * 1000) for line in lines for piece in line.text.split(b"\r")]
            size = sum(len(line.text) for line in lines)
            observations = self._search.observations(pieces, MAX_SEARCH * max(1.0, size / CHUNK))
            self._gathering.take(observations)
            reported = reported or bool(observations)
            if self._clock() > until:
                break
        return reported, more and not self._search.given_up
