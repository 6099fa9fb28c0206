"""Optuna's samplers at their defaults, by ask and tell.

A trial that was asked for is RUNNING until it is told of, so each sampler handles parallel trials its own
way: TPE by a constant liar, the GP by q-batch expected improvement. A failed trial is told as FAIL, which
every sampler leaves out. Optuna has no ordinals: an index stands for the value.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

from collections.abc import Sequence
from typing import Any, ClassVar

from benchmarks.search.peers import space
from benchmarks.search.peers.pending import Pending
from benchmarks.search.peers.space import Configuration, Parameter


class OptunaPeer:
    """One of Optuna's samplers on one task."""

    conditional: ClassVar[bool]  # whether the sampler models a space that differs from trial to trial

    def __init__(self, parameters: Sequence[Parameter], seed: int, workers: int, trials: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._parameters = space.parents_first(parameters)
        self._study = optuna.create_study(sampler=self._sampler(seed, workers))
        self._failed = optuna.trial.TrialState.FAIL
        self._pending: Pending[Any] = Pending()

    def ask(self) -> Configuration:
        trial = self._study.ask()
        configuration: Configuration = {}
        for parameter in self._parameters:
            active = space.is_active(parameter, configuration)
            if active or not self.conditional:
                value = space.value_of(parameter, _suggest(trial, parameter))
                if active:
                    configuration[parameter["name"]] = value
        self._pending.add(configuration, trial)
        return configuration

    def tell(self, configuration: Configuration, value: float | None) -> None:
        trial = self._pending.pop(configuration)
        if value is None:
            self._study.tell(trial, state=self._failed)
        else:
            self._study.tell(trial, value)

    def know(self, observations: Sequence[tuple[Configuration, float]]) -> None:
        from optuna.trial import create_trial

        for configuration, value in observations:
            point = space.encoded_point(self._parameters, configuration)
            laws = {parameter["name"]: _law(parameter) for parameter in self._parameters}
            self._study.add_trial(create_trial(value=value, params=point, distributions=laws))

    def _sampler(self, seed: int, workers: int) -> Any:
        raise NotImplementedError


class Tpe(OptunaPeer):
    """TPESampler as it comes."""

    conditional = True

    def _sampler(self, seed: int, workers: int) -> Any:
        import optuna

        return optuna.samplers.TPESampler(seed=seed)


class MultivariateTpe(OptunaPeer):
    """TPESampler that models each branch of a conditional space jointly."""

    conditional = True

    def _sampler(self, seed: int, workers: int) -> Any:
        import optuna

        return optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True, constant_liar=workers > 1)


class Gp(OptunaPeer):
    """GPSampler; it draws conditional parameters at random, so it is given them all."""

    conditional = False

    def _sampler(self, seed: int, workers: int) -> Any:
        import optuna
        import torch  # noqa: F401  now, so that no ask pays for it

        return optuna.samplers.GPSampler(seed=seed)


class CmaEs(OptunaPeer):
    """CmaEsSampler; it draws categories at random, and would draw conditional parameters so."""

    conditional = False

    def _sampler(self, seed: int, workers: int) -> Any:
        import cmaes  # noqa: F401  now, so that no ask pays for it
        import optuna

        return optuna.samplers.CmaEsSampler(seed=seed)


def _suggest(trial: Any, parameter: Parameter) -> Any:
    name, listed = parameter["name"], space.levels(parameter)
    if listed is None:
        suggest = trial.suggest_int if parameter["type"] == "int" else trial.suggest_float
        return suggest(name, parameter["min"], parameter["max"], log=space.is_log(parameter))
    if space.ordered(parameter):
        return trial.suggest_int(name, 0, len(listed) - 1)
    return trial.suggest_categorical(name, listed)


def _law(parameter: Parameter) -> Any:
    """What Optuna notes of a parameter, as its suggest methods do."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    listed = space.levels(parameter)
    if listed is None:
        kind = IntDistribution if parameter["type"] == "int" else FloatDistribution
        return kind(parameter["min"], parameter["max"], log=space.is_log(parameter))
    if space.ordered(parameter):
        return IntDistribution(0, len(listed) - 1)
    return CategoricalDistribution(listed)
