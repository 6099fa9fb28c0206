"""Aggregates over the trials of a study that have ended, kept as they end."""

from collections import Counter
from dataclasses import dataclass, field

from tunewright.api.study import StudySpec
from tunewright.api.trial import Purpose, Trial, TrialState
from tunewright.engine.feasibility import constrained_values
from tunewright.engine.objectives import target_reached, vector
from tunewright.search.history import History
from tunewright.search.ranking import Ranking
from tunewright.search.sampler import Evaluated


def evaluated(trial: Trial, spec: StudySpec) -> Evaluated:
    """What the sampler is told of a trial that has ended."""
    status = trial.status
    values = None if status.state is TrialState.FAILED else vector(trial, spec.objectives)
    if values is None:
        return Evaluated(trial.spec.parameters, None)
    return Evaluated(
        trial.spec.parameters,
        values,
        constrained_values(status.metrics, spec.constraints),
        None if status.run_time is None else status.run_time / 1000,
    )


@dataclass
class Tally:
    """Sums over ended trials. It only grows: where a trial goes, a new one is made.

    Attributes:
        history: what the sampler is told, in completion order.
        counts: search trials by state.
        ranking: the best trials, by their indices.
        names: of search trials, by index.
        tests: the final test evaluations, by the name of the trial they test.
        default: the name of the default configuration's trial.
        target_reached: whether some completed feasible trial reaches the target.
        shortest, longest: run time of the completed trials' last attempts, in milliseconds; None at first.
        next_order: the next completion order.
    """

    spec: StudySpec
    history: History = field(init=False)
    ranking: Ranking = field(init=False)
    counts: Counter[TrialState] = field(default_factory=Counter)
    names: dict[int, str] = field(default_factory=dict)
    tests: dict[str, Trial] = field(default_factory=dict)
    default: str | None = None
    target_reached: bool = False
    shortest: int | None = None
    longest: int | None = None
    next_order: int = 0

    def __post_init__(self) -> None:
        self.history = History()
        self.ranking = Ranking(self.spec.objectives, self.spec.constraints)

    def add(self, trial: Trial) -> None:
        """Take in a trial that has just ended, later than all before it."""
        assert trial.status.state.terminal
        assert trial.status.completion_order is not None
        self.next_order = max(self.next_order, trial.status.completion_order + 1)
        if trial.is_test:
            assert trial.spec.source is not None
            self.tests[trial.spec.source] = trial
            return
        self.counts[trial.status.state] += 1
        self.names[trial.spec.index] = trial.name
        if trial.spec.purpose is Purpose.DEFAULT:
            self.default = trial.name
        told = evaluated(trial, self.spec)
        self.history.append(told)
        feasible = self.ranking.add(trial.spec.index, told)
        if trial.status.state is TrialState.COMPLETED:
            self._measure(trial)
            if feasible and told.values is not None and target_reached(told.values, self.spec.objectives):
                self.target_reached = True

    def _measure(self, trial: Trial) -> None:
        last = trial.status.attempts[-1]
        if last.started_at is None or last.ended_at is None:
            return
        ran = max(0, last.ended_at - last.started_at)
        self.shortest = ran if self.shortest is None else min(self.shortest, ran)
        self.longest = ran if self.longest is None else max(self.longest, ran)
