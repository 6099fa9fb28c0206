"""A study as a report sees it: the same for both homes."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import itemgetter

from tunewright.api.constraint import Constraint
from tunewright.api.problems import InvalidInput, Problem
from tunewright.api.study import HyperparameterStudy, Objective
from tunewright.api.study_status import BestTrial
from tunewright.api.trial import Purpose, Trial, TrialState

Curve = Sequence[tuple[int, float]]
"""The observations of one metric: (step, value), by step."""


@dataclass(frozen=True)
class StudyView:
    """All that a report is made of.

    Attributes:
        study: the study with its status, whose word on the best trial and the Pareto front counts.
        trials: its trials in any order, test evaluations among them.
        curves: the observations by trial name and metric; a trial that reported nothing may be missing.
        logs: where the log of a trial is, in words or as a path, by trial name.
    """

    study: HyperparameterStudy
    trials: Sequence[Trial]
    curves: Mapping[str, Mapping[str, Curve]]
    logs: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The study's name."""
        return self.study.metadata.name

    @property
    def objectives(self) -> Sequence[Objective]:
        """What the study optimises."""
        return self.study.spec.objectives

    @property
    def constraints(self) -> Sequence[Constraint]:
        """What a trial must keep to."""
        return self.study.spec.constraints

    @property
    def constrained(self) -> Sequence[str]:
        """The metrics that have a constraint and are no objective, each once."""
        return self.study.spec.judging[len(self.objectives) :]

    @property
    def best(self) -> BestTrial | None:
        """The best trial; of several objectives the member of the Pareto front that is best in the first.

        While no trial is feasible, the one that breaks the constraints least: it has violations.
        """
        return self.study.status.best

    @property
    def default(self) -> BestTrial | None:
        """The trial of the default configuration."""
        return self.study.status.default

    @property
    def front(self) -> Sequence[BestTrial]:
        """The feasible trials that none beats: the best one, or the Pareto front of several objectives."""
        if len(self.objectives) > 1:
            return self.study.status.pareto_front
        return [self.best] if self.best and not self.best.violations else []

    @cached_property
    def searched(self) -> Sequence[Trial]:
        """The trials but for the test evaluations, by index."""
        return sorted(
            (trial for trial in self.trials if trial.spec.purpose is not Purpose.FINAL_TEST),
            key=lambda trial: trial.spec.index,
        )

    @cached_property
    def tests(self) -> Mapping[str, Trial]:
        """The test evaluations, by the name of the trial whose configuration they test."""
        return {
            trial.spec.source: trial
            for trial in self.trials
            if trial.spec.purpose is Purpose.FINAL_TEST and trial.spec.source is not None
        }

    @cached_property
    def ended(self) -> Sequence[Trial]:
        """The trials that have ended, test evaluations left out, in the order in which they did."""
        ended = [trial for trial in self.searched if trial.status.state.terminal]
        return sorted(ended, key=lambda trial: (_order(trial), trial.spec.index))

    @cached_property
    def evaluated(self) -> Mapping[str, tuple[float, ...]]:
        """The value of each objective by trial name, of the trials in `ended` that have all of them."""
        values = {trial.name: self._values(trial) for trial in self.ended}
        return {name: each for name, each in values.items() if each is not None}

    @cached_property
    def infeasible(self) -> frozenset[str]:
        """The names of the trials in `evaluated` that are not known to keep the constraints."""
        if not self.constraints:
            return frozenset()
        return frozenset(name for name in self.evaluated if not self._by_name[name].status.feasible)

    @cached_property
    def ranks(self) -> Mapping[str, float]:
        """The rank by name of the evaluated trials, 0 for the best; of several objectives the mean of all.

        Equal values share the mean of their ranks.
        """
        sums = dict.fromkeys(self.evaluated, 0.0)
        for position, objective in enumerate(self.objectives):
            sign = -1 if objective.better(1, 0) else 1
            by_value = sorted((sign * values[position], name) for name, values in self.evaluated.items())
            start = 0
            for _, group in groupby(by_value, key=itemgetter(0)):
                names = [name for _, name in group]
                for name in names:
                    sums[name] += start + (len(names) - 1) / 2
                start += len(names)
        return {name: total / len(self.objectives) for name, total in sums.items()}

    @cached_property
    def ranked(self) -> Sequence[str]:
        """The names of the evaluated trials, best first: those that none beats, then the others by rank.

        Those that are not feasible come last.
        """
        unbeaten = {trial.name for trial in self.front}
        return sorted(
            self.ranks,
            key=lambda name: (name in self.infeasible, name not in unbeaten, self.ranks[name]),
        )

    def trial(self, name: str) -> Trial:
        """The trial of that name.

        Raises:
            InvalidInput: there is none.
        """
        if name in self._by_name:
            return self._by_name[name]
        known = "it has no trials yet"
        if self.searched:
            known = f"its trials go from {self.searched[0].name} to {self.searched[-1].name}"
        raise InvalidInput([Problem("", f"study {self.name} has no trial named {name!r}; {known}")])

    def last(self, name: str, metric: str) -> float | None:
        """The last value of a trial's metric; None where it, or the trial, is not there."""
        trial = self._by_name.get(name)
        summary = trial.status.metrics.get(metric) if trial is not None else None
        return None if summary is None else summary.last

    def metrics(self, trial: Trial) -> dict[str, float]:
        """One value of each metric: of an objective the trial's value, of any other the last observation."""
        values = {
            **{metric: summary.last for metric, summary in trial.status.metrics.items()},
            **trial.status.objectives,
        }
        return {metric: values[metric] for metric in self.in_order(values)}

    def in_order(self, metrics: Iterable[str]) -> list[str]:
        """Some metrics as they are shown: objectives, what has a constraint, then the others by name.

        The order in which they were reported is lost in a cluster, which sorts what it stores.
        """
        first = {metric: place for place, metric in enumerate(self.study.spec.judging)}
        return sorted(metrics, key=lambda metric: (first.get(metric, len(first)), metric))

    def test(self, name: str) -> dict[str, float]:
        """The metrics of a trial's test evaluation on held-out data; empty where it has none that completed.

        An evaluation may report again what the trial itself did; that is left out, unless it is all there is.
        """
        named = (trial for trial in (self.best, self.default, *self.front) if trial and trial.name == name)
        measured = next((dict(trial.test) for trial in named if trial.test), {})
        evaluation = self.tests.get(name)
        if not measured and evaluation is not None and evaluation.status.state is TrialState.COMPLETED:
            measured = self.metrics(evaluation)
        own = self._by_name[name].status.metrics if name in self._by_name else {}
        new = [metric for metric in measured if metric not in own] or measured
        return {metric: measured[metric] for metric in self.in_order(new)}

    @cached_property
    def _by_name(self) -> Mapping[str, Trial]:
        return {trial.name: trial for trial in self.trials}

    def _values(self, trial: Trial) -> tuple[float, ...] | None:
        if trial.status.state is TrialState.FAILED:
            return None
        values = tuple(trial.status.objectives.get(o.metric, math.nan) for o in self.objectives)
        return values if all(map(math.isfinite, values)) else None


def _order(trial: Trial) -> float:
    order = trial.status.completion_order
    return math.inf if order is None else order
