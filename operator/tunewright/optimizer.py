"""Ask and tell: a study's search without a store, for programs that run the trials themselves."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, SupportsFloat

from pydantic import ValidationError

from tunewright.api.base import Scalar
from tunewright.api.problems import InvalidInput, Problem, problems_of
from tunewright.api.study import StudySpec
from tunewright.api.trainer import trainer_defaults
from tunewright.api.trial import Proposal, Purpose
from tunewright.search.history import Evaluated, History
from tunewright.search.initial import initial_configurations
from tunewright.search.propose import propose
from tunewright.search.ranking import Ranking
from tunewright.search.registry import create
from tunewright.search.related import RelatedStudy, translated
from tunewright.search.sampler import Request
from tunewright.search.space import SearchSpace
from tunewright.search.stage import Incumbent, Part, part_of, room

Results = Sequence[tuple[Mapping[str, Scalar], Mapping[str, SupportsFloat] | None]]
"""Configurations that were evaluated, in the order in which they ended, with their metrics; None: failed."""


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

    def __init__(
        self, spec: StudySpec | Mapping[str, Any], *, related: Mapping[str, Results] | None = None
    ) -> None:
        """
        Args:
            spec: a HyperparameterStudy's spec: the model, or as it stands in a study file.
            related: what other studies have found, by their names; what `warmStartFrom` is to a study. Their
                search spaces may be others, see `search.related.translated`.

        Raises:
            InvalidInput: the spec is not a valid one, the sampler does not learn from related studies, or
                one of them is of no use; the paths begin with `spec.` or `related.`.
        """
        self.spec = spec if isinstance(spec, StudySpec) else _validated(spec)
        if self.spec.warm_start_from is not None:
            message = "an optimizer knows no other studies; give it their results as related"
            raise InvalidInput([Problem("spec.warmStartFrom", message)])
        self._space = SearchSpace(self.spec.parameters)
        self._sampler = create(self.spec.algorithm, self._space, self.spec.objectives)
        if related and not self._sampler.uses_related:
            message = f"sampler {self.spec.algorithm.name} does not learn from other studies; choose auto"
            raise InvalidInput([Problem("related", message)])
        self._related = [self._translated(name, results) for name, results in (related or {}).items()]
        self._initial = initial_configurations(self.spec, self._space, trainer_defaults(self.spec))
        self._trials: list[Trial] = []
        self._open: dict[int, Trial] = {}
        self._history = History()
        self._ranking = Ranking(self.spec.objectives, self.spec.constraints)
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
        self,
        trial: Trial,
        metrics: Mapping[str, SupportsFloat] | None = None,
        *,
        failure: str | None = None,
        duration: float | None = None,
    ) -> None:
        """What became of a trial: its metrics, or why it failed.

        A trial with an objective that is NaN or infinite has failed. One with such a metric of a constraint
        is not known to keep it.

        Args:
            trial: one that `ask` gave.
            metrics: the last values, each objective's and each constraint's among them.
            failure: why it failed.
            duration: how long it ran, in seconds; a sampler that minds the cost learns from it.

        Raises:
            TypeError: what is told of is no trial.
            ValueError: both or neither were given, the metric of an objective or a constraint is missing, a
                metric is no number, the duration no time, the trial is another optimizer's, or has been told
                of before. Nothing is recorded then.
        """
        if not isinstance(trial, Trial):
            raise TypeError(f"tell the trial that ask gave, not {trial!r}")
        if self._trials[trial.index : trial.index + 1] != [trial]:
            raise ValueError(f"trial {trial.index} was not asked of this optimizer")
        if trial.index not in self._open:
            raise ValueError(f"trial {trial.index} was told of before")
        if (metrics is None) is (failure is None):
            raise ValueError("tell either metrics or a failure")
        if duration is not None and not 0 <= duration < math.inf:
            raise ValueError(f"a duration is a number of seconds, not {duration!r}")
        values = _numbers(metrics or {})
        if missing := [name for name in self.spec.judging if failure is None and name not in values]:
            objective = any(each.metric == missing[0] for each in self.spec.objectives)
            what = "objective" if objective else "constraint's metric"
            raise ValueError(f"the metrics of trial {trial.index} lack the {what} {missing[0]}")
        evaluated = self._evaluated(trial.parameters, None if failure is not None else values)
        del self._open[trial.index]
        if evaluated.values is None:
            trial.failure = failure if failure is not None else self._diverged(values)
        else:
            trial.metrics = values
            evaluated = replace(evaluated, duration=duration)
        self._history.append(evaluated)
        self._ranking.add(trial.index, evaluated)

    def _diverged(self, values: Mapping[str, float]) -> str:
        bad = next(o.metric for o in self.spec.objectives if not math.isfinite(values[o.metric]))
        return f"{bad} is {values[bad]}"

    @property
    def best(self) -> Trial | None:
        """The feasible trial with the best value so far, the earliest of equals; none before the first.

        Raises:
            ValueError: there are several objectives.
        """
        if len(self.spec.objectives) > 1:
            raise ValueError("several objectives have no one best trial; see pareto_front")
        return next(iter(self.pareto_front), None)

    @property
    def pareto_front(self) -> list[Trial]:
        """The feasible trials that no other feasible one beats, as they were asked for; equal ones once."""
        return [self._trials[index] for index in self._ranking.front]

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
        best = self._ranking.best
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
            constraints=self.spec.constraints,
            related=self._related,
            drawn=self._stage_start,
            whole=None if self._part.space is self._space else self._space,
        )
        response = propose(self._sampler, request)
        self._state = response.state
        for suggestion in response.suggestions:
            self._begin(suggestion.configuration, Purpose.SEARCH, suggestion.proposal)
        return len(response.suggestions)

    def _translated(self, name: str, results: Results) -> RelatedStudy:
        fallback = trainer_defaults(self.spec)
        try:
            trials = [self._evaluated(_plain(parameters), metrics) for parameters, metrics in results]
            return translated(
                name, trials, self._space, self.spec.objectives, self.spec.constraints, fallback
            )
        except ValueError as error:
            raise InvalidInput([Problem(f"related.{name}", str(error))]) from None

    def _evaluated(
        self, parameters: Mapping[str, Scalar], metrics: Mapping[str, SupportsFloat] | None
    ) -> Evaluated:
        if metrics is None:
            return Evaluated(parameters, None)
        numbers = _numbers(metrics)
        names = [objective.metric for objective in self.spec.objectives]
        if missing := [name for name in names if name not in numbers]:
            raise ValueError(f"a trial's metrics lack the objective {missing[0]}")
        values = tuple(numbers[name] for name in names)
        if not all(map(math.isfinite, values)):
            return Evaluated(parameters, None)
        finite = {name: value for name, value in numbers.items() if math.isfinite(value)}
        constraints = tuple(finite.get(constraint.metric) for constraint in self.spec.constraints)
        return Evaluated(parameters, values, constraints)

    def _begin(self, configuration: Mapping[str, Scalar], purpose: Purpose, proposal: Proposal) -> None:
        trial = Trial(len(self._trials), dict(configuration), purpose, proposal)
        self._trials.append(trial)
        self._open[trial.index] = trial


def _validated(spec: Mapping[str, Any]) -> StudySpec:
    try:
        return StudySpec.model_validate(spec)
    except ValidationError as error:
        raise InvalidInput(problem.under("spec") for problem in problems_of(error)) from None


def _plain(parameters: Mapping[str, Any]) -> dict[str, Scalar]:
    """A configuration as a study file holds it: NumPy's numbers become Python's, and None is left out."""
    found = {name: value.item() if hasattr(value, "item") else value for name, value in parameters.items()}
    plain = {name: value for name, value in found.items() if value is not None}
    for name, value in plain.items():
        if type(value) not in (bool, int, float, str):
            raise ValueError(f"parameter {name} is no number, text or bool: {value!r}")
    return plain


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
