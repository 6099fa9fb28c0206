"""scikit-optimize, by ask and tell, with the defaults of gp_minimize and forest_minimize.

It knows neither steps and ordinals (an index stands for the value), nor conditions (the space is flat), nor
failures (the worst value seen is told). Its answer to parallel trials is the constant liar, "cl_min".
"""

# mypy: disable-error-code="import-not-found, import-untyped"

import copy
from collections.abc import Sequence
from typing import Any, ClassVar

from benchmarks.search.peers import space
from benchmarks.search.peers.failures import WorstSeen
from benchmarks.search.peers.pending import Pending
from benchmarks.search.peers.space import Configuration, Parameter

INITIAL = 10  # random trials before the first model: the library's default


class ScikitOptimizePeer:
    """skopt.Optimizer on one task."""

    estimator: ClassVar[str]
    acquisition: ClassVar[str]

    def __init__(self, parameters: Sequence[Parameter], seed: int, workers: int, trials: int) -> None:
        from skopt import Optimizer

        self._parameters = parameters
        self._optimizer = Optimizer(
            [_dimension(parameter) for parameter in parameters],
            base_estimator=self.estimator,
            acq_func=self.acquisition,
            n_initial_points=INITIAL,
            random_state=seed,
        )
        self._pending: Pending[list[Any]] = Pending()
        self._worst = WorstSeen()

    def ask(self) -> Configuration:
        running = self._pending.handles()
        modelled = len(self._optimizer.yi) >= INITIAL
        point = (_lied_to(self._optimizer, running) if modelled and running else self._optimizer).ask()
        names = [parameter["name"] for parameter in self._parameters]
        configuration = space.configuration_of(self._parameters, dict(zip(names, point, strict=True)))
        self._pending.add(configuration, point)
        return configuration

    def tell(self, configuration: Configuration, value: float | None) -> None:
        point = self._pending.pop(configuration)
        told = self._worst.instead_of(value)
        if told is not None:
            self._optimizer.tell(point, told)

    def know(self, observations: Sequence[tuple[Configuration, float]]) -> None:
        points = [
            list(space.encoded_point(self._parameters, configuration).values())
            for configuration, _ in observations
        ]
        self._optimizer.tell(points, [value for _, value in observations])


class Gp(ScikitOptimizePeer):
    """As gp_minimize."""

    estimator = "GP"
    acquisition = "gp_hedge"


class Forest(ScikitOptimizePeer):
    """As forest_minimize: extremely randomised trees."""

    estimator = "ET"
    acquisition = "EI"


def _lied_to(optimizer: Any, running: list[list[Any]]) -> Any:
    """A copy that takes each running trial for one as good as the best.

    The library's own copy() fits a model that is thrown away here, at the price of a suggestion.
    """
    liar = copy.copy(optimizer)
    liar.Xi, liar.yi, liar.models = list(optimizer.Xi), list(optimizer.yi), []
    if hasattr(optimizer, "gains_"):
        liar.gains_ = optimizer.gains_.copy()
    liar.tell(running, [min(optimizer.yi)] * len(running))
    return liar


def _dimension(parameter: Parameter) -> Any:
    from skopt.space import Categorical, Integer, Real

    listed = space.levels(parameter)
    if listed is None:
        kind = Integer if parameter["type"] == "int" else Real
        prior = "log-uniform" if space.is_log(parameter) else "uniform"
        return kind(parameter["min"], parameter["max"], prior=prior)
    return Integer(0, len(listed) - 1) if space.ordered(parameter) else Categorical(listed)
