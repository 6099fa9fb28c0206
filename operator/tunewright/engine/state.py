"""What the engine knows of a study: its objects, and what follows from them, kept up change by change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import Charges, ConditionType
from tunewright.api.trainer import trainer_defaults
from tunewright.api.trial import Purpose, Trial
from tunewright.engine.actions import Propose
from tunewright.engine.charges import NOTHING, charges_of, difference, greater, total
from tunewright.engine.facts import AttemptKey, Execution, Obstacle
from tunewright.engine.reasons import StudyReason
from tunewright.engine.tally import Tally
from tunewright.search.initial import initial_configurations
from tunewright.search.related import RelatedStudy
from tunewright.search.sampler import Configuration, Response
from tunewright.search.space import SearchSpace
from tunewright.search.stage import Part


@dataclass(frozen=True)
class Asked:
    """A question to the sampler that is not answered yet, or whose answer has not all become trials yet."""

    question: Propose
    response: Response | None = None


@dataclass(eq=False)
class State:
    """The objects of one study, and their aggregates.

    Each `..._changed` costs O(1), but for a study whose spec changed and for a trial that ended before and is
    changed or gone: then the aggregates are made anew. All of it equals `State.of` of the same objects, in
    whatever order they came.

    Attributes:
        study: the study, with the two high-water marks of its status.
        gpus: how many GPUs an attempt holds.
        trials: all Trials by name.
        executions: attempts begun and not yet recorded in their trial.
        open: the trials that have not ended, by name.
        departed: what has been charged for good to trials that are gone.
        charges: what has been charged for good: ended attempts of all trials that are or were there.
        asked: the question that the sampler is at; the only part that no object holds.
        used_up: in how many stages, from the first, the sampler has said that there is nothing new.
        sampler_error: what the sampler raised; empty if nothing.
        obstacle: what keeps attempts from beginning; None if nothing.
        newest: the trial of the highest index, whose proposal holds the sampler's state.
        tally: sums over the trials that have ended.
        initial: the configurations to try before the sampler is asked, and what for.
        related: what the sampler is told of other studies; stays as it is.
        stage_starts: the index of the first trial, by stage that has begun; also where that trial is gone.
        parts: what the stages search, as far as it has been needed.
    """

    study: HyperparameterStudy
    gpus: int = 0
    related: Sequence[RelatedStudy] = ()
    trials: dict[str, Trial] = field(default_factory=dict)
    executions: dict[AttemptKey, Execution] = field(default_factory=dict)
    open: dict[str, Trial] = field(default_factory=dict)
    departed: Charges = field(init=False)
    charges: Charges = field(init=False)
    next_index: int = 0
    asked: Asked | None = None
    used_up: int = 0
    sampler_error: str = ""
    obstacle: Obstacle | None = None
    newest: Trial | None = None
    tally: Tally = field(init=False)
    space: SearchSpace = field(init=False)
    initial: Sequence[tuple[Purpose, Configuration]] = field(init=False)
    stage_starts: dict[int, int] = field(default_factory=lambda: {0: 0})
    parts: dict[int, Part] = field(init=False)

    def __post_init__(self) -> None:
        self._derive()
        present = reduce(total, map(charges_of, self.trials.values()), NOTHING)
        # Where more has been charged than the status and the trials tell of, some were deleted unseen.
        status = self.study.status
        self.departed = greater(status.departed, difference(status.charged, present))
        self.charges = total(present, self.departed)
        self._recall()

    @classmethod
    def of(
        cls,
        study: HyperparameterStudy,
        trials: Iterable[Trial] = (),
        executions: Iterable[Execution] = (),
        *,
        gpus: int = 0,
        related: Sequence[RelatedStudy] = (),
    ) -> "State":
        """The state that follows from the objects alone, as after a restart.

        All Trials must be there, as they are once the study's status was written: what has been charged and
        stands in none of them counts as charged to trials that were deleted.
        """
        named = {trial.name: trial for trial in trials}
        state = cls(study=study, gpus=gpus, related=related, trials=named)
        for execution in executions:
            state.execution_changed(execution)
        return state

    def study_changed(self, study: HyperparameterStudy) -> None:
        """The study as it is now."""
        spec_changed = study.spec != self.study.spec
        self.study = study
        self.next_index = max(self.next_index, study.status.next_index)
        if spec_changed:
            self._derive()
        if spec_changed and not study.spec.cancel:
            self.used_up, self.sampler_error = 0, ""

    def trial_changed(self, trial: Trial) -> None:
        """A Trial that is new, or as it is now."""
        before = self.trials.get(trial.name)
        self.trials[trial.name] = trial
        charged = charges_of(before) if before is not None else NOTHING
        self.charges = total(self.charges, difference(charges_of(trial), charged))
        for execution in self._executions_of(trial.name):
            if trial.status.state.terminal or _recorded(trial, execution):
                del self.executions[execution.key]
        if before is not None and before.status.state.terminal:
            if before != trial:
                self._derive()
            return
        order = trial.status.completion_order
        if order is not None and order < self.tally.next_order:
            self._derive()
        elif trial.status.state.terminal:
            self.open.pop(trial.name, None)
            self.tally.add(trial)
        else:
            self.open[trial.name] = trial
        self._count(trial)

    def trial_gone(self, name: str, now: int) -> None:
        """A Trial was deleted by hand, and what runs of it with it.

        What it was charged stays charged, and what it has used since it last began comes on top: nobody will
        record its end. `now` is in milliseconds since the Unix epoch.
        """
        trial = self.trials.pop(name, None)
        if trial is None:
            return
        self.departed = total(self.departed, charges_of(trial))
        for execution in self._executions_of(name):
            used = Charges(gpu_milliseconds=execution.used(now))
            self.departed = total(self.departed, used)
            self.charges = total(self.charges, used)
            del self.executions[execution.key]
        self._derive()

    def execution_changed(self, execution: Execution) -> None:
        """An attempt that was begun, or as it is now; passed over once recorded, or its trial has ended."""
        trial = self.open.get(execution.key.trial)
        if trial is None or _recorded(trial, execution):
            self.executions.pop(execution.key, None)
        else:
            self.executions[execution.key] = execution

    def sampler_asked(self, question: Propose) -> None:
        """The home has begun to ask the sampler."""
        self.asked = Asked(question)

    def sampler_answered(self, response: Response) -> None:
        """The sampler's answer to the question asked last."""
        assert self.asked is not None
        if len(response.suggestions) < self.asked.question.request.count:
            self.used_up = self.asked.question.inputs.stage + 1
        self.asked = replace(self.asked, response=response)
        self._forget_what_is_used_up()

    def sampler_failed(self, message: str) -> None:
        """The sampler raised an error instead of answering."""
        self.asked = None
        self.sampler_error = message

    def obstructed(self, obstacle: Obstacle | None) -> None:
        """What keeps attempts from beginning now; None: nothing any more."""
        self.obstacle = obstacle

    @property
    def stage_count(self) -> int:
        """How many stages the search has: one, where the study names none."""
        return max(1, len(self.study.spec.stages))

    @property
    def exhausted(self) -> bool:
        """Whether the sampler has said of the last stage that there is nothing new."""
        return self.used_up >= self.stage_count

    def searching(self) -> list[Trial]:
        """The trials of the search that have not ended, in the order of their index."""
        trials = [trial for trial in self.open.values() if not trial.is_test]
        return sorted(trials, key=lambda trial: trial.spec.index)

    def waiting(self) -> list[Trial]:
        """The trials that have not ended and have no attempt, in the order of their index."""
        begun = {key.trial for key in self.executions}
        waiting = [trial for trial in self.open.values() if trial.name not in begun]
        return sorted(waiting, key=lambda trial: (trial.spec.index, trial.name))

    def _recall(self) -> None:
        """What is in no other object: the obstacle, and what the sampler said of a study as it is now."""
        status = self.study.status
        for condition in status.conditions:
            if condition.type == ConditionType.BLOCKED and condition.status == "True":
                self.obstacle = Obstacle(condition.reason, condition.message)
        # A study that is cancelled asks nothing, and stays as it has ended.
        if status.observed_generation != self.study.metadata.generation and not self.study.spec.cancel:
            return
        # A study that has found nothing may have ended otherwise; then its budget speaks first.
        if status.reason in (
            StudyReason.SPACE_EXHAUSTED,
            StudyReason.NO_TRIAL_COMPLETED,
            StudyReason.NO_FEASIBLE_TRIAL,
        ):
            self.used_up = self.stage_count
        if status.reason == StudyReason.SAMPLER_FAILED:
            self.sampler_error = status.message

    def _executions_of(self, name: str) -> list[Execution]:
        return [execution for key, execution in self.executions.items() if key.trial == name]

    def _count(self, trial: Trial) -> None:
        if trial.is_test:
            return
        index, stage = trial.spec.index, trial.stage
        self.next_index = max(self.next_index, index + 1)
        self.stage_starts[stage] = min(index, self.stage_starts.get(stage, index))
        if self.newest is None or trial.spec.index >= self.newest.spec.index:
            self.newest = trial
        self._forget_what_is_used_up()

    def _forget_what_is_used_up(self) -> None:
        """An answer all of whose suggestions have become trials is done with."""
        if self.asked is None or self.asked.response is None:
            return
        if self.next_index >= self.asked.question.first_index + len(self.asked.response.suggestions):
            self.asked = None

    def _derive(self) -> None:
        """Make everything that follows from the objects anew."""
        self.tally = Tally(self.study.spec)
        self.space = SearchSpace(self.study.spec.parameters)
        self.initial = initial_configurations(self.study.spec, self.space, trainer_defaults(self.study.spec))
        ended = [trial for trial in self.trials.values() if trial.status.state.terminal]
        for trial in sorted(ended, key=lambda trial: trial.status.completion_order or 0):
            self.tally.add(trial)
        self.open = {name: trial for name, trial in self.trials.items() if not trial.status.state.terminal}
        self.newest = None
        self.parts = {}
        for stage, first in self._told_of_stages().items():
            self.stage_starts.setdefault(stage, first)
        for trial in self.trials.values():
            self._count(trial)
        self.next_index = max(self.next_index, self.study.status.next_index)

    def _told_of_stages(self) -> dict[int, int]:
        """By stage, the index of its first trial, as the study's status tells it."""
        numbers = {stage.name: number for number, stage in enumerate(self.study.spec.stages)}
        told = self.study.status.stages
        return {numbers[stage.name]: stage.first_index for stage in told if stage.name in numbers}


def _recorded(trial: Trial, execution: Execution) -> bool:
    return any(attempt.number == execution.key.number for attempt in trial.status.attempts)
