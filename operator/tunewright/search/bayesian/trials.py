"""The ended trials of a study as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunewright.api.constraint import total_violation
from tunewright.api.study import Direction, Objective
from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.rows import Rows
from tunewright.search.history import Evaluated
from tunewright.search.ranking import by_merit
from tunewright.search.sampler import Request

MAX_TRIALS = 200
"""How many trials a model is fitted to, for its time grows with their third power."""


@dataclass(frozen=True)
class Trials:
    """Ended trials, at least one of which has values.

    Attributes:
        trials: the trials, in their completion order.
        rows: their rows.
        succeeded: which of them have values.
        losses: of those that have, the objectives, the lower the better: of shape (succeeded, objectives).
        violations: of those that have, by how much they break the constraints in all; 0 where they keep them.
    """

    trials: Sequence[Evaluated]
    rows: Array
    succeeded: NDArray[np.bool_]
    losses: Array
    violations: Array

    @property
    def feasible(self) -> NDArray[np.bool_]:
        """Which of those that have values keep all constraints."""
        keeping: NDArray[np.bool_] = self.violations == 0
        return keeping

    @classmethod
    def of(cls, request: Request, rows: Rows) -> "Trials":
        """The most telling ones of the request's history."""
        trials = _most_telling(request)
        valued = [trial for trial in trials if trial.values is not None]
        return cls(
            trials,
            rows.encode([trial.configuration for trial in trials]),
            np.array([trial.values is not None for trial in trials]),
            losses_of(valued, request.objectives),
            np.array([total_violation(request.constraints, trial.constraints) for trial in valued]),
        )


def losses_of(trials: Sequence[Evaluated], objectives: Sequence[Objective]) -> Array:
    """The objectives of trials that have values, the lower the better: of shape (trials, objectives)."""
    table = np.array([trial.values for trial in trials], dtype=np.float64)
    return table * signs_of(objectives)


def signs_of(objectives: Sequence[Objective]) -> Array:
    """1 for an objective to be minimised, -1 for one to be maximised."""
    return np.array([-1.0 if each.direction is Direction.MAXIMIZE else 1.0 for each in objectives])


def _most_telling(request: Request) -> Sequence[Evaluated]:
    """All trials, or of too many half the best ones and half the latest of the others, in their order."""
    trials = list(request.history)
    if len(trials) <= MAX_TRIALS:
        return trials
    order = by_merit(trials, request.objectives, request.constraints)
    best = set([place for place in order if trials[place].values is not None][: MAX_TRIALS // 2])
    others = [index for index in range(len(trials)) if index not in best]
    return [trials[index] for index in sorted([*best, *others[len(best) - MAX_TRIALS :]])]
