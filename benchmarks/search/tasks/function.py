"""Tasks that compute their value by a formula."""

from collections.abc import Callable, Sequence

import numpy as np
from benchmarks.search.tasks.references import reference
from benchmarks.search.tasks.task import (
    Configuration,
    Evaluation,
    ParameterDefinition,
    Task,
    log_normal_seconds,
)

Noise = Callable[[float, np.random.Generator], float]  # an observation of a height above the optimum


class FunctionTask(Task):
    """A function of the configuration, and noise; the duration is log-normal.

    `function` gives the true value; `fails` says where there is none to observe; `exact_optimum` tells the
    optimum where it need not be searched for, when references are recorded.
    """

    def __init__(
        self,
        name: str,
        parameters: Sequence[ParameterDefinition],
        function: Callable[[Configuration], float],
        noise: Noise | None = None,
        fails: Callable[[Configuration], bool] | None = None,
        exact_optimum: Callable[[], float] | None = None,
    ) -> None:
        known = reference(name)
        super().__init__(name, parameters, known.optimum, known.median_random)
        self.exact_optimum = exact_optimum
        self._function = function
        self._noise = noise
        self._fails = fails

    def evaluate(self, configuration: Configuration, rng: np.random.Generator) -> Evaluation:
        seconds = log_normal_seconds(rng)
        if self.fails(configuration):
            return Evaluation(None, 0.3 * seconds)  # most failures come early
        value = self.true(configuration)
        if self._noise is not None:
            value = self.optimum + self._noise(value - self.optimum, rng)
        return Evaluation(value, seconds)

    def true(self, configuration: Configuration) -> float:
        return self._function(configuration)

    def fails(self, configuration: Configuration) -> bool:
        return self._fails is not None and self._fails(configuration)


def gaussian(deviation: float) -> Noise:
    """Adds normal noise of this deviation."""
    return lambda height, rng: height + deviation * rng.standard_normal()


def log_gaussian(strength: float) -> Noise:
    """Multiplies by a log-normal factor, as the Gaussian noise of bbob-noisy does."""
    return lambda height, rng: height * float(np.exp(strength * rng.standard_normal()))


def seldom_cauchy(probability: float, strength: float) -> Noise:
    """Adds an outlier of a Cauchy law with this probability, as the noise of that name in bbob-noisy does."""

    def observe(height: float, rng: np.random.Generator) -> float:
        hit, (above, below) = rng.random(), rng.standard_normal(2)
        outlier = max(-1000.0, above / (abs(below) + 1e-199))
        return height + strength * outlier if hit < probability else height

    return observe
