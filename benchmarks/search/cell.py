"""One search, and what is compared of it."""

from collections.abc import Mapping, Sequence
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


def merged(older: Mapping[Cell, Curve], newer: Mapping[Cell, Curve]) -> dict[Cell, Curve]:
    """The curves of both: of two for a cell the longer one, of two that are as long the newer one."""
    better = {cell: curve for cell, curve in newer.items() if len(curve) >= len(older.get(cell, ()))}
    return {**older, **better}
