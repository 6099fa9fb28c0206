"""The interface of a sampler: a pure function from what is known to what to try next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import JsonValue

from tunewright.api.base import Scalar
from tunewright.api.study import Objective
from tunewright.api.trial import Proposal
from tunewright.search.space import SearchSpace

Configuration = Mapping[str, Scalar]
"""The active parameters of a trial, and their values."""


@dataclass(frozen=True)
class Evaluated:
    """A trial that has ended: its configuration, and its value of each objective; none where it failed."""

    configuration: Configuration
    values: tuple[float, ...] | None


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
    """

    space: SearchSpace
    objectives: Sequence[Objective]
    history: Sequence[Evaluated]
    pending: Sequence[Configuration]
    count: int
    seed: int
    state: Mapping[str, JsonValue] = field(default_factory=dict)
    drawn: int = 0


@dataclass(frozen=True)
class Suggestion:
    """A configuration to try, and why."""

    configuration: Configuration
    proposal: Proposal


@dataclass(frozen=True)
class Response:
    """A sampler's answer. Fewer suggestions than asked for: the space holds nothing new."""

    suggestions: Sequence[Suggestion]
    state: Mapping[str, JsonValue] = field(default_factory=dict)


class Sampler(Protocol):
    """Proposes configurations; equal requests give equal responses."""

    def propose(self, request: Request) -> Response:
        """At most `request.count` suggestions."""
        ...
