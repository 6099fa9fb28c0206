"""What a benchmark task is: a search space, noisy observations, and the value that is scored."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunewright.api.parameters import Parameter
from tunewright.search.space import SearchSpace

Configuration = Mapping[str, Any]
ParameterDefinition = dict[str, Any]


@dataclass(frozen=True)
class Evaluation:
    """One trial's outcome.

    Attributes:
        value: the noisy observation, less is better; none where the trial failed.
        seconds: how long it took, on the simulated clock.
    """

    value: float | None
    seconds: float


class Task(ABC):
    """Something to minimise.

    Attributes:
        name: is one task's alone.
        parameters: the search space, each parameter as in a study file, and without defaults.
        optimum: the least true value.
        median_random: the median true value of a random configuration.
    """

    def __init__(
        self, name: str, parameters: Sequence[ParameterDefinition], optimum: float, median_random: float
    ) -> None:
        self.name = name
        self.parameters = list(parameters)
        self.optimum = optimum
        self.median_random = median_random

    @abstractmethod
    def evaluate(self, configuration: Configuration, rng: np.random.Generator) -> Evaluation:
        """One observation, with its noise and duration from `rng`."""

    @abstractmethod
    def true(self, configuration: Configuration) -> float:
        """The value without noise, of a configuration that does not fail."""

    def fails(self, configuration: Configuration) -> bool:
        """Whether a trial of this configuration fails, always."""
        return False


def search_space(parameters: Sequence[ParameterDefinition]) -> SearchSpace:
    """The search space of these parameters, with its transforms between values and the unit cube."""
    return SearchSpace([Parameter.model_validate(parameter) for parameter in parameters])


def log_normal_seconds(rng: np.random.Generator) -> float:
    """The duration of a trial that has none of its own: median 60 s, and one in six takes 1.6 times that."""
    return 60.0 * math.exp(0.5 * rng.standard_normal())
