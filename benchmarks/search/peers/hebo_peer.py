"""HEBO at its defaults, by suggest and observe.

It knows no conditions (the space is flat) and no ordinals (an index stands for the value), and leaves
failures out, so that it would go back to where they were: the worst value seen is told. Running trials are
not taken into account, but a suggestion is drawn at random from the front of three acquisition functions.
Where its model of categories breaks down (seen once in 20 suggestions), it predicts at random by itself.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

import random
from collections.abc import Sequence
from typing import Any

from benchmarks.search.peers import space
from benchmarks.search.peers.failures import WorstSeen
from benchmarks.search.peers.pending import Pending
from benchmarks.search.peers.space import Configuration, Parameter


class Hebo:
    """hebo.optimizers.hebo.HEBO on one task."""

    def __init__(self, parameters: Sequence[Parameter], seed: int, workers: int, trials: int) -> None:
        import numpy as np
        import torch
        from hebo.design_space.design_space import DesignSpace
        from hebo.optimizers.hebo import HEBO

        for seeded in (random.seed, np.random.seed, torch.manual_seed):
            seeded(seed)
        self._parameters = parameters
        variables = DesignSpace().parse([_variable(parameter) for parameter in parameters])
        self._optimizer = HEBO(variables, scramble_seed=seed)
        self._pending: Pending[Any] = Pending()
        self._worst = WorstSeen()

    def ask(self) -> Configuration:
        suggestion = self._optimizer.suggest(1)
        configuration = space.configuration_of(self._parameters, suggestion.iloc[0].to_dict())
        self._pending.add(configuration, suggestion)
        return configuration

    def tell(self, configuration: Configuration, value: float | None) -> None:
        import numpy as np

        suggestion = self._pending.pop(configuration)
        told = self._worst.instead_of(value)
        if told is not None:
            self._optimizer.observe(suggestion, np.array([[told]]))

    def know(self, observations: Sequence[tuple[Configuration, float]]) -> None:
        import numpy as np
        import pandas as pd

        points = [space.encoded_point(self._parameters, configuration) for configuration, _ in observations]
        self._optimizer.observe(pd.DataFrame(points), np.array([[value] for _, value in observations]))


def _variable(parameter: Parameter) -> dict[str, Any]:
    name, listed = parameter["name"], space.levels(parameter)
    if listed is None:
        log = space.is_log(parameter)
        kind = ("pow_int" if log else "int") if parameter["type"] == "int" else ("pow" if log else "num")
        return {"name": name, "type": kind, "lb": parameter["min"], "ub": parameter["max"]}
    if space.ordered(parameter):
        return {"name": name, "type": "int", "lb": 0, "ub": len(listed) - 1}
    if parameter["type"] == "bool":
        return {"name": name, "type": "bool"}
    return {"name": name, "type": "cat", "categories": listed}
