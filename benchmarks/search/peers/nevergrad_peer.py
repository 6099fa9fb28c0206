"""Nevergrad's NGOpt, which chooses an algorithm by space, budget and number of workers, by ask and tell.

Steps and ordinals are its ordered choices. It is given a flat space, and the worst value seen for a failure.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

from collections.abc import Sequence
from typing import Any

from benchmarks.search.peers import space
from benchmarks.search.peers.failures import WorstSeen
from benchmarks.search.peers.pending import Pending
from benchmarks.search.peers.space import Configuration, Parameter


class NgOpt:
    """nevergrad.optimizers.NGOpt on one task."""

    def __init__(self, parameters: Sequence[Parameter], seed: int, workers: int, trials: int) -> None:
        import nevergrad

        self._parameters = parameters
        variables = nevergrad.p.Dict(**{parameter["name"]: _variable(parameter) for parameter in parameters})
        variables.random_state.seed(seed)
        self._optimizer = nevergrad.optimizers.NGOpt(variables, budget=trials, num_workers=workers)
        self._pending: Pending[Any] = Pending()
        self._worst = WorstSeen()

    def ask(self) -> Configuration:
        candidate = self._optimizer.ask()
        configuration = space.configuration_of(self._parameters, candidate.value)
        self._pending.add(configuration, candidate)
        return configuration

    def tell(self, configuration: Configuration, value: float | None) -> None:
        candidate = self._pending.pop(configuration)
        told = self._worst.instead_of(value)
        if told is not None:
            self._optimizer.tell(candidate, told)

    def know(self, observations: Sequence[tuple[Configuration, float]]) -> None:
        for configuration, value in observations:
            candidate = self._optimizer.parametrization.spawn_child(configuration)
            self._optimizer.tell(candidate, value)


def _variable(parameter: Parameter) -> Any:
    from nevergrad import p

    listed = space.levels(parameter)
    if listed is None:
        scale = p.Log if space.is_log(parameter) else p.Scalar
        variable = scale(lower=parameter["min"], upper=parameter["max"])
        return variable.set_integer_casting() if parameter["type"] == "int" else variable
    return p.TransitionChoice(range(len(listed))) if space.ordered(parameter) else p.Choice(listed)
