"""Tunewright's own samplers, by `tunewright.Optimizer`, without a default configuration."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from benchmarks.search.peers.pending import Pending
from benchmarks.search.peers.space import Configuration, Parameter


class TunewrightPeer:
    """One of the samplers on one task."""

    def __init__(
        self, parameters: Sequence[Parameter], seed: int, workers: int, trials: int, *, sampler: str
    ) -> None:
        self._spec = {
            "objectives": [{"metric": "value", "direction": "minimize"}],
            "parameters": list(parameters),
            "algorithm": {"name": sampler, "seed": seed},
        }
        self._begin([])

    def ask(self) -> Configuration:
        (trial,) = self._optimizer.ask()
        self._pending.add(trial.parameters, trial)
        return trial.parameters

    def tell(self, configuration: Configuration, value: float | None) -> None:
        trial = self._pending.pop(configuration)
        if value is None:
            self._optimizer.tell(trial, failure="the trial failed")
        else:
            self._optimizer.tell(trial, {"value": value})

    def know(self, observations: Sequence[tuple[Configuration, float]]) -> None:
        self._begin([configuration for configuration, _ in observations])
        for trial, (_, value) in zip(self._optimizer.ask(len(observations)), observations, strict=True):
            self._optimizer.tell(trial, {"value": value})

    def _begin(self, initial: Sequence[Configuration]) -> None:
        import tunewright

        configurations = {"default": False, "configurations": list(initial)}
        self._optimizer = tunewright.Optimizer({**self._spec, "initial": configurations})
        self._pending: Pending[Any] = Pending()


Auto = partial(TunewrightPeer, sampler="auto")
Gp = partial(TunewrightPeer, sampler="gp")
Tpe = partial(TunewrightPeer, sampler="tpe")
Random = partial(TunewrightPeer, sampler="random")
Sobol = partial(TunewrightPeer, sampler="sobol")
