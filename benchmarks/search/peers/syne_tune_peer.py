"""Syne Tune's single-fidelity baselines at their defaults, by its ask-and-tell scheduler.

It knows no conditions: the space is flat. A step is an ordinal of indices. A failure is told as a trial's
error. Neither method takes running trials into account; CQR's suggestions are random draws, as in Thompson
sampling.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from benchmarks.search.peers import space
from benchmarks.search.peers.pending import Pending
from benchmarks.search.peers.space import Configuration, Parameter

METRIC = "value"


class SyneTunePeer:
    """One of Syne Tune's baselines on one task."""

    def __init__(self, parameters: Sequence[Parameter], seed: int, workers: int, trials: int) -> None:
        import numpy as np
        from syne_tune.optimizer.schedulers.ask_tell_scheduler import AskTellScheduler

        np.random.seed(seed)  # BORE draws from the global generator, whatever seed it is given
        random.seed(seed)
        self._parameters = parameters
        variables = {parameter["name"]: _variable(parameter) for parameter in parameters}
        self._scheduler = AskTellScheduler(self._baseline(variables, seed))
        self._pending: Pending[Any] = Pending()

    def ask(self) -> Configuration:
        trial = self._scheduler.ask()
        configuration = space.configuration_of(self._parameters, trial.config)
        self._pending.add(configuration, trial)
        return configuration

    def tell(self, configuration: Configuration, value: float | None) -> None:
        trial = self._pending.pop(configuration)
        if value is None:
            self._scheduler.base_scheduler.on_trial_error(trial)
        else:
            self._scheduler.tell(trial, {METRIC: value})

    def know(self, observations: Sequence[tuple[Configuration, float]]) -> None:
        from syne_tune.backend.trial_status import Trial

        for configuration, value in observations:
            point = space.encoded_point(self._parameters, configuration)
            trial = Trial(self._scheduler.trial_counter, point, datetime.now())  # noqa: DTZ005  as its own
            self._scheduler.trial_counter += 1
            self._scheduler.tell(trial, {METRIC: value})

    def _baseline(self, variables: dict[str, Any], seed: int) -> Any:
        raise NotImplementedError


class Bore(SyneTunePeer):
    """Density-ratio estimation by gradient-boosted trees."""

    def _baseline(self, variables: dict[str, Any], seed: int) -> Any:
        from syne_tune.optimizer.baselines import BORE

        return BORE(variables, metric=METRIC, do_minimize=True, random_seed=seed)


class Cqr(SyneTunePeer):
    """Conformal quantile regression."""

    def _baseline(self, variables: dict[str, Any], seed: int) -> Any:
        from syne_tune.optimizer.baselines import CQR

        return CQR(variables, metric=METRIC, do_minimize=True, random_seed=seed)


def _variable(parameter: Parameter) -> Any:
    from syne_tune import config_space

    listed = space.levels(parameter)
    if listed is not None:
        if space.ordered(parameter):
            return config_space.ordinal(list(range(len(listed))))
        return config_space.choice(listed)
    if parameter["type"] == "int":
        draw = config_space.lograndint if space.is_log(parameter) else config_space.randint
    else:
        draw = config_space.loguniform if space.is_log(parameter) else config_space.uniform
    return draw(parameter["min"], parameter["max"])
