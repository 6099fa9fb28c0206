"""What an attempt has reported, read while it runs."""

import time
from collections.abc import Collection, Iterable, Mapping

import regex

from tunewright.api.trial import MetricSummary
from tunewright.local.attempt_files import OBSERVATIONS, AttemptFiles
from tunewright.local.regular_files import read_file
from tunewright.local.tail import Tail
from tunewright.metrics.curves import Point
from tunewright.metrics.gathering import MAX_METRICS, Gathering
from tunewright.metrics.last_word import MAX_BYTES, readings_of_last_word
from tunewright.metrics.lines import parse_line
from tunewright.metrics.log import LogSearch
from tunewright.metrics.observations import Observation

MAX_SEARCH = 2.0
"""Seconds of processor time for the lines read at once; a log that takes more is searched no further."""


class Reports:
    """Takes in an attempt's observations, from the SDK's file or from its log.

    Args:
        files: the attempt's.
        judging: metrics that are taken in however many others there are.
        log_pattern: finds metrics in the log, by the groups `name` and `value`; None: the SDK's file is read.

    Attributes:
        reported_at: when a metric was last reported, in milliseconds since the Unix epoch; None before.
    """

    def __init__(
        self, files: AttemptFiles, judging: Collection[str], log_pattern: regex.Pattern[str] | None
    ) -> None:
        self._files = files
        # Of the thread: the sampler thinks beside this.
        self._log = None if log_pattern is None else LogSearch(log_pattern, time.thread_time)
        self._tail = Tail(files.observations) if self._log is None else Tail(files.log, files.older_log)
        self._gathering = Gathering(judging)
        self._unreadable = 0
        self.reported_at: int | None = None

    @property
    def metrics(self) -> Mapping[str, MetricSummary]:
        """What was reported, by metric."""
        return self._gathering.metrics

    @property
    def not_finite(self) -> frozenset[str]:
        """The metrics of which a NaN or an infinity was reported."""
        return self._gathering.not_finite

    def behind(self) -> bool:
        """Whether there is something new to read."""
        return not self._given_up and self._tail.behind()

    def read(self, began: int, now: int) -> None:
        """Take in what is new, as much as is read at once.

        Args:
            began: when the attempt began, in milliseconds since the Unix epoch.
            now: the time.
        """
        if not self._given_up:
            self._take(self._observed(self._tail.lines()), began, now)

    def finish(self, began: int, now: int) -> bool | None:
        """Take in the unfinished line and the last word, once nothing more will come.

        Returns whether the program said that it ended properly; None where it said nothing.
        """
        rest = self._tail.rest()
        whole = self._log is not None or parse_line(rest, now) is not None  # else it was torn by the end
        if whole and not self._given_up:
            self._take(self._observed([rest]), began, now)
        word = readings_of_last_word(read_file(self._files.last_word, MAX_BYTES))
        self._gathering.take_readings(word)
        return word.final

    def curves(self) -> dict[str, list[Point]]:
        """All finite values reported, by metric; of a long curve an even selection."""
        return self._gathering.curves()

    def note(self) -> str:
        """What was passed over, for the user; empty if nothing was."""
        notes = []
        if self._given_up:
            notes.append("its log was searched no further: metrics.pattern takes too long")
        if self._unreadable:
            notes.append(f"lines of {OBSERVATIONS} that hold no observation: {self._unreadable}")
        if self._gathering.refused:
            notes.append(f"of its metrics only the first {MAX_METRICS} were taken in")
        return "; ".join(notes)

    def _observed(self, lines: Iterable[bytes]) -> list[Observation]:
        written_at = self._tail.written_at
        if self._log is not None:
            return self._log.observations(((line, written_at) for line in lines), MAX_SEARCH)
        observations = []
        for line in filter(bytes.strip, lines):
            observation = parse_line(line, written_at)
            if observation is None:
                self._unreadable += 1
            else:
                observations.append(observation)
        return observations

    def _take(self, observations: Collection[Observation], began: int, now: int) -> None:
        for observation in observations:
            # A trainer may write any time; the file's own is the kernel's.
            plausible = began <= observation.time <= now
            said = observation.time if plausible else min(self._tail.written_at, now)
            self.reported_at = max(said, self.reported_at or began)
        self._gathering.take(observations)

    @property
    def _given_up(self) -> bool:
        return self._log is not None and self._log.given_up
