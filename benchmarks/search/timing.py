"""Processor seconds of one suggestion, after 10, 100 and 1,000 observations of a task with ten parameters."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.search.searchers import PeerError, Searchers
from benchmarks.search.store import FOLDER
from benchmarks.search.tasks.function import FunctionTask
from benchmarks.search.tasks.task import Configuration, ParameterDefinition, search_space

OBSERVATIONS = (10, 100, 1_000)
REPEATS = 8  # SMAC, for one, fits its model for so many suggestions at once
PATIENCE = 120.0  # processor seconds, after which fewer are asked for
KINDS: Sequence[ParameterDefinition] = (
    {"type": "float", "min": 1e-5, "max": 0.3, "scale": "log"},
    {"type": "int", "min": 16, "max": 256, "scale": "log"},
    {"type": "categorical", "values": ["sgd", "adam", "adamw"]},
    {"type": "float", "min": 0.0, "max": 0.9},
    {"type": "int", "min": 1, "max": 6},
)


@dataclass(frozen=True)
class Timing:
    """A peer's processor seconds of a suggestion by the number of observations, and why one is missing."""

    peer: str
    seconds: dict[int, float]
    failure: str = ""


def measure(peer: str) -> Timing:
    """The mean of a few suggestions, each told of before the next is asked for.

    The observations are of random configurations. The first suggestion is not counted: it may have to fit to
    all of them what later ones only bring up to date.
    """
    task = a_task()
    seconds: dict[int, float] = {}
    with Searchers() as searchers:
        for count in OBSERVATIONS:
            try:
                searcher = searchers.start(peer, task, seed=0, workers=1, trials=count + REPEATS + 1)
                searcher.know(observations(task, count))
                taken = []
                for _ in range(REPEATS + 1):
                    configuration, cpu = searcher.ask()
                    searcher.tell(configuration, task.true(configuration))
                    taken.append(cpu)
                    if len(taken) > 1 and sum(taken) > PATIENCE:
                        break
            except PeerError as error:
                return Timing(peer, seconds, str(error))
            seconds[count] = statistics.mean(taken[1:])
    return Timing(peer, seconds)


def a_task() -> FunctionTask:
    """Ten parameters of all kinds, twice the five of KINDS, and a bowl in the unit cube."""
    parameters = [{"name": f"p{index}", **KINDS[index % len(KINDS)]} for index in range(10)]
    axes = search_space(parameters).axes

    def bowl(configuration: Configuration) -> float:
        return sum((axes[name].to_unit(value) - 0.3) ** 2 for name, value in configuration.items())

    return FunctionTask("timing", parameters, bowl)


def observations(task: FunctionTask, count: int) -> list[tuple[dict[str, Any], float]]:
    """Random configurations and their values."""
    space = search_space(task.parameters)
    points = np.random.default_rng(0).random((count, len(space.ordered)))
    drawn = [space.configuration(point.tolist()) for point in points]
    return [(configuration, task.true(configuration)) for configuration in drawn]


class Timings:
    """Timings on disk, the last of each peer."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._file = folder / "timings.json"

    def add(self, timing: Timing) -> None:
        known = {known.peer: known for known in self.read()} | {timing.peer: timing}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps([asdict(known) for known in known.values()], indent=1))

    def read(self) -> list[Timing]:
        if not self._file.exists():
            return []
        return [
            Timing(row["peer"], {int(count): s for count, s in row["seconds"].items()}, row["failure"])
            for row in json.loads(self._file.read_text())
        ]
