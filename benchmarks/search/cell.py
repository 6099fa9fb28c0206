"""One search, and what is compared of it."""

from collections.abc import Sequence
from dataclasses import dataclass

Curve = Sequence[float | None]
"""The true value of what is recommended after each trial; none before the first that did not fail."""


@dataclass(frozen=True)
class Cell:
    """One search. `entrant` is a peer's name, or `peer@label` for a variant of one."""

    entrant: str
    task: str
    seed: int
    workers: int

    @property
    def peer(self) -> str:
        return self.entrant.partition("@")[0]
