"""Metrics in what a program prints, found by a regular expression."""

import re
from collections.abc import Callable, Iterable

import regex

from tunewright.metrics.observations import Observation
from tunewright.metrics.values import MAX_NAME

MAX_LENGTH = 2_000
"""Characters of a line that are searched: a bound on what an expression that backtracks can cost."""

DEFAULT_PATTERN = regex.compile(
    r"(?<![\w./-])(?P<name>[A-Za-z_][\w./-]{0,62}?)[\x22']?\s{0,4}[=:]\s{0,4}"
    r"(?P<value>[-+]?(?:\d{1,50}(?:\.\d{0,50})?|\.\d{1,50})(?:[eE][-+]?\d{1,4})?|[-+]?(?:nan|inf(?:inity)?))"
    r"(?!\w|[.,:]\d)",
    regex.ASCII | regex.IGNORECASE,
)
"""`name=value` or `name: value`, the name in quotes or not.

A time of day, a version number, `12ms` and `1,234.5` are no values.
"""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_STEP = re.compile(
    r"(?<![\w-])(?:global[_ ])?(epoch|step)[\x22']?\s{0,4}[=:#\[(]{0,2}\s{0,4}(\d{1,15})(?!\d|\.\d)",
    re.IGNORECASE,
)
_STEP_NAMES = ("epoch", "step", "global_step")


class LogReader:
    """Reads a log, line after line.

    A line's step is the number after `epoch` on the line, or else after `step`; where neither is there, the
    number of lines so far that held a metric.

    Args:
        pattern: with the groups `name` and `value`.
    """

    def __init__(self, pattern: regex.Pattern[str] = DEFAULT_PATTERN) -> None:
        self._pattern = pattern
        self._count = 0

    def parse(self, line: bytes, time: int, timeout: float | None = None) -> Observation | None:
        """The observation in a line; None where it holds none.

        Args:
            line: of the log.
            time: when it was printed, in milliseconds since the Unix epoch.
            timeout: seconds of processor time that the expression may take; None: no limit.

        Raises:
            TimeoutError: the expression takes longer: some take exponential time in the length of the line.
        """
        text = _ESCAPES.sub("", line[: 2 * MAX_LENGTH].decode(errors="replace"))[:MAX_LENGTH]
        values = {}
        for match in self._pattern.finditer(text, timeout=timeout):
            name, value = match["name"], _float(match["value"])
            if name and len(name) <= MAX_NAME and name.lower() not in _STEP_NAMES and value is not None:
                values[name] = value
        if not values:
            return None
        self._count += 1
        steps = {name.lower(): int(number) for name, number in reversed(_STEP.findall(text))}
        return Observation(steps.get("epoch", steps.get("step", self._count)), values, time)


class LogSearch:
    """Searches what a program prints, until that takes too long: then no further, for good.

    Args:
        pattern: with the groups `name` and `value`.
        processor_time: of the calling thread, in seconds.

    Attributes:
        given_up: whether it is searched no further.
    """

    def __init__(self, pattern: regex.Pattern[str], processor_time: Callable[[], float]) -> None:
        self._reader = LogReader(pattern)
        self._processor_time = processor_time
        self.given_up = False

    def observations(self, lines: Iterable[tuple[bytes, int]], seconds: float) -> list[Observation]:
        """The observations in some lines, each with its time in milliseconds since the Unix epoch.

        Args:
            lines: in their order.
            seconds: processor time that it may take.
        """
        found: list[Observation] = []
        until = self._processor_time() + seconds
        for line, time in lines:
            left = until - self._processor_time()
            try:
                if self.given_up or left <= 0:
                    raise TimeoutError
                observation = self._reader.parse(line, time, left)
            except TimeoutError:
                self.given_up = True
                break
            if observation is not None:
                found.append(observation)
        return found


def _float(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None
