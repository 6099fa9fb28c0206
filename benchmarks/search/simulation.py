"""One search on a simulated clock: workers that evaluate side by side, a free one asks at once."""

import heapq
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from benchmarks.search.tasks.task import Configuration, Task


class Searcher(Protocol):
    """What proposes the configurations."""

    def ask(self) -> tuple[dict[str, Any], float]:
        """A configuration, and the processor seconds that it took, with those of the tells before it."""

    def tell(self, configuration: Configuration, value: float | None) -> None:
        """What was observed; none if the trial failed."""


@dataclass(frozen=True)
class Trace:
    """What a search did; the lists are as long as there were trials.

    Attributes:
        observed: the observation of each trial, in order of completion; none where it failed.
        recommended: the true value of the best observed configuration, after each completion; none before
            the first trial that did not fail.
        finished: the simulated second of each completion.
        cpu: the processor seconds of each suggestion, in the order of asking.
    """

    observed: list[float | None] = field(default_factory=list)
    recommended: list[float | None] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def simulate(searcher: Searcher, task: Task, seed: int, workers: int, trials: int) -> Trace:
    """Runs `trials` trials; a proposal takes no simulated time.

    The noise of the n-th trial is the same for all searchers with this seed, as far as the task allows.
    """
    trace = Trace()
    running: list[tuple[float, int, Mapping[str, Any], float | None]] = []
    now, best = 0.0, float("inf")
    recommended: float | None = None
    for index in range(trials + workers):
        if index >= workers:  # all are busy, or no trial is left to begin; wait for the next to end
            now, _, configuration, value = heapq.heappop(running)
            searcher.tell(configuration, value)
            if value is not None and value < best:
                best, recommended = value, task.true(configuration)
            trace.observed.append(value)
            trace.recommended.append(recommended)
            trace.finished.append(now)
        if index < trials:
            configuration, cpu = searcher.ask()
            evaluation = task.evaluate(configuration, _noise(task, seed, index))
            heapq.heappush(running, (now + evaluation.seconds, index, configuration, evaluation.value))
            trace.cpu.append(cpu)
    return trace


def _noise(task: Task, seed: int, index: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(task.name.encode()), seed, index])
