"""The request: what is left of it for a sampler that looks at a part of the space alone."""

from tunewright.api.parameters import Parameter, ParameterType
from tunewright.api.study import Direction, Objective
from tunewright.search.history import Evaluated, History
from tunewright.search.related import RelatedStudy
from tunewright.search.sampler import Request
from tunewright.search.space import SearchSpace


def unit(least: float, greatest: float) -> SearchSpace:
    return SearchSpace([Parameter(name="x", type=ParameterType.FLOAT, min=least, max=greatest)])


def test_what_lies_outside_of_a_part_is_left_out() -> None:
    inner, outer = Evaluated({"x": 0.5}, (1.0,)), Evaluated({"x": 0.9}, (2.0,))
    request = Request(
        space=unit(0.4, 0.6),
        objectives=[Objective(metric="loss", direction=Direction.MINIMIZE)],
        history=History([outer, inner]),
        pending=[outer.configuration, inner.configuration],
        count=1,
        seed=0,
        related=[RelatedStudy("old", [inner, outer])],
        whole=unit(0, 1),
    )
    inside = request.inside()
    assert list(inside.history) == [inner]
    assert inside.pending == [inner.configuration]
    assert inside.related == [RelatedStudy("old", [inner])]
    assert inside.whole is None
    assert inside.inside() is inside
