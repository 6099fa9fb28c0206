"""What other studies have found, in the terms of this one."""

from collections.abc import Sequence
from dataclasses import dataclass

from tunewright.search.history import Evaluated


@dataclass(frozen=True)
class RelatedStudy:
    """A finished study of something like it.

    Attributes:
        name: the study's name.
        trials: its ended trials in their completion order, translated: their configurations lie in this
            study's space, and their values are those of this study's objectives, in their order.
    """

    name: str
    trials: Sequence[Evaluated]
