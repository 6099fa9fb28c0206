"""Ax's default strategy (centre, Sobol, then BoTorch's GP by log noisy expected improvement), by its client.

Running trials are pending points of the acquisition function. Ordinals and steps are its ordered choices.
The space is flat: its dependent parameters form a tree, where none may depend on two values of a parent. A
failed trial is marked abandoned: one marked failed may be proposed again, since nothing was learned from it.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

from collections.abc import Sequence
from typing import Any

from benchmarks.search.peers import space
from benchmarks.search.peers.pending import Pending
from benchmarks.search.peers.space import Configuration, Parameter

METRIC = "value"
PYTHON_TYPES = {bool: "bool", int: "int", float: "float", str: "str"}


class Ax:
    """ax.api.client.Client on one task."""

    def __init__(self, parameters: Sequence[Parameter], seed: int, workers: int, trials: int) -> None:
        from ax.api.client import Client

        self._parameters = parameters
        self._client = Client(random_seed=seed)
        self._client.configure_experiment([_variable(parameter) for parameter in parameters])
        self._client.configure_optimization(f"-{METRIC}")
        self._client.configure_generation_strategy(
            initialization_random_seed=seed,
            allow_exceeding_initialization_budget=True,  # else more workers than initial trials are refused
        )
        self._pending: Pending[int] = Pending()

    def ask(self) -> Configuration:
        ((trial, point),) = self._client.get_next_trials(1).items()
        configuration = space.configuration_of(self._parameters, point)
        self._pending.add(configuration, trial)
        return configuration

    def tell(self, configuration: Configuration, value: float | None) -> None:
        trial = self._pending.pop(configuration)
        if value is None:
            self._client.mark_trial_abandoned(trial)
        else:
            self._client.complete_trial(trial, {METRIC: value})

    def know(self, observations: Sequence[tuple[Configuration, float]]) -> None:
        for configuration, value in observations:
            point = space.encoded_point(self._parameters, configuration)
            self._pending.add(configuration, self._client.attach_trial(point))
            self.tell(configuration, value)


def _variable(parameter: Parameter) -> Any:
    from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

    name, listed = parameter["name"], space.levels(parameter)
    if listed is None:
        return RangeParameterConfig(
            name=name,
            bounds=(parameter["min"], parameter["max"]),
            parameter_type=parameter["type"],
            scaling="log" if space.is_log(parameter) else "linear",
        )
    ordered = space.ordered(parameter)
    values = list(range(len(listed))) if ordered else listed
    return ChoiceParameterConfig(
        name=name,
        values=values,
        parameter_type=PYTHON_TYPES[type(values[0])],
        is_ordered=ordered,
    )
