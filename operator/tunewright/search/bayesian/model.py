"""A study's trials as a model of what further ones are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue
from scipy.stats import norm, qmc

from tunewright.api.study import Direction
from tunewright.search.bayesian.expectation import expectation_of
from tunewright.search.bayesian.fitting import Posterior, most_plausible, moved
from tunewright.search.bayesian.gaussian_process import Data, GaussianProcess
from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.rows import Rows
from tunewright.search.bayesian.surrogate import Surrogate
from tunewright.search.bayesian.transforms import Transform
from tunewright.search.bayesian.trend import CONSTANT, Trend
from tunewright.search.bayesian.worth import (
    Cheapness,
    Feasibility,
    HypervolumeImprovement,
    Improvement,
    Term,
    Worth,
)
from tunewright.search.history import Evaluated
from tunewright.search.sampler import Request

import os, json
V = json.loads(os.environ.get("TW_AUTO", "{}"))

MAX_TRIALS = 200
"""How many trials the processes are fitted to, for their time grows with the third power."""
PROCESSES = 1 + V.get("k", 6)
MOVES = V.get("moves", 3)
CENTRES = 5
DIRECTIONS, SAMPLES = 32, 8
MARGIN = 0.1
"""By how much of the front's extent the reference point of the hypervolume is worse than its worst."""
RELATED_VARIANCE = 0.25
DECIMALS = 3

Points = Mapping[str, Sequence[float]]
"""Where the parameters of each fitted quantity were found, by its name."""


@dataclass(frozen=True)
class Known:
    """Ended trials as arrays.

    Attributes:
        rows: their rows.
        succeeded: which of them have values.
        losses: of those that have, the objectives, the lower the better: of shape (succeeded, objectives).
        feasible: which of those that have keep all constraints.
    """

    rows: Array
    succeeded: NDArray[np.bool_]
    losses: Array
    feasible: NDArray[np.bool_]


class Model:
    """Gaussian processes of all that a study's trials have shown.

    Attributes:
        rows: the space.
        worth: what rows are worth, pending trials taken as ended.
        centres: rows of the best trials, about which to look more closely.
        scales: per column, over which distance the first objective changes.
        points: where the processes' parameters were found: where to look for them the next time.
    """

    def __init__(self, request: Request, points: Points, rng: np.random.Generator, *, cost_aware: bool) -> None:
        """`request.history` has at least two trials with values."""
        self.rows = Rows(request.whole or request.space, request.space)
        self.points: dict[str, JsonValue] = {}
        self._before = points
        self._rng = rng
        trials = _most_telling(request)
        known = self._known(trials, request)
        self._signs = _signs(request)
        self._transforms = [Transform.of(column) for column in known.losses.T]
        self._values = np.column_stack(
            [transform(column) for transform, column in zip(self._transforms, known.losses.T, strict=True)]
        )
        done = known.rows[known.succeeded]
        trend = self._trend(request) if len(self._transforms) == 1 else CONSTANT
        self._surrogates = [
            self._fitted(f"objective {place}", done, column, trend, PROCESSES)
            for place, column in enumerate(self._values.T)
        ]
        means = self._surrogates[0].predict(done)[0]
        self._least = means[:, known.feasible].min(axis=1, initial=np.inf)
        objective = self._objective(request, done, known)
        terms = [*objective, *self._limits(request, trials, known), *expectation_of(request.space, self.rows, len(request.history))]
        if cost_aware:
            terms += self._cheapness(trials, known)
        self.worth = Worth(terms)
        if request.pending:
            self.worth = self.worth.believing(self.rows.encode(request.pending))
        order = np.argsort(self._values.mean(axis=1) + 1e3 * ~known.feasible, kind="stable")
        self.centres = self.rows.canonical(done[order[:CENTRES]])
        self.scales = np.exp(-0.5 * self._surrogates[0].processes[0].parameters.weights)

    def prediction(self, row: Array) -> tuple[float, float] | None:
        """Mean and standard deviation of a single objective, in its own unit; none where there are several."""
        if len(self._surrogates) > 1:
            return None
        mean, deviation = (float(each[0]) for each in self._surrogates[0].moments(row[None, :]))
        back = self._transforms[0].inverse(np.array([mean - deviation, mean, mean + deviation]))
        return float(self._signs[0] * back[1]), float(back[2] - back[0]) / 2

    def better(self, row: Array) -> bool:
        """Whether a single objective is predicted to be better than at the best trial so far."""
        means = self._surrogates[0].predict(row[None, :])[0][:, 0]
        return bool(means.mean() < self._least.mean())

    def _known(self, trials: Sequence[Evaluated], request: Request) -> Known:
        succeeded = np.array([trial.values is not None for trial in trials])
        table = np.array([trial.values for trial in trials if trial.values is not None], dtype=np.float64)
        feasible = np.array([_feasible(trial, request) for trial in trials if trial.values is not None])
        rows = self.rows.encode([trial.configuration for trial in trials])
        return Known(rows, succeeded, table * _signs(request), feasible)

    def _fitted(self, name: str, rows: Array, values: Array, trend: Trend = CONSTANT, processes: int = 1) -> Surrogate:
        data = Data(rows, values, self.rows.categorical, trend)
        posterior = Posterior(data)
        mode = most_plausible(posterior, self._before.get(name))
        self.points[name] = [round(float(entry), DECIMALS) for entry in mode]
        drawn = [mode] * (processes - 1)
        for _ in range(MOVES):
            drawn = moved(posterior, drawn, self._rng)
        return Surrogate(
            tuple(GaussianProcess(data, posterior.parameters(point)) for point in (mode, *drawn))
        )

    def _objective(self, request: Request, done: Array, known: Known) -> list[Term]:
        """Nothing while no trial is feasible: then the first thing is to find one that is."""
        if not known.feasible.any():
            return []
        if len(self._surrogates) == 1:
            return [Improvement(self._surrogates[0], self._least)]
        best = self._values[known.feasible]
        front = best[[not (np.all(best <= each, axis=1) & np.any(best < each, axis=1)).any() for each in best]]
        low, high = front.min(axis=0), front.max(axis=0)
        reference = high + MARGIN * np.maximum(high - low, 1.0)
        objectives = front.shape[1]
        normal = norm.ppf(qmc.Sobol(objectives, seed=self._rng).random(DIRECTIONS))
        directions = np.maximum(np.abs(normal), 1e-6)
        directions /= np.linalg.norm(directions, axis=1)[:, None]
        noise = norm.ppf(qmc.Sobol(objectives, seed=self._rng).random(SAMPLES))
        return [HypervolumeImprovement.beyond(self._surrogates, front, reference, directions, noise)]

    def _limits(self, request: Request, trials: Sequence[Evaluated], known: Known) -> list[Term]:
        terms: list[Term] = []
        if not known.succeeded.all():
            labels = np.where(known.succeeded, 0.0, 1.0)
            transform = Transform.of(labels)
            surrogate = self._fitted("failure", known.rows, transform(labels))
            terms.append(Feasibility(surrogate, float(transform(np.array([0.5]))[0])))
        for place, constraint in enumerate(request.constraints):
            told = [
                (index, constraint.violation(value))
                for index, trial in enumerate(trials)
                if trial.values is not None and (value := trial.constraints[place]) is not None
            ]
            if len(told) < 2:
                continue
            violations = np.array([violation for _, violation in told])
            transform = Transform.of(violations)
            rows = known.rows[[index for index, _ in told]]
            surrogate = self._fitted(f"constraint {place}", rows, transform(violations))
            terms.append(Feasibility(surrogate, float(transform(np.zeros(1))[0])))
        return terms

    def _cheapness(self, trials: Sequence[Evaluated], known: Known) -> list[Term]:
        timed = [index for index, trial in enumerate(trials) if trial.duration is not None and trial.duration > 0]
        if len(timed) < 2:
            return []
        logs = np.log([trials[index].duration or 1.0 for index in timed])
        spread = float(logs.std())
        if spread == 0:
            return []
        values = (logs - logs.mean()) / spread
        return [Cheapness(self._fitted("duration", known.rows[timed], values), spread)]

    def _trend(self, request: Request) -> Trend:
        """What related studies' results predict, with weights that this study's own results correct."""
        functions = []
        for study in request.related:
            trials = [trial for trial in study.trials if trial.values is not None][:MAX_TRIALS]
            if len(trials) < 3:
                continue
            losses = np.array([trial.values for trial in trials], dtype=np.float64)[:, 0] * self._signs[0]
            rows = self.rows.encode([trial.configuration for trial in trials])
            surrogate = self._fitted(f"related {study.name}", rows, Transform.of(losses)(losses))
            functions.append(lambda block, surrogate=surrogate: surrogate.predict(block)[0][0])
        if not functions:
            return CONSTANT
        count = len(functions)
        means = np.concatenate([[0.0], np.full(count, 1 / count)])
        return Trend(functions, means, np.concatenate([[1.0], np.full(count, RELATED_VARIANCE)]))


def _signs(request: Request) -> Array:
    return np.array([-1.0 if each.direction is Direction.MAXIMIZE else 1.0 for each in request.objectives])


def _feasible(trial: Evaluated, request: Request) -> bool:
    return all(
        value is not None and constraint.violation(value) <= 0
        for constraint, value in zip(request.constraints, trial.constraints, strict=True)
    )


def _most_telling(request: Request) -> Sequence[Evaluated]:
    """The trials to fit to, in their order: all, or half the best ones and half the latest of the others."""
    trials = list(request.history)
    if len(trials) <= MAX_TRIALS:
        return trials
    succeeded = [index for index, trial in enumerate(trials) if trial.values is not None]
    table = np.array([trials[index].values for index in succeeded], dtype=np.float64) * _signs(request)
    places = np.argsort(np.argsort(table, axis=0, kind="stable"), axis=0).mean(axis=1)
    best = {succeeded[place] for place in np.argsort(places, kind="stable")[: MAX_TRIALS // 2]}
    others = [index for index in range(len(trials)) if index not in best][-MAX_TRIALS // 2 :]
    return [trials[index] for index in sorted([*best, *others])]
