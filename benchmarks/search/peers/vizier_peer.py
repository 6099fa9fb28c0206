"""Vizier's default algorithm, the GP bandit with UCB and pure exploration, by its designer interface.

Running trials are told of as active. Ordinals and steps are its discrete parameters; it has no conditions
(the space is flat). A failure is told as infeasible. Most of a suggestion's time goes into compiling: so the
number of trials is padded to a multiple of ten, an option of its own, and what was compiled is kept in the
environment's folder.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.search.peers import space
from benchmarks.search.peers.pending import Pending
from benchmarks.search.peers.space import Configuration, Parameter

METRIC = "value"


class GpBandit:
    """vizier.algorithms.designers.VizierGPUCBPEBandit on one task."""

    def __init__(self, parameters: Sequence[Parameter], seed: int, workers: int, trials: int) -> None:
        import jax
        from vizier import pyvizier
        from vizier._src.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit
        from vizier.pyvizier.converters import padding

        jax.config.update("jax_compilation_cache_dir", str(Path(sys.prefix) / "compiled"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        random.seed(seed)
        self._parameters = parameters
        problem = pyvizier.ProblemStatement()
        for parameter in parameters:
            _add(problem.search_space.root, parameter)
        problem.metric_information.append(
            pyvizier.MetricInformation(METRIC, goal=pyvizier.ObjectiveMetricGoal.MINIMIZE)
        )
        self._designer = VizierGPUCBPEBandit(
            problem,
            rng=jax.random.PRNGKey(seed),
            padding_schedule=padding.PaddingSchedule(num_trials=padding.PaddingType.MULTIPLES_OF_10),
        )
        self._asked = 0
        self._completed: list[Any] = []  # since the designer was last told
        self._pending: Pending[Any] = Pending()

    def ask(self) -> Configuration:
        from vizier import algorithms

        self._designer.update(
            algorithms.CompletedTrials(self._completed), algorithms.ActiveTrials(self._pending.handles())
        )
        self._completed = []
        self._asked += 1
        (suggestion,) = self._designer.suggest(1)
        trial = suggestion.to_trial(self._asked)
        point = {
            parameter["name"]: _code(parameter, trial.parameters[parameter["name"]].value)
            for parameter in self._parameters
        }
        configuration = space.configuration_of(self._parameters, point)
        self._pending.add(configuration, trial)
        return configuration

    def tell(self, configuration: Configuration, value: float | None) -> None:
        from vizier import pyvizier

        trial = self._pending.pop(configuration)
        if value is None:
            trial.complete(pyvizier.Measurement(), infeasibility_reason="the trial failed")
        else:
            trial.complete(pyvizier.Measurement(metrics={METRIC: value}))
        self._completed.append(trial)

    def know(self, observations: Sequence[tuple[Configuration, float]]) -> None:
        from vizier import pyvizier

        for configuration, value in observations:
            self._asked += 1
            point = {p["name"]: _encoded(p, configuration[p["name"]]) for p in self._parameters}
            self._pending.add(configuration, pyvizier.Trial(id=self._asked, parameters=point))
            self.tell(configuration, value)


def _add(root: Any, parameter: Parameter) -> None:
    from vizier.pyvizier import ScaleType

    name, listed = parameter["name"], space.levels(parameter)
    if listed is None:
        add = root.add_int_param if parameter["type"] == "int" else root.add_float_param
        scale = ScaleType.LOG if space.is_log(parameter) else ScaleType.LINEAR
        add(name, parameter["min"], parameter["max"], scale_type=scale)
    elif space.ordered(parameter):
        root.add_discrete_param(name, list(range(len(listed))))
    else:
        root.add_categorical_param(name, [str(index) for index in range(len(listed))])  # texts only


def _encoded(parameter: Parameter, value: Any) -> Any:
    """What Vizier takes for a value."""
    listed = space.levels(parameter)
    if listed is None or space.ordered(parameter):
        return space.encoded(parameter, value)
    return str(listed.index(value))


def _code(parameter: Parameter, value: Any) -> Any:
    """What Vizier gives for a parameter, as space.value_of takes it."""
    listed = space.levels(parameter)
    return value if listed is None or space.ordered(parameter) else listed[int(value)]
