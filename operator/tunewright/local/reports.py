"""What an attempt has reported, read while it runs."""

import math
import time
from collections.abc import Collection, Iterable

import regex

from tunewright.api.trial import MetricSummary
from tunewright.local.attempt_files import OBSERVATIONS, AttemptFiles
from tunewright.local.regular_files import read_file
from tunewright.local.tail import Tail
from tunewright.metrics.curves import Curve, Point, summary_of
from tunewright.metrics.last_word import MAX_BYTES, readings_of_last_word
from tunewright.metrics.lines import parse_line
from tunewright.metrics.log import LogReader
from tunewright.metrics.observations import Observation, merge

MAX_METRICS = 64
"""Names per attempt; the study's objectives are taken in beside them."""

MAX_SEARCH = 2.0
"""Seconds of processor time for the lines read at once; a log that takes more is searched no further."""


class Reports:
    """Takes in an attempt's observations, from the SDK's file or from its log.

    Args:
        files: the attempt's.
        objectives: metrics that are taken in however many others there are.
        log_pattern: finds metrics in the log, by the groups `name` and `value`; None: the SDK's file is read.

    Attributes:
        metrics: what was reported, by metric.
        not_finite: the metrics of which a NaN or an infinity was reported.
        reported_at: when a metric was last reported, in milliseconds since the Unix epoch; None before.
    """

    def __init__(
        self, files: AttemptFiles, objectives: Collection[str], log_pattern: regex.Pattern[str] | None
    ) -> None:
        self._files = files
        self._objectives = frozenset(objectives)
        self._log = None if log_pattern is None else LogReader(log_pattern)
        self._tail = Tail(files.observations) if self._log is None else Tail(files.log, files.older_log)
        self._others: set[str] = set()
        self._refused = False
        self._unreadable = 0
        self._given_up = False
        self._curves: dict[str, Curve] = {}
        self.metrics: dict[str, MetricSummary] = {}
        self.not_finite: frozenset[str] = frozenset()
        self.reported_at: int | None = None

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
        self.not_finite |= frozenset(filter(self._admits, word.not_finite))
        for name, summary in word.metrics.items():
            known = self.metrics.get(name)
            if (known is None or summary.last_step > known.last_step) and self._admits(name):
                self.metrics = merge(self.metrics, {name: summary})
                self._curves.setdefault(name, Curve()).extend([(summary.last_step, summary.last)])
        return word.final

    def curves(self) -> dict[str, list[Point]]:
        """All finite values reported, by metric; of a long curve an even selection."""
        return {name: curve.points() for name, curve in self._curves.items()}

    def note(self) -> str:
        """What was passed over, for the user; empty if nothing was."""
        notes = []
        if self._given_up:
            notes.append("its log was searched no further: metrics.pattern takes too long")
        if self._unreadable:
            notes.append(f"lines of {OBSERVATIONS} that hold no observation: {self._unreadable}")
        if self._refused:
            notes.append(f"of its metrics only the first {MAX_METRICS} were taken in")
        return "; ".join(notes)

    def _observed(self, lines: Iterable[bytes]) -> list[Observation]:
        written_at = self._tail.written_at
        if self._log is not None:
            return self._searched(self._log, lines, written_at)
        observations = []
        for line in filter(bytes.strip, lines):
            observation = parse_line(line, written_at)
            if observation is None:
                self._unreadable += 1
            else:
                observations.append(observation)
        return observations

    def _searched(self, log: LogReader, lines: Iterable[bytes], written_at: int) -> list[Observation]:
        observations: list[Observation] = []
        until = time.thread_time() + MAX_SEARCH
        for line in lines:
            left = until - time.thread_time()  # not the process's: the sampler thinks beside this
            try:
                if left <= 0:
                    raise TimeoutError
                observation = log.parse(line, written_at, left)
            except TimeoutError:
                self._given_up = True
                break
            if observation is not None:
                observations.append(observation)
        return observations

    def _take(self, observations: Iterable[Observation], began: int, now: int) -> None:
        points: dict[str, list[Point]] = {}
        for observation in observations:
            # A trainer may write any time; the file's own is the kernel's.
            plausible = began <= observation.time <= now
            said = observation.time if plausible else min(self._tail.written_at, now)
            self.reported_at = max(said, self.reported_at or began)
            for name, value in observation.values.items():
                if not self._admits(name):
                    continue
                if math.isfinite(value):
                    points.setdefault(name, []).append((observation.step, value))
                elif name not in self.not_finite:
                    self.not_finite |= {name}
        for name, some in points.items():
            self._curves.setdefault(name, Curve()).extend(some)
        if points:
            self.metrics = merge(self.metrics, {name: summary_of(some) for name, some in points.items()})

    def _admits(self, name: str) -> bool:
        if name in self._objectives or name in self._others:
            return True
        if len(self._others) < MAX_METRICS:
            self._others.add(name)
            return True
        self._refused = True
        return False
