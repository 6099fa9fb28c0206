"""SMAC's facade for hyperparameter optimisation at its defaults, by ask and tell.

Conditions and ordinals are ConfigSpace's; a step is an ordinal. `deterministic` as in its quick start: one
evaluation per configuration, rather than up to three. A failure is told as CRASHED, at the cost of the worst
value seen: the default, infinity, is for facades that do not scale costs.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.search.peers import space
from benchmarks.search.peers.failures import WorstSeen
from benchmarks.search.peers.pending import Pending
from benchmarks.search.peers.space import Configuration, Parameter


class Smac:
    """smac.HyperparameterOptimizationFacade on one task."""

    def __init__(self, parameters: Sequence[Parameter], seed: int, workers: int, trials: int) -> None:
        from smac import HyperparameterOptimizationFacade, Scenario

        self._parameters = parameters
        self._files = tempfile.TemporaryDirectory()  # it writes what it was told; gone with this object
        scenario = Scenario(
            _configuration_space(parameters, seed),
            output_directory=Path(self._files.name),
            deterministic=True,
            n_trials=trials,
            seed=seed,
        )
        self._optimizer = HyperparameterOptimizationFacade(
            scenario, _never_called, overwrite=True, logging_level=logging.ERROR
        )
        self._pending: Pending[Any] = Pending()
        self._worst = WorstSeen()

    def ask(self) -> Configuration:
        trial = self._optimizer.ask()
        configuration = space.configuration_of(self._parameters, dict(trial.config))
        self._pending.add(configuration, trial)
        return configuration

    def tell(self, configuration: Configuration, value: float | None) -> None:
        from smac.runhistory import StatusType, TrialValue

        trial = self._pending.pop(configuration)
        told = self._worst.instead_of(value)
        if told is not None:
            status = StatusType.CRASHED if value is None else StatusType.SUCCESS
            self._optimizer.tell(trial, TrialValue(cost=told, status=status), save=False)

    def know(self, observations: Sequence[tuple[Configuration, float]]) -> None:
        from ConfigSpace import Configuration as Point
        from smac.runhistory import TrialInfo

        self._optimizer._config_selector._initial_design_configs = []  # these are in its place
        for configuration, value in observations:
            values = space.encoded_point(self._parameters, configuration)
            point = Point(self._optimizer.scenario.configspace, values=values)
            self._pending.add(configuration, TrialInfo(point, seed=0))
            self.tell(configuration, value)


def _never_called(config: Any, seed: int = 0) -> float:
    raise NotImplementedError("trials are run by who asks for them")


def _configuration_space(parameters: Sequence[Parameter], seed: int) -> Any:
    from ConfigSpace import AndConjunction, ConfigurationSpace, InCondition

    configuration_space = ConfigurationSpace(seed=seed)
    variables = {parameter["name"]: _variable(parameter) for parameter in parameters}
    configuration_space.add(list(variables.values()))
    by_name = {parameter["name"]: parameter for parameter in parameters}
    for name, parameter in by_name.items():
        conditions = [
            InCondition(
                variables[name],
                variables[parent],
                [space.encoded(by_name[parent], value) for value in values],
            )
            for parent, values in (parameter.get("when") or {}).items()
        ]
        if conditions:
            configuration_space.add(conditions[0] if len(conditions) == 1 else AndConjunction(*conditions))
    return configuration_space


def _variable(parameter: Parameter) -> Any:
    from ConfigSpace import Categorical, Float, Integer

    name, listed = parameter["name"], space.levels(parameter)
    if listed is None:
        kind = Integer if parameter["type"] == "int" else Float
        return kind(name, (parameter["min"], parameter["max"]), log=space.is_log(parameter))
    ordered = space.ordered(parameter)
    return Categorical(name, list(range(len(listed))) if ordered else listed, ordered=ordered)
