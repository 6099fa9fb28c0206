"""Ask and tell: a study's search without a store, for programs that run the trials themselves."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, SupportsFloat

from pydantic import ValidationError

from tunewright.api.base import Scalar
from tunewright.api.problems import InvalidInput, problems_of
from tunewright.api.study import StudySpec
from tunewright.api.trainer import trainer_defaults
from tunewright.api.trial import Proposal, Purpose
from tunewright.search.history import Evaluated, History
from tunewright.search.initial import initial_configurations
from tunewright.search.pareto import ParetoFront
from tunewright.search.propose import propose
from tunewright.search.registry import create
from tunewright.search.sampler import Request
from tunewright.search.space import SearchSpace
from tunewright.search.stage import Incumbent, Part, part_of, room


@dataclass(eq=False)
class Trial:
    """A configuration to evaluate.

    Attributes:
        index: counts an optimizer's trials from 0.
        parameters: the active parameters' values.
        purpose: default, initial or search.
        proposal: why the sampler proposed it; empty unless the purpose is search.
        metrics: what was told of it; empty before, and where it failed.
        failure: why it failed; none if it did not.
    """

    index: int
    parameters: dict[str, Scalar]
    purpose: Purpose
    proposal: Proposal
    metrics: dict[str, float] = field(default_factory=dict)
    failure: str | None = None


class Optimizer:
    """Proposes configurations for the search space of a study, and learns from what it is told.

    The default configuration comes first, unless `initial.default` is false, then the initial
    configurations, then the sampler's. Of `budget` only `maxTrials` counts here, of `trial` only the
    built-in trainer's defaults: running the trials is the caller's.

        optimizer = tunewright.Optimizer(spec)
        for trial in optimizer.ask(20):
            optimizer.tell(trial, {"loss": train(**trial.parameters)})
        print(optimizer.best.parameters)
    """

    def __init__(self, spec: StudySpec | Mapping[str, Any]) -> None:
        """`spec` is a HyperparameterStudy's spec: the model, or as it stands in a study file.

        Raises:
            InvalidInput: it is not a valid one; the paths begin with `spec.`.
        """
        self.spec = spec if isinstance(spec, StudySpec) else _validated(spec)
        self._space = SearchSpace(self.spec.parameters)
        self._sampler = create(self.spec.algorithm, self._space, self.spec.objectives)
        self._initial = initial_configurations(self.spec, self._space, trainer_defaults(self.spec))
        self._trials: list[Trial] = []
        self._open: dict[int, Trial] = {}
        self._history = History()
        self._front = ParetoFront(self.spec.objectives)
        self._state: Mapping[str, Any] = {}
        self._stage, self._stage_start = 0, 0
        self._part = self._part_of_stage()

    def ask(self, n: int = 1) -> list[Trial]:
        """Up to `n` trials to evaluate; fewer, or none, once the space or `budget.maxTrials` is used up.

        Fewer, or none, also where a stage would begin: first all trials before it must have been told of.

        Raises:
            ValueError: n is less than 1.
        """
        if n < 1:
            raise ValueError(f"ask for at least 1 trial, not {n}")
        if self.spec.budget is not None:
            n = min(n, self.spec.budget.max_trials - len(self._trials))
        started = len(self._trials)
        for purpose, configuration in self._initial[started : started + max(n, 0)]:
            self._begin(configuration, purpose, Proposal())
        missing = n - (len(self._trials) - started)
        if missing > 0:
            self._propose(missing)
        return self._trials[started:]

    def tell(
        self, trial: Trial, metrics: Mapping[str, SupportsFloat] | None = None, *, failure: str | None = None
    ) -> None:
        """What became of a trial: its metrics, every objective's among them, or why it failed.

        A trial with an objective that is NaN or infinite has failed.

        Raises:
            TypeError: what is told of is no trial.
            ValueError: both or neither were given, an objective is missing, a metric is no number, the trial
                is another optimizer's, or has been told of before. Nothing is recorded then.
        """
        if not isinstance(trial, Trial):
            raise TypeError(f"tell the trial that ask gave, not {trial!r}")
        if self._trials[trial.index : trial.index + 1] != [trial]:
            raise ValueError(f"trial {trial.index} was not asked of this optimizer")
        if trial.index not in self._open:
            raise ValueError(f"trial {trial.index} was told of before")
        if (metrics is None) is (failure is None):
            raise ValueError("tell either metrics or a failure")
        values = _numbers(metrics or {})
        names = [objective.metric for objective in self.spec.objectives]
        if missing := [name for name in names if failure is None and name not in values]:
            raise ValueError(f"the metrics of trial {trial.index} lack the objective {missing[0]}")
        bad = [name for name in names if failure is None and not math.isfinite(values[name])]
        trial.failure = f"{bad[0]} is {values[bad[0]]}" if bad else failure
        del self._open[trial.index]
        if trial.failure is not None:
            self._history.append(Evaluated(trial.parameters, None))
            return
        trial.metrics = values
        vector = tuple(values[name] for name in names)
        self._history.append(Evaluated(trial.parameters, vector))
        self._front.add(trial.index, vector)

    @property
    def best(self) -> Trial | None:
        """The trial with the best value so far, the earliest of equals; none before the first.

        Raises:
            ValueError: there are several objectives.
        """
        if len(self.spec.objectives) > 1:
            raise ValueError("several objectives have no one best trial; see pareto_front")
        return next(iter(self.pareto_front), None)

    @property
    def pareto_front(self) -> list[Trial]:
        """The trials that no other beats, in the order in which they were asked for; equal ones once."""
        return [self._trials[index] for index in self._front]

    def _propose(self, count: int) -> None:
        """Begin up to `count` trials; a stage that is full or holds nothing new is followed by the next."""
        while True:
            taken = len(self._trials) - self._stage_start
            wanted = room(self.spec.stages, self._stage, taken, count)
            count -= self._suggest(wanted) if wanted > 0 else 0
            if count == 0 or self._open or self._stage + 1 >= len(self.spec.stages):
                return
            self._stage, self._stage_start = self._stage + 1, len(self._trials)
            self._state, self._part = {}, self._part_of_stage()

    def _part_of_stage(self) -> Part:
        """What the stage that begins now searches."""
        if not self.spec.stages:
            return Part(self._space, {})
        best = self._front.best
        incumbent = Incumbent()
        if best is not None:
            known = sum(trial.values is not None for trial in self._history)
            incumbent = Incumbent(self._trials[best].parameters, known)
        return part_of(self._space, self.spec.stages[self._stage], incumbent, trainer_defaults(self.spec))

    def _suggest(self, count: int) -> int:
        """Begin trials of what the sampler proposes; how many."""
        request = Request(
            space=self._part.space,
            objectives=self.spec.objectives,
            history=self._history,
            pending=[trial.parameters for trial in self._open.values()],
            count=count,
            seed=self.spec.algorithm.seed,
            state=self._state,
            drawn=self._stage_start,
            whole=None if self._part.space is self._space else self._space,
        )
        response = propose(self._sampler, request)
        self._state = response.state
        for suggestion in response.suggestions:
            self._begin(suggestion.configuration, Purpose.SEARCH, suggestion.proposal)
        return len(response.suggestions)

    def _begin(self, configuration: Mapping[str, Scalar], purpose: Purpose, proposal: Proposal) -> None:
        trial = Trial(len(self._trials), dict(configuration), purpose, proposal)
        self._trials.append(trial)
        self._open[trial.index] = trial


def _validated(spec: Mapping[str, Any]) -> StudySpec:
    try:
        return StudySpec.model_validate(spec)
    except ValidationError as error:
        raise InvalidInput(problem.under("spec") for problem in problems_of(error)) from None


def _numbers(metrics: Mapping[str, SupportsFloat]) -> dict[str, float]:
    numbers = {}
    for name, value in metrics.items():
        if isinstance(value, str):
            raise ValueError(f"metric {name} is no number but a text: {value!r}")
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"metric {name} is no number: {value!r}") from None
    return numbers
