"""Which of several trials are best: the Pareto front, of one member where there is one objective."""

from collections.abc import Iterator, Sequence
from operator import ge, mul

from tunewright.api.study import Direction, Objective


class ParetoFront:
    """The trials that no other beats, kept as trials come: equal ones are one, by the lowest index."""

    def __init__(self, objectives: Sequence[Objective]) -> None:
        self._signs = [1 if objective.direction is Direction.MAXIMIZE else -1 for objective in objectives]
        self._members: dict[int, tuple[float, ...]] = {}

    def add(self, index: int, values: tuple[float, ...]) -> None:
        """Take in the trial `index` with its value of each objective."""
        # All of them to be maximised: a front may be large, and this is compared with each of its members.
        gains = tuple(map(mul, self._signs, values))
        beaten = []
        for other, others in self._members.items():
            if all(map(ge, others, gains)) and (others != gains or other <= index):
                return
            if all(map(ge, gains, others)):
                beaten.append(other)
        for other in beaten:
            del self._members[other]
        self._members[index] = gains

    @property
    def best(self) -> int | None:
        """The member that is best in the first objective, of equal ones the lowest index; none if empty."""
        members = self._members
        return max(members, key=lambda index: (members[index][0], -index), default=None)

    def __contains__(self, index: object) -> bool:
        return index in self._members

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._members))

    def __len__(self) -> int:
        return len(self._members)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParetoFront) and self._members == other._members

    __hash__ = None  # type: ignore[assignment]
