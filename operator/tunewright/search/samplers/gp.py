"""Bayesian optimisation with a Gaussian process, by scikit-optimize."""

import math
import warnings
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from skopt.acquisition import gaussian_ei
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tunewright.api.trial import Proposal
from tunewright.search.history import Configuration
from tunewright.search.sampler import Request, Response, Sampler, Suggestion
from tunewright.search.samplers.encoding import Encoding
from tunewright.search.samplers.gaussian_process import Array, GaussianProcess
from tunewright.search.samplers.losses import Losses, losses_of
from tunewright.search.samplers.sobol import SobolSampler
from tunewright.search.samplers.startup import StartupSettings, starting

MAX_TRIALS = 200
"""How many trials the process is fitted to, for its time grows with their third power."""
RANDOM_CANDIDATES = 300
LOCAL_DEVIATIONS = (0.1, 0.02, 0.004)
"""How far around the best candidates is looked, one round after another, in parts of the unit interval."""
CENTRES = 5
NEIGHBOURS = 20


class GpSampler(Sampler):
    """Fits a Gaussian process to the ended trials, and proposes where most improvement is expected.

    The expected improvement is evaluated at configurations of the space alone, so that whole numbers,
    steps, categories and conditions count as they are. A pending trial counts as ended with its predicted
    value (kriging believer), a failed one with the worst value seen. Of several objectives each request
    looks at one random weighing (ParEGO).

    Source: Snoek et al., Practical Bayesian Optimization of Machine Learning Algorithms, NeurIPS 2012;
    Ginsbourger et al., Kriging Is Well-Suited to Parallelize Optimization, 2010; Knowles, ParEGO, IEEE
    Transactions on Evolutionary Computation 10, 2006. Process and acquisition function are scikit-optimize's.
    """

    description = "Gaussian process with expected improvement (scikit-optimize): for few, costly trials"
    settings_model = StartupSettings

    def propose(self, request: Request) -> Response:
        if starting(request.history, self.settings) or all(a.count == 1 for a in request.space.axes.values()):
            return SobolSampler(None).propose(request)
        # One thread: beside trainers that use all cores, more would wait for each other.
        with threadpool_limits(1, "blas"), warnings.catch_warnings():
            # Fits that end at a bound, a variance of -1e-17: nothing that a study's user could act on.
            warnings.simplefilter("ignore")
            return Response(_suggestions(request))


def _suggestions(request: Request) -> list[Suggestion]:
    rng = np.random.default_rng((request.seed, request.drawn))
    encoding = Encoding(request.space)
    losses = losses_of(request.history, request.objectives, rng)
    kept = _most_telling(losses.values)
    process = GaussianProcess(
        np.array([encoding.row(request.history[index].configuration) for index in kept]),
        losses.values[kept],
        seed=int(rng.integers(2**31)),
    )
    if request.pending:
        process.believe(np.array([encoding.row(configuration) for configuration in request.pending]))
    best = np.argsort(losses.values, kind="stable")[:CENTRES]
    search = _Search(request, encoding, rng, [request.history[index].configuration for index in best])
    suggestions = []
    for _ in range(request.count):
        configuration, improvement = search.best(process)
        row = np.array([encoding.row(configuration)])
        suggestions.append(Suggestion(configuration, _proposal(process, row, improvement, losses)))
        process.believe(row)
    return suggestions


def _most_telling(losses: Array) -> NDArray[np.intp]:
    """The trials to fit to, in their order: all, or half the best ones and half the latest of the others."""
    if len(losses) <= MAX_TRIALS:
        return np.arange(len(losses))
    ranked = np.argsort(losses, kind="stable")
    latest = np.sort(ranked[MAX_TRIALS // 2 :])[-(MAX_TRIALS // 2) :]
    return np.sort(np.concatenate([ranked[: MAX_TRIALS // 2], latest]))


class _Search:
    """Looks for the new configuration of greatest expected improvement."""

    def __init__(
        self,
        request: Request,
        encoding: Encoding,
        rng: np.random.Generator,
        centres: Sequence[Configuration],
    ) -> None:
        self._request = request
        self._encoding = encoding
        self._rng = rng
        self._centres = centres
        ended = (trial.configuration for trial in request.history)
        self._taken = {encoding.cell(configuration) for configuration in (*ended, *request.pending)}

    def best(self, process: GaussianProcess) -> tuple[Configuration, float]:
        """It, and its expected improvement; where none is new, any one."""
        space = self._request.space
        drawn = [
            space.configuration(self._rng.random(len(space.ordered)).tolist())
            for _ in range(RANDOM_CANDIDATES)
        ]
        ranked = self._rank(process, [*drawn, *self._around(self._centres, LOCAL_DEVIATIONS[0])])
        for deviation in LOCAL_DEVIATIONS:
            centres = [configuration for configuration, _ in ranked[:CENTRES]]
            ranked += self._rank(process, self._around(centres, deviation))
            ranked.sort(key=lambda each: -each[1])
        best = ranked[0] if ranked else (drawn[0], 0.0)
        self._taken.add(self._encoding.cell(best[0]))
        return best

    def _around(self, centres: Iterable[Configuration], deviation: float) -> list[Configuration]:
        return [
            self._encoding.neighbour(centre, deviation, self._rng)
            for centre in centres
            for _ in range(NEIGHBOURS)
        ]

    def _rank(
        self, process: GaussianProcess, candidates: Iterable[Configuration]
    ) -> list[tuple[Configuration, float]]:
        """The new ones among the candidates with their expected improvements, the greatest first."""
        new = [candidate for candidate in candidates if self._encoding.cell(candidate) not in self._taken]
        if not new:
            return []
        rows = np.array([self._encoding.row(candidate) for candidate in new])
        improvements = gaussian_ei(rows, process.model, y_opt=process.least)
        order = np.argsort(-improvements, kind="stable")
        return [(new[index], float(improvements[index])) for index in order]


def _proposal(process: GaussianProcess, row: Array, improvement: float, losses: Losses) -> Proposal:
    """With the prediction in the objective's unit; of several objectives there is none."""
    if losses.scale is None or losses.origin is None:
        return Proposal(sampler="gp", acquisition=improvement)
    mean, deviation = process.model.predict(row, return_std=True)
    unit = abs(losses.scale)
    told = {
        "mean": float(mean[0]) * losses.scale + losses.origin,
        "deviation": float(deviation[0]) * unit,
        "acquisition": improvement * unit,
    }
    return Proposal(sampler="gp", **{name: value for name, value in told.items() if math.isfinite(value)})
