"""A study's trials as a model of what further ones are worth."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter

import numpy as np
from pydantic import JsonValue
from scipy.stats import norm, qmc

from tunewright.search.bayesian.expectation import expectation_of
from tunewright.search.bayesian.fitting import Posterior, drawn, mode_of
from tunewright.search.bayesian.gaussian_process import Data, GaussianProcess
from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.rows import Rows
from tunewright.search.bayesian.surrogate import Surrogate
from tunewright.search.bayesian.transforms import Transform
from tunewright.search.bayesian.trend import CONSTANT, Trend
from tunewright.search.bayesian.trials import Trials, losses_of, signs_of
from tunewright.search.bayesian.worth import (
    Cheapness,
    Feasibility,
    HypervolumeImprovement,
    Improvement,
    Term,
    Worth,
)
from tunewright.search.sampler import Request

Points = Mapping[str, Sequence[float]]

DRAWS = 6
"""How many processes are drawn beside the most plausible one, of each objective."""
CENTRES = 5
DIRECTIONS, SAMPLES = 32, 8
"""Of the integrals over directions and predictions that make the hypervolume's improvement."""
FIRST, MARGIN = 6, 0.1
"""The hypervolume's reference point is so much worse than the worst of so many first trials."""
TREND_VARIANCE = 1.0
"""Of the weights of related studies' predictions, which are expected to be 1 in all."""
CHANCE = 0.02
"""Of a trial that fails for a reason that lies not in its configuration, such as a node that was lost."""
DECIMALS = 3
LEAST_RELATED = 3


class Model:
    """Gaussian processes of all that a study's trials have shown.

    Attributes:
        rows: the space.
        worth: what rows are worth, pending trials taken as ended.
        centres: rows of the best trials, about which to look more closely.
        scales: per column, over which distance some objective changes.
        points: by quantity, where its process's parameters were found: where to look for them the next time.
    """

    def __init__(
        self, request: Request, before: Points, rng: np.random.Generator, *, cost_aware: bool
    ) -> None:
        """At least two trials of the history have values; `before` are the `points` of the last model."""
        self.rows = Rows(request.whole or request.space, request.space)
        self.points: dict[str, JsonValue] = {}
        self._before = before
        self._rng = rng
        self._signs = signs_of(request.objectives)
        trials = Trials.of(request, self.rows)
        valued = trials.rows[trials.succeeded]
        self._transforms = [Transform.of(losses) for losses in trials.losses.T]
        values = np.column_stack(
            [transform(losses) for transform, losses in zip(self._transforms, trials.losses.T, strict=True)]
        )
        self._surrogates = [
            self._surrogate(f"objective {place}", valued, column, self._trends(request, place), DRAWS)
            for place, column in enumerate(values.T)
        ]
        predicted = self._surrogates[0].predict(valued)[0]
        self._least = predicted[:, trials.feasible].min(axis=1, initial=np.inf)
        self.worth = Worth(
            [
                *self._objectives(values[trials.feasible], request),
                *self._success(trials),
                *self._constraints(trials, request),
                *(self._cheapness(trials) if cost_aware else []),
                *expectation_of(request.space, self.rows, len(request.history)),
            ]
        )
        if request.pending:
            self.worth = self.worth.believing(self.rows.encode(request.pending))
        beaten = np.array([_beaten(each, values[trials.feasible]) for each in values])
        order = np.lexsort((values.mean(axis=1), beaten, trials.violations))
        self.centres = self.rows.canonical(valued[order[:CENTRES]])
        weights = [surrogate.processes[0].parameters.weights for surrogate in self._surrogates]
        self.scales = np.exp(-0.5 * np.max(weights, axis=0))

    def prediction(self, row: Array) -> tuple[float, float] | None:
        """Mean and standard deviation of a single objective's next value, in its own unit; none of several.

        The deviation is that of a value, noise included.
        """
        if len(self._surrogates) > 1:
            return None
        mean, deviation = (float(each[0]) for each in self._surrogates[0].moments(row[None, :]))
        deviation = math.hypot(deviation, self._surrogates[0].noise)
        low, middle, high = self._transforms[0].inverse(np.array([mean - deviation, mean, mean + deviation]))
        return float(self._signs[0] * middle), float(high - low) / 2

    def better(self, row: Array) -> bool:
        """Whether the first objective is predicted to be better than at the best trial so far."""
        return bool(self._surrogates[0].moments(row[None, :])[0][0] < self._least.mean())

    @property
    def feasible(self) -> bool:
        """Whether any trial keeps all constraints."""
        return bool(np.isfinite(self._least).all())

    def _surrogate(
        self, quantity: str, rows: Array, values: Array, trends: Sequence[Trend] = (CONSTANT,), draws: int = 0
    ) -> Surrogate:
        """With the trend that gives the values the greatest density, the parameters as suits it best."""
        fits = []
        for trend in trends:
            data = Data(rows, values, self.rows.categorical, trend)
            posterior = Posterior(data)
            mode = mode_of(posterior, self._before.get(quantity))
            fits.append((posterior.energy(mode)[0], posterior, mode, data))
        _, posterior, mode, data = min(fits, key=itemgetter(0))
        self.points[quantity] = [round(float(entry), DECIMALS) for entry in mode]
        points = [mode, *drawn(posterior, mode, draws, self._rng)]
        return Surrogate(tuple(GaussianProcess(data, posterior.parameters(point)) for point in points))

    def _objectives(self, values: Array, request: Request) -> list[Term]:
        """Nothing while no trial is feasible: then the first thing is to find one that is."""
        if not len(values):
            return []
        if len(self._surrogates) == 1:
            return [Improvement(self._surrogates[0], self._least, self._scores(request))]
        front = values[[not _beaten(each, values) for each in values]]
        # Not the worst of the front or of all: that is drawn out by every trial that is best in one objective
        # and hopeless in the others, until nothing counts but to find more of these.
        reference = values[:FIRST].max(axis=0) + MARGIN
        objectives = values.shape[1]
        directions = np.maximum(np.abs(self._normal(DIRECTIONS, objectives)), 1e-6)
        return [
            HypervolumeImprovement.beyond(
                self._surrogates,
                front,
                reference=reference,
                directions=directions / np.linalg.norm(directions, axis=1)[:, None],
                noise=self._normal(SAMPLES, objectives),
            )
        ]

    def _scores(self, request: Request) -> Array:
        """Standard normal numbers for the rows that may be taken as ended: of equal parts, shuffled."""
        processes = len(self._surrogates[0].processes)
        parts = norm.ppf((np.arange(processes) + 0.5) / processes)
        return self._rng.permuted(np.tile(parts, (len(request.pending) + request.count, 1)), axis=1)

    def _normal(self, count: int, width: int) -> Array:
        """Quasi-random standard normal numbers."""
        units = qmc.Sobol(width, rng=self._rng).random(count)
        numbers: Array = norm.ppf(np.clip(units, 1e-9, 1 - 1e-9))
        return numbers

    def _success(self, trials: Trials) -> list[Term]:
        if trials.succeeded.all():
            return []
        failed = np.where(trials.succeeded, 0.0, 1.0)
        # That all of them failed by chance is the less likely the more they are.
        chance = CHANCE ** int(failed.sum())
        return [replace(self._feasibility("failure", trials.rows, failed, limit=0.5), chance=chance)]

    def _constraints(self, trials: Trials, request: Request) -> list[Term]:
        terms: list[Term] = []
        for place, constraint in enumerate(request.constraints):
            told = {
                index: constraint.violation(value)
                for index, trial in enumerate(trials.trials)
                if trial.values is not None and (value := trial.constraints[place]) is not None
            }
            if len(told) > 1:
                violations = np.array(list(told.values()))
                terms.append(
                    self._feasibility(f"constraint {place}", trials.rows[list(told)], violations, limit=0.0)
                )
        return terms

    def _feasibility(self, quantity: str, rows: Array, amounts: Array, limit: float) -> Feasibility:
        transform = Transform.of(amounts, limit)
        return Feasibility(
            self._surrogate(quantity, rows, transform(amounts)), float(transform(np.array([limit]))[0])
        )

    def _cheapness(self, trials: Trials) -> list[Term]:
        timed = {index: trial.duration for index, trial in enumerate(trials.trials) if trial.duration}
        logs = np.log(list(timed.values()))
        if len(timed) < 2 or logs.std() == 0:
            return []
        values = (logs - logs.mean()) / logs.std()
        return [Cheapness(self._surrogate("duration", trials.rows[list(timed)], values), float(logs.std()))]

    def _trends(self, request: Request, place: int) -> list[Trend]:
        """What related studies' results predict of an objective, with weights that its own values correct.

        And nothing but a mean, as likely beforehand: once its own values are the more plausible
        without the related ones, these do not count. So a study that misleads costs the first trials only.
        """
        predictions = []
        for study in request.related:
            trials = [trial for trial in study.trials if trial.values is not None]
            if len(trials) < LEAST_RELATED:
                continue
            losses = losses_of(trials, request.objectives)[:, place]
            rows = self.rows.encode([trial.configuration for trial in trials])
            quantity = f"related {study.name} {place}"
            predictions.append(partial(_mean, self._surrogate(quantity, rows, Transform.of(losses)(losses))))
        if not predictions:
            return [CONSTANT]
        count = len(predictions)
        means, variances = [0.0, *([1 / count] * count)], [1.0, *([TREND_VARIANCE] * count)]
        return [Trend(predictions, np.array(means), np.array(variances)), CONSTANT]


def _beaten(one: Array, values: Array) -> bool:
    return bool(((values <= one).all(axis=1) & (values < one).any(axis=1)).any())


def _mean(surrogate: Surrogate, rows: Array) -> Array:
    return surrogate.moments(rows)[0]
