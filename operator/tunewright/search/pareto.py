"""Which of several trials are best: the Pareto front, of one member where there is one objective."""

from collections.abc import Iterator, Sequence

from tunewright.api.study import Objective


def dominates(left: Sequence[float], right: Sequence[float], objectives: Sequence[Objective]) -> bool:
    """Whether `left` is nowhere worse than `right`, and somewhere better."""
    better = False
    for a, b, objective in zip(left, right, objectives, strict=True):
        if objective.better(b, a):
            return False
        better = better or objective.better(a, b)
    return better


class ParetoFront:
    """The trials that no other beats, kept as trials come: equal ones are one, by the lowest index."""

    def __init__(self, objectives: Sequence[Objective]) -> None:
        self._objectives = objectives
        self._members: dict[int, tuple[float, ...]] = {}

    def add(self, index: int, values: tuple[float, ...]) -> None:
        """Take in the trial `index` with its value of each objective."""
        for other, others in self._members.items():
            if dominates(others, values, self._objectives) or (others == values and other <= index):
                return
        beaten = [
            other
            for other, others in self._members.items()
            if others == values or dominates(values, others, self._objectives)
        ]
        for other in beaten:
            del self._members[other]
        self._members[index] = values

    def __contains__(self, index: object) -> bool:
        return index in self._members

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._members))

    def __len__(self) -> int:
        return len(self._members)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParetoFront) and self._members == other._members

    __hash__ = None  # type: ignore[assignment]
