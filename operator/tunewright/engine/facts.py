"""What a home tells the engine of the attempts that exist: the engine's only view of processes and Jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from tunewright.api.trial import MetricSummary


class AttemptKey(NamedTuple):
    """Names an attempt: its trial's name, and its number, counted from 1."""

    trial: str
    number: int


class Cause(StrEnum):
    """Why an execution ended, where the home knows more than its exit code says."""

    OUT_OF_MEMORY = "OutOfMemory"
    DEADLINE = "DeadlineExceeded"
    DISRUPTED = "Disrupted"
    LOST = "Lost"
    CANNOT_START = "CannotStart"
    DISK_FULL = "DiskFull"


@dataclass(frozen=True)
class Exit:
    """The end of an execution.

    Attributes:
        ended_at: milliseconds since the Unix epoch.
        code: the exit code, minus the signal's number where one ended it; None where nobody saw it.
        cause: why, where the home knows.
        final: whether the program said that it ended properly; None where it does not use the SDK.
        message: one line for the user.
    """

    ended_at: int
    code: int | None = None
    cause: Cause | None = None
    final: bool | None = None
    message: str = ""


@dataclass(frozen=True)
class Obstacle:
    """What keeps attempts from beginning, such as an image that cannot be pulled, or a quota that is full.

    Attributes:
        reason: why, in one word for programs.
        message: why, in a sentence for people.
    """

    reason: str
    message: str


@dataclass(frozen=True)
class Execution:
    """An attempt that was begun and is not yet recorded in its trial: a process, or a Job and its pod.

    Attributes:
        key: which attempt it is.
        started_at: when it began to run, in milliseconds since the Unix epoch; None while it waits.
        reported_at: when it last reported a metric; None before the first.
        gpus: how many GPUs it holds while it runs.
        metrics: what it has reported so far, by metric.
        curves: `(step, value)` of what it has reported so far, by metric, for the trial's status; empty where
            the home keeps curves elsewhere.
        not_finite: the metrics of which it has reported a NaN or an infinity.
        exit: how it ended; None while it has not.
        limit: the run time, in milliseconds, after which the home ends it by itself; None for no limit.
        stopping: whether the home has been told to stop it.
    """

    key: AttemptKey
    started_at: int | None = None
    reported_at: int | None = None
    gpus: int = 0
    metrics: Mapping[str, MetricSummary] = field(default_factory=dict)
    curves: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    not_finite: frozenset[str] = frozenset()
    exit: Exit | None = None
    limit: int | None = None
    stopping: bool = False

    def used(self, now: int) -> int:
        """GPU time it has used by now or by its end, in milliseconds of one GPU."""
        if self.started_at is None:
            return 0
        end = self.exit.ended_at if self.exit is not None else now
        return max(0, end - self.started_at) * self.gpus
