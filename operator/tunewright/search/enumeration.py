"""The configurations of a search space one by one, in a fixed order, each active configuration once."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter
from tunewright.search.axis import Levels

Position = tuple[int, ...]
"""A place in the enumeration: the level of each active parameter, in dependency order."""


class Enumeration:
    """All combinations of the levels of the parameters, the last parameter's changing fastest.

    Nothing is stored: a position is enough to go on from, so a huge enumeration costs no more than a
    small one.
    """

    def __init__(self, parameters: Sequence[Parameter], levels: Mapping[str, Levels]) -> None:
        """`parameters` in dependency order; `levels` of each of them."""
        self._parameters = parameters
        self._levels = levels

    def configurations(self) -> Iterator[dict[str, Scalar]]:
        """All configurations, from the first."""
        position: Position | None = self.first()
        while position is not None:
            yield self.configuration(position)
            position = self.after(position)

    def first(self) -> Position:
        """Where the enumeration begins."""
        return self._complete(())

    def after(self, position: Position) -> Position | None:
        """The next position; none after the last."""
        names = list(self.configuration(position))
        for place in reversed(range(len(position))):
            if position[place] + 1 < self._levels[names[place]].count:
                return self._complete((*position[:place], position[place] + 1))
        return None

    def configuration(self, position: Position) -> dict[str, Scalar]:
        """The active configuration at a position."""
        levels = iter(position)
        configuration: dict[str, Scalar] = {}
        for parameter in self._parameters:
            if parameter.active(configuration):
                configuration[parameter.name] = self._levels[parameter.name].value(next(levels, 0))
        return configuration

    def _complete(self, beginning: Position) -> Position:
        missing = len(self.configuration(beginning)) - len(beginning)
        return beginning + (0,) * missing


def cardinality(
    parameters: Sequence[Parameter], levels: Mapping[str, Levels | None], limit: int
) -> int | None:
    """How many configurations there are; none if infinitely many or more than `limit`.

    `parameters` in dependency order; `levels` of each, none for a continuous one. Beginnings of
    configurations that later conditions cannot tell apart are counted together. Each of them leads to a
    configuration of its own, so there is never more to keep than `limit`.
    """
    always = math.prod(own.count for p in parameters if not p.when and (own := levels[p.name]) is not None)
    if always > limit:
        return None
    needed = [
        {name for later in parameters[place + 1 :] for name in later.when} for place in range(len(parameters))
    ]
    beginnings = Counter[tuple[tuple[str, int], ...]]({(): 1})
    for parameter, later in zip(parameters, needed, strict=True):
        longer = Counter[tuple[tuple[str, int], ...]]()
        for chosen, count in beginnings.items():
            kept = tuple((name, level) for name, level in chosen if name in later)
            known = {name: _levels_of(levels, name).value(level) for name, level in chosen}
            own = levels[parameter.name]
            if not parameter.active(known):
                longer[kept] += count
            elif own is None:
                return None
            elif parameter.name not in later:
                longer[kept] += count * own.count
            else:
                longer.update({(*kept, (parameter.name, level)): count for level in range(own.count)})
        beginnings = longer
        if beginnings.total() > limit:
            return None
    return beginnings.total()


def _levels_of(levels: Mapping[str, Levels | None], name: str) -> Levels:
    own = levels[name]
    assert own is not None  # only a parameter that lists its values can be a parent
    return own
