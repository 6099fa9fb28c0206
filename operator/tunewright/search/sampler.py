"""The interface of a sampler: a pure function from what is known to what to try next."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from pydantic import JsonValue

from tunewright.api.base import Model
from tunewright.api.constraint import Constraint
from tunewright.api.problems import Problem
from tunewright.api.study import Objective
from tunewright.api.trial import Proposal
from tunewright.search.history import Configuration, Evaluated, History
from tunewright.search.related import RelatedStudy
from tunewright.search.space import SearchSpace

__all__ = ["Configuration", "Evaluated", "NoSettings", "Request", "Response", "Sampler", "Suggestion"]


@dataclass(frozen=True)
class Request:
    """All that a sampler may look at.

    Attributes:
        space: the search space.
        objectives: what to optimise, in the order of `Evaluated.values`.
        history: ended trials, in their recorded completion order.
        pending: configurations being evaluated, or proposed and not yet begun.
        count: how many configurations are wanted, at least 1.
        seed: the study's seed.
        state: what the sampler returned last time, plain JSON; empty at first.
        drawn: how many configurations it has proposed before, ever.
        constraints: what a configuration must keep to, in the order of `Evaluated.constraints`.
        related: finished studies whose results may help; what they say may also mislead. Their trials lie
            in the study's whole space.
        whole: the study's whole space, in which the history lies, where `space` is a part of it that is being
            refined; none where `space` is all of it.
    """

    space: SearchSpace
    objectives: Sequence[Objective]
    history: History
    pending: Sequence[Configuration]
    count: int
    seed: int
    state: Mapping[str, JsonValue] = field(default_factory=dict)
    drawn: int = 0
    constraints: Sequence[Constraint] = ()
    related: Sequence[RelatedStudy] = ()
    whole: SearchSpace | None = None

    def inside(self) -> "Request":
        """The same request without the trials outside `space`, for a sampler that looks no further."""
        if self.whole is None:
            return self
        history = History(trial for trial in self.history if self.space.contains(trial.configuration))
        pending = [configuration for configuration in self.pending if self.space.contains(configuration)]
        related = [
            replace(each, trials=[trial for trial in each.trials if self.space.contains(trial.configuration)])
            for each in self.related
        ]
        return replace(self, history=history, pending=pending, related=related, whole=None)


@dataclass(frozen=True)
class Suggestion:
    """A configuration to try, and why."""

    configuration: Configuration
    proposal: Proposal


@dataclass(frozen=True)
class Response:
    """A sampler's answer. Fewer suggestions than asked for: it has nothing new, and never will."""

    suggestions: Sequence[Suggestion]
    state: Mapping[str, JsonValue] = field(default_factory=dict)


class NoSettings(Model):
    """The settings of a sampler that has none."""


class Sampler(ABC):
    """Proposes configurations; equal requests give equal responses.

    Chance comes from the request's `seed`, `drawn` and `state` alone, so that any proposal can be replayed.
    A sampler need not look out for what has been tried: whoever calls it through `propose.propose`
    gets nothing twice.

    Attributes:
        description: what it is, in one line.
        settings_model: the model of `spec.algorithm.settings`.
        sees_whole: whether it can be told of trials outside `Request.space`; others are told of those inside.
        uses_related: whether it learns from `Request.related`; with others `warmStartFrom` is refused.
    """

    description: ClassVar[str]
    settings_model: ClassVar[type[Model]] = NoSettings
    sees_whole: ClassVar[bool] = False
    uses_related: ClassVar[bool] = False

    def __init__(self, settings: Any) -> None:
        """`settings` is an instance of `settings_model`."""
        self.settings = settings

    def problems(
        self,
        space: SearchSpace,  # noqa: ARG002
        objectives: Sequence[Objective],  # noqa: ARG002
    ) -> Sequence[Problem]:
        """What of a study it cannot honour, by paths that begin with `spec.`; nothing as a rule."""
        return []

    @abstractmethod
    def propose(self, request: Request) -> Response:
        """At most `request.count` suggestions."""
