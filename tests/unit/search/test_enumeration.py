"""Going on from a position."""

from hypothesis import given
from tests.unit.search.spaces import conditional_spaces

from tunewright.search.space import SearchSpace


@given(conditional_spaces())
def test_any_position_is_enough_to_go_on_from(space: SearchSpace) -> None:
    enumeration = space.enumerate()
    positions = [enumeration.first()]
    while (position := enumeration.after(positions[-1])) is not None:
        positions.append(position)
    again = space.enumerate()
    assert [again.configuration(position) for position in positions] == list(enumeration.configurations())
    assert len(set(positions)) == len(positions)
