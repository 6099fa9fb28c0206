"""The tree-structured Parzen estimator, by Optuna."""

import random

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from tunewright.api.base import Scalar
from tunewright.api.trial import Proposal
from tunewright.search.axis import Axis, Listed
from tunewright.search.history import Configuration
from tunewright.search.quiet import quiet_optuna
from tunewright.search.sampler import Request, Response, Sampler, Suggestion
from tunewright.search.samplers.sobol import SobolSampler
from tunewright.search.samplers.startup import StartupSettings, starting
from tunewright.search.space import SearchSpace


class TpeSampler(Sampler):
    """Models where good and where other configurations lie, and draws where the first outweigh the second.

    Parameters are modelled jointly for one objective and each on its own for several. Pending trials count
    as not good (constant liar), and failed ones as worse than all others.

    Source: Bergstra et al., Algorithms for Hyper-Parameter Optimization, NeurIPS 2011; Ozaki et al.,
    Multiobjective Tree-Structured Parzen Estimator, JAIR 73, 2022. Made by Optuna's TPESampler.
    """

    description = "tree-structured Parzen estimator (Optuna); any space, one or several objectives"
    settings_model = StartupSettings

    def propose(self, request: Request) -> Response:
        if starting(request.history, self.settings):
            return SobolSampler(None).propose(request)
        with quiet_optuna():
            study = _study(request)
            configurations = [_ask(study, request.space) for _ in range(request.count)]
        return Response([Suggestion(each, Proposal(sampler="tpe")) for each in configurations])


def _study(request: Request) -> optuna.Study:
    """An Optuna study, in memory, that knows what the request knows."""
    single = len(request.objectives) == 1
    conditional = any(parameter.when for parameter in request.space.parameters)
    seed = random.Random(f"tpe {request.seed} {request.drawn}").getrandbits(32)  # noqa: S311 - no secret
    study = optuna.create_study(
        directions=[objective.direction.value for objective in request.objectives],
        sampler=optuna.samplers.TPESampler(
            n_startup_trials=0,
            seed=seed,
            multivariate=single,
            group=single and conditional,
            constant_liar=True,
        ),
    )
    for trial in request.history:
        # Pruned before it reported anything: Optuna ranks that behind all that completed.
        state = TrialState.PRUNED if trial.values is None else TrialState.COMPLETE
        study.add_trial(_trial(state, trial.configuration, trial.values, request.space))
    for configuration in request.pending:
        study.add_trial(_trial(TrialState.RUNNING, configuration, None, request.space))
    return study


def _trial(
    state: TrialState, configuration: Configuration, values: tuple[float, ...] | None, space: SearchSpace
) -> FrozenTrial:
    axes = {name: space.axes[name] for name in configuration if space.axes[name].count != 1}
    return create_trial(
        state=state,
        values=values,
        params={name: _told(axis, configuration[name]) for name, axis in axes.items()},
        distributions={
            name: FloatDistribution(0, 1) if axis.ordered else CategoricalDistribution(range(axis.count or 0))
            for name, axis in axes.items()
        },
    )


def _told(axis: Axis, value: Scalar) -> float:
    """A value in Optuna's terms: a category's number, or else the place from 0 to 1."""
    return axis.index(value) if isinstance(axis, Listed) and not axis.ordered else axis.to_unit(value)


def _ask(study: optuna.Study, space: SearchSpace) -> dict[str, Scalar]:
    trial = study.ask()
    configuration: dict[str, Scalar] = {}
    for parameter in space.ordered:
        if not parameter.active(configuration):
            continue
        axis, name = space.axes[parameter.name], parameter.name
        if axis.count == 1:
            configuration[name] = axis.from_unit(0.5)
        elif isinstance(axis, Listed) and not axis.ordered:
            configuration[name] = axis.value(trial.suggest_categorical(name, range(axis.count)))
        else:
            configuration[name] = axis.from_unit(trial.suggest_float(name, 0, 1))
    return configuration
