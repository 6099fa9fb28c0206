"""What makes a configuration worth trying, in terms that are added up: each is a logarithm."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.special import logsumexp

from tunewright.search.bayesian.acquisition import log_expected_improvement, log_probability_below
from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.surrogate import Surrogate


class Term(Protocol):
    """A term of the sum."""

    def of(self, rows: Array) -> Array:
        """Of each row; the more the better."""
        ...

    def believing(self, rows: Array) -> "Term":
        """The term as if rows had ended as predicted."""
        ...


@dataclass(frozen=True)
class Improvement:
    """The logarithm of the improvement expected of one objective.

    Attributes:
        surrogate: of the objective, the lower the better.
        least: by each of its processes, what is to be improved upon.
        scores: standard normal numbers for rows taken as ended, used in turn, of shape (rows, processes).
        boldness: how many times the deviations count.
    """

    surrogate: Surrogate
    least: Array
    scores: Array
    boldness: float = 1.0

    def of(self, rows: Array) -> Array:
        means, deviations = self.surrogate.predict(rows)
        logs = [
            log_expected_improvement(mean, self.boldness * deviation, least)
            for mean, deviation, least in zip(means, deviations, self.least, strict=True)
        ]
        total: Array = logsumexp(logs, axis=0) - math.log(len(logs))
        return total

    def believing(self, rows: Array) -> "Improvement":
        surrogate, least, scores = self.surrogate, self.least, self.scores
        for row in rows:
            surrogate, values = surrogate.imagining(row, scores[0])
            # What may be reached there is to be improved upon too, or the next row would lie beside it.
            least = np.minimum(least, values)
            scores = np.roll(scores, -1, axis=0)
        return Improvement(surrogate, least, scores, self.boldness)


@dataclass(frozen=True)
class HypervolumeImprovement:
    """The logarithm of the hypervolume expected to be won by several objectives, but for a constant.

    The hypervolume above a reference point is an integral over directions: of the power of how far the front
    reaches along each. Directions and the objectives' values are drawn beforehand, so that it is a function.
    Source: Deng and Zhang, Approximating Hypervolume and Hypervolume Contributions Using Polar Coordinate,
    IEEE Transactions on Evolutionary Computation 23, 2019.

    Attributes:
        surrogates: of each objective, the lower the better.
        reference: a value of each that is just too bad.
        directions: unit vectors with positive entries, of shape (directions, objectives).
        reached: how far the front reaches along each, to the power of the number of objectives.
        noise: standard normal numbers, of shape (samples, objectives).
    """

    surrogates: Sequence[Surrogate]
    reference: Array
    directions: Array
    reached: Array
    noise: Array

    @classmethod
    def beyond(
        cls,
        surrogates: Sequence[Surrogate],
        values: Array,
        reference: Array,
        directions: Array,
        noise: Array,
    ) -> "HypervolumeImprovement":
        """Beyond values of shape (trials, objectives)."""
        reached = _reach(values, reference, directions).max(axis=0, initial=0.0)
        return cls(surrogates, reference, directions, reached, noise)

    def of(self, rows: Array) -> Array:
        moments = [surrogate.moments(rows) for surrogate in self.surrogates]
        won = np.zeros(len(rows))
        for sample in self.noise:
            values = np.column_stack(
                [mean + deviation * z for (mean, deviation), z in zip(moments, sample, strict=True)]
            )
            won += np.maximum(_reach(values, self.reference, self.directions) - self.reached, 0).mean(1)
        # Where nothing is won in any sample, at least the direction to where something would be.
        hope = sum(mean - deviation for mean, deviation in moments)
        log: Array = np.log(won / len(self.noise) + np.exp(-30 - np.asarray(hope)))
        return log

    def believing(self, rows: Array) -> "HypervolumeImprovement":
        means = np.column_stack([surrogate.moments(rows)[0] for surrogate in self.surrogates])
        reached = np.maximum(self.reached, _reach(means, self.reference, self.directions).max(axis=0))
        surrogates = [surrogate.believing(rows) for surrogate in self.surrogates]
        return HypervolumeImprovement(surrogates, self.reference, self.directions, reached, self.noise)


@dataclass(frozen=True)
class Feasibility:
    """The logarithm of the probability that a quantity keeps to a limit.

    Attributes:
        surrogate: of the quantity.
        limit: its greatest good value.
        chance: the probability that the surrogate has it all wrong, as where a trial failed for a reason of
            its own: whatever it says, the quantity keeps to the limit at least as probably.
    """

    surrogate: Surrogate
    limit: float
    chance: float = 0.0

    def of(self, rows: Array) -> Array:
        means, deviations = self.surrogate.predict(rows)
        logs = log_probability_below(means, deviations, self.limit)
        total: Array = logsumexp(logs, axis=0) - math.log(len(logs))
        if not self.chance:
            return total
        either: Array = np.logaddexp(total + math.log1p(-self.chance), math.log(self.chance))
        return either

    def believing(self, rows: Array) -> "Feasibility":  # noqa: ARG002 - one guess more says nothing new
        return self


@dataclass(frozen=True)
class Cheapness:
    """Less the logarithm of the run time: improvement for its price.

    Source: Snoek et al., Practical Bayesian Optimization of Machine Learning Algorithms, NeurIPS 2012.

    Attributes:
        surrogate: of the logarithm of the run time, in units of `scale`.
    """

    surrogate: Surrogate
    scale: float

    def of(self, rows: Array) -> Array:
        return -self.scale * self.surrogate.moments(rows)[0]

    def believing(self, rows: Array) -> "Cheapness":  # noqa: ARG002 - as above
        return self


@dataclass(frozen=True)
class Expectation:
    """The logarithm of the density that the user's priors give a row, with less and less weight.

    Source: Hvarfner et al., piBO: Augmenting Acquisition Functions with User Beliefs, ICLR 2022.

    Attributes:
        columns: the places of the columns with a prior.
        grid: entries from 0 to 1 at which the densities are known.
        densities: their logarithms, the greatest being 0, of shape (columns, entries).
        weight: falls with the number of trials.
    """

    columns: Sequence[int]
    grid: Array
    densities: Sequence[Array]
    weight: float

    def of(self, rows: Array) -> Array:
        total = np.zeros(len(rows))
        for place, density in zip(self.columns, self.densities, strict=True):
            total += np.interp(rows[:, place], self.grid, density)
        return self.weight * total

    def believing(self, rows: Array) -> "Expectation":  # noqa: ARG002 - as above
        return self


@dataclass(frozen=True)
class Worth:
    """The sum of terms."""

    terms: Sequence[Term]

    def of(self, rows: Array) -> Array:
        """Of each row."""
        total: Array = sum((term.of(rows) for term in self.terms), np.zeros(len(rows)))
        return total

    def bold(self, boldness: float) -> "Worth":
        """With the deviations of a single objective counted so many times."""
        return Worth(
            [
                replace(term, boldness=boldness) if isinstance(term, Improvement) else term
                for term in self.terms
            ]
        )

    def believing(self, rows: Array) -> "Worth":
        """As if rows had ended as predicted."""
        return Worth([term.believing(rows) for term in self.terms])


def _reach(values: Array, reference: Array, directions: Array) -> Array:
    """How far from the reference values reach along directions, to the power of the number of objectives."""
    gaps = np.maximum(reference - values, 0)
    reach: Array = (gaps[:, None, :] / directions[None, :, :]).min(axis=2) ** values.shape[1]
    return reach
