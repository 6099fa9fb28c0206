"""What has been tried: the ended trials of a study, in their recorded completion order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import overload

from tunewright.api.base import Scalar

Configuration = Mapping[str, Scalar]
"""The active parameters of a trial, and their values."""

Key = tuple[object, ...]
"""What two configurations have in common if they are the same."""


def key(configuration: Configuration) -> Key:
    """Equal for the same configuration and for no other: 1 and 1.0 are one value, true and 1 are two."""
    # Python holds True equal to 1, so a bool goes into a tuple of its own.
    values = ((name, configuration[name]) for name in sorted(configuration))
    return tuple(part for name, v in values for part in (name, (v,) if isinstance(v, bool) else v))


@dataclass(frozen=True)
class Evaluated:
    """A trial that has ended.

    Attributes:
        configuration: its configuration.
        values: its objectives' finite values; none if it failed.
        constraints: the value of each constraint's metric, in the order of the constraints; none of one that
            it did not report. Empty where there are no constraints, or it failed.
        duration: its run time in seconds; none where that says nothing of what its configuration costs.
    """

    configuration: Configuration
    values: tuple[float, ...] | None
    constraints: tuple[float | None, ...] = ()
    duration: float | None = None


class History(Sequence[Evaluated]):
    """Ended trials, to be appended to, which knows at once whether a configuration has been tried."""

    def __init__(self, trials: Iterable[Evaluated] = ()) -> None:
        self._trials: list[Evaluated] = []
        self._first: dict[Key, int] = {}
        self._length: int | None = None
        for trial in trials:
            self.append(trial)

    def append(self, trial: Evaluated) -> None:
        """Take in the trial that has ended last."""
        if self._length is not None:
            raise TypeError("a snapshot does not change")
        self._first.setdefault(key(trial.configuration), len(self._trials))
        self._trials.append(trial)

    def snapshot(self) -> "History":
        """The history as it is now, whatever is appended later; nothing is copied."""
        view = History()
        view._trials, view._first, view._length = self._trials, self._first, len(self)
        return view

    def tried(self, identity: Key) -> bool:
        """Whether a trial whose configuration has this key has ended, well or not."""
        first = self._first.get(identity)
        return first is not None and first < len(self)

    def __len__(self) -> int:
        return len(self._trials) if self._length is None else self._length

    def __iter__(self) -> Iterator[Evaluated]:
        return islice(self._trials, len(self))

    @overload
    def __getitem__(self, index: int) -> Evaluated: ...
    @overload
    def __getitem__(self, index: slice) -> list[Evaluated]: ...
    def __getitem__(self, index: int | slice) -> Evaluated | list[Evaluated]:
        places = range(len(self))[index]
        return self._trials[places] if isinstance(places, int) else [self._trials[place] for place in places]
