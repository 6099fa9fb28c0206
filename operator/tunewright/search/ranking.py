"""Which trials are best where there are constraints: the best of the feasible, else the nearest to it."""

import math
from collections.abc import Sequence

from tunewright.api.constraint import Constraint, total_violation
from tunewright.api.study import Direction, Objective
from tunewright.search.history import Evaluated
from tunewright.search.pareto import ParetoFront


class Ranking:
    """The best of the trials so far, whatever the order in which they come.

    Attributes:
        front: the feasible trials that no other beats.
        infeasible: how many have a value of every objective, but are not known to keep the constraints.
        nearest: of those that break constraints, the total violation of the one that breaks them least, and
            its index; of equal ones the lowest.
    """

    def __init__(self, objectives: Sequence[Objective], constraints: Sequence[Constraint]) -> None:
        self._constraints = constraints
        self.front = ParetoFront(objectives)
        self.infeasible = 0
        self.nearest: tuple[float, int] | None = None

    def add(self, index: int, trial: Evaluated) -> bool:
        """Take in an ended trial; whether it is feasible and has a value of every objective."""
        if trial.values is None:
            return False
        violation = total_violation(self._constraints, trial.constraints)
        if violation == 0:
            self.front.add(index, trial.values)
            return True
        self.infeasible += 1
        if math.isfinite(violation):
            found = (violation, index)
            self.nearest = found if self.nearest is None else min(self.nearest, found)
        return False

    @property
    def best(self) -> int | None:
        """The index of the best feasible trial; while there is none, of the one that breaks least."""
        if self.nearest is None or len(self.front):
            return self.front.best
        return self.nearest[1]


def by_merit(
    trials: Sequence[Evaluated], objectives: Sequence[Objective], constraints: Sequence[Constraint]
) -> list[int]:
    """Places of the trials, the best first: by their violation of the constraints, then by the sum of ranks.

    Failed ones come last.
    """
    valued = {place: trial.values for place, trial in enumerate(trials) if trial.values is not None}
    ranks = dict.fromkeys(valued, 0)
    for number, objective in enumerate(objectives):
        sign = -1 if objective.direction is Direction.MAXIMIZE else 1
        for rank, place in enumerate(sorted(valued, key=lambda place: sign * valued[place][number])):
            ranks[place] += rank
    violations = {place: total_violation(constraints, trials[place].constraints) for place in valued}
    order = sorted(valued, key=lambda place: (violations[place], ranks[place]))
    return order + [place for place in range(len(trials)) if place not in valued]
