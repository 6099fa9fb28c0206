"""Beginning with what other studies have found: which of them, and what of each.

The choice is made once, when a study begins, and kept in its status: its proposals are
all made from the same.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tunewright.api.problems import Problem
from tunewright.api.study import HyperparameterStudy, Objective, StudySpec
from tunewright.api.study_status import WarmStartSource
from tunewright.api.template import metrics_container
from tunewright.api.trainer import trainer_defaults
from tunewright.api.trial import Trial
from tunewright.api.warm_start import MAX_STUDIES
from tunewright.engine.objectives import values_of
from tunewright.engine.tally import evaluated
from tunewright.search.related import RelatedStudy, UnrelatedError, translated
from tunewright.search.space import SearchSpace

MAX_LOOKED_AT = 10
"""Of the prior bank: how many studies' trials are looked at, the newest ones, to find some of use."""

UNAVAILABLE = "WarmStartUnavailable"
"""Why a study waits for another one, in one word for programs."""

_REFERENCE = "$(HP_"


class WarmStartUnavailableError(Exception):
    """A study that is named is not there, or not finished; it may come to be."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = list(problems)


@dataclass(frozen=True)
class Choice:
    """What a study begins with.

    Attributes:
        related: what its sampler is told.
        sources: what its status says of that, and of the studies that are of no use.
    """

    related: Sequence[RelatedStudy]
    sources: list[WarmStartSource]


def is_due(study: HyperparameterStudy) -> bool:
    """Whether the choice is to be made now: it is not, and nothing keeps the study from beginning."""
    spec, status = study.spec, study.status
    begins = not (spec.cancel or spec.suspend)
    return begins and spec.warm_start_from is not None and status.warm_start is None


def wanted(study: HyperparameterStudy, others: Iterable[HyperparameterStudy]) -> list[HyperparameterStudy]:
    """The studies whose trials `choose` needs: those that were chosen before, else all that may be.

    Args:
        study: the one that begins, or goes on.
        others: all other studies that its home knows.

    Raises:
        WarmStartUnavailableError: one that it names cannot be had.
    """
    if study.status.warm_start is not None:
        by_uid = {other.metadata.uid: other for other in others}
        used = [source.uid for source in study.status.warm_start if not source.reason]
        return [by_uid[uid] for uid in used if uid in by_uid]
    newest: dict[str, HyperparameterStudy] = {}
    # Locally several may have one name: then it means the finished one that ended last.
    for other in sorted(others, key=_age, reverse=True):
        newest.setdefault(other.metadata.name, other)
    named = _named(study, newest)
    bank = [other for other in newest.values() if other not in named and _in_bank(study, other)]
    return [*named, *bank[:MAX_LOOKED_AT]]


def choose(
    study: HyperparameterStudy,
    past: Sequence[HyperparameterStudy],
    trials_of: Callable[[HyperparameterStudy], Iterable[Trial]],
) -> Choice:
    """What the study begins with; or goes on with, as it was chosen before, as far as it is still there.

    Args:
        study: the one that begins, or goes on.
        past: what `wanted` said.
        trials_of: all Trials of one of them; asked for only as far as they are needed. Raises
            UnrelatedError where they cannot be had.
    """
    if study.status.warm_start is not None:
        return _kept(study, study.status.warm_start, past, trials_of)
    related: list[RelatedStudy] = []
    sources = []
    for other in past:
        if len(related) < MAX_STUDIES:
            found, source = _looked_at(study, other, trials_of, None)
            related += found
            sources.append(source)
    return Choice(related, sources)


def _kept(
    study: HyperparameterStudy,
    before: Sequence[WarmStartSource],
    past: Sequence[HyperparameterStudy],
    trials_of: Callable[[HyperparameterStudy], Iterable[Trial]],
) -> Choice:
    by_uid = {other.metadata.uid: other for other in past}
    related: list[RelatedStudy] = []
    sources = []
    for source in before:
        other = by_uid.get(source.uid)
        # How many trials the sampler was told of stays on record, also where it is told of none any more.
        if not source.reason and other is None:
            source = source.model_copy(update={"reason": "it was deleted after this one began"})
        elif not source.reason and other is not None:
            found, now = _looked_at(study, other, trials_of, source.completed)
            related += found
            source = now if found else source.model_copy(update={"reason": now.reason})
        sources.append(source)
    return Choice(related, sources)


def _looked_at(
    study: HyperparameterStudy,
    other: HyperparameterStudy,
    trials_of: Callable[[HyperparameterStudy], Iterable[Trial]],
    completed: int | None,
) -> tuple[list[RelatedStudy], WarmStartSource]:
    """What there is to learn from another study's first `completed` trials, or from all of them."""
    spec, name = study.spec, other.metadata.name
    source = WarmStartSource(study=name, uid=other.metadata.uid)
    try:
        _compare(spec.objectives, other.spec.objectives)
        ended = {
            trial.status.completion_order: trial
            for trial in trials_of(other)
            if trial.status.state.terminal and trial.status.completion_order is not None and not trial.is_test
        }
        known = 1 + max(ended, default=-1) if completed is None else completed
        source = source.model_copy(update={"completed": known})
        found = translated(
            name,
            (evaluated(_revalued(ended[order], spec), spec) for order in sorted(ended) if order < known),
            SearchSpace(spec.parameters),
            spec.objectives,
            spec.constraints,
            trainer_defaults(spec),
        )
    except UnrelatedError as unrelated:
        return [], source.model_copy(update={"reason": str(unrelated)})
    return [found], source.model_copy(update={"trials": len(found.trials)})


def _revalued(trial: Trial, spec: StudySpec) -> Trial:
    """The trial with its value of each objective of `spec`, which may sum its observations up otherwise."""
    values = values_of(trial.status.metrics, spec.objectives)
    return trial.model_copy(update={"status": trial.status.model_copy(update={"objectives": values})})


def _named(study: HyperparameterStudy, others: dict[str, HyperparameterStudy]) -> list[HyperparameterStudy]:
    assert study.spec.warm_start_from is not None
    names = study.spec.warm_start_from.studies
    problems = []
    for index, name in enumerate(names):
        path = f"spec.warmStartFrom.studies[{index}]"
        if name not in others:
            problems.append(Problem(path, f"there is no other study named {name} here"))
        elif not others[name].status.phase.terminal:
            phase = others[name].status.phase
            problems.append(Problem(path, f"{name} is not finished ({phase}); it can be used once it is"))
    if problems:
        raise WarmStartUnavailableError(problems)
    return [others[name] for name in names]


def _age(study: HyperparameterStudy) -> tuple[bool, int, str]:
    """Greater for a newer one; for any that is finished greater than for one that is not."""
    status = study.status
    return status.phase.terminal, status.completion_time or 0, study.metadata.name


def _in_bank(study: HyperparameterStudy, other: HyperparameterStudy) -> bool:
    """Whether the selector means the other one: finished, and what it found is comparable."""
    warm = study.spec.warm_start_from
    if warm is None or warm.selector is None or not warm.selector.matches(other.metadata.labels):
        return False
    if not (other.status.phase.terminal and other.status.trials.completed):
        return False
    try:
        _compare(study.spec.objectives, other.spec.objectives)
    except UnrelatedError:
        return False
    return _trainer(study.spec) == _trainer(other.spec)


def _compare(ours: Sequence[Objective], theirs: Sequence[Objective]) -> None:
    """Raises UnrelatedError where another study has other objectives; it may have more of them."""
    directions = {objective.metric: objective.direction for objective in theirs}
    for objective in ours:
        direction = directions.get(objective.metric)
        if direction is None:
            raise UnrelatedError(f"{objective.metric} is none of its objectives")
        if direction is not objective.direction:
            raise UnrelatedError(f"it was to {direction} {objective.metric}, not to {objective.direction} it")


def _trainer(spec: StudySpec) -> Sequence[object]:
    """What trains: the built-in trainer's model and data, else the image and the command of a template.

    Words of the command that carry a parameter do not count: the search space may be another.
    """
    if spec.trial is None:
        return ()
    trainer = spec.trial.trainer
    if trainer is not None:
        return trainer.model, trainer.dataset, trainer.target
    container: dict[str, Any] = metrics_container(spec.trial)
    command = [word for word in container.get("command", []) if _REFERENCE not in word]
    return container.get("image"), *command
