"""Grid search."""

from typing import Any

from tests.unit.search.spaces import a_space

from tunewright.api.study import Direction, Objective
from tunewright.search.history import Configuration, Evaluated, History
from tunewright.search.propose import propose
from tunewright.search.sampler import Request, Response
from tunewright.search.samplers.grid import GridSampler, GridSettings
from tunewright.search.space import SearchSpace

LOSS = [Objective(metric="loss", direction=Direction.MINIMIZE)]


def ask(space: SearchSpace, count: int, *, points: int | None = None, **fields: Any) -> Response:
    request = Request(
        space, LOSS, fields.pop("history", History()), fields.pop("pending", []), count, 0, **fields
    )
    return propose(GridSampler(GridSettings(points=points)), request)


def configurations(response: Response) -> list[dict[str, Any]]:
    return [dict(suggestion.configuration) for suggestion in response.suggestions]


SMALL = a_space(a={"type": "bool"}, n={"type": "int", "min": 1, "max": 3, "when": {"a": [True]}})
WHOLE: list[Configuration] = [{"a": False}, {"a": True, "n": 1}, {"a": True, "n": 2}, {"a": True, "n": 3}]


def test_every_combination_comes_once_in_order() -> None:
    assert configurations(ask(SMALL, 9)) == WHOLE


def test_it_goes_on_where_it_stood() -> None:
    first = ask(SMALL, 1)
    second = ask(SMALL, 2, state=first.state)
    third = ask(SMALL, 2, state=second.state)
    assert configurations(first) + configurations(second) + configurations(third) == WHOLE
    assert not ask(SMALL, 2, state=third.state).suggestions


def test_without_its_state_it_passes_over_what_is_tried() -> None:
    history = History([Evaluated(WHOLE[0], (1.0,)), Evaluated(WHOLE[2], None)])
    assert configurations(ask(SMALL, 9, history=history, pending=[WHOLE[1]])) == [WHOLE[3]]


def test_however_much_is_tried_it_stays_on_the_grid() -> None:
    space = a_space(x={"type": "float", "min": 0.0, "max": 1.0})
    tried = [Evaluated(configuration, (1.0,)) for configuration in configurations(ask(space, 41, points=41))]
    assert [c["x"] for c in configurations(ask(space, 1, points=41, history=History(tried[:40])))] == [1.0]
    assert not ask(space, 1, points=41, history=History(tried)).suggestions


def test_points_lie_evenly_along_the_scale_bounds_included() -> None:
    space = a_space(x={"type": "float", "min": 1e-4, "max": 1.0, "scale": "log"})
    found = [configuration["x"] for configuration in configurations(ask(space, 9, points=5))]
    assert found == [1e-4, 1e-3, 1e-2, 1e-1, 1.0]


def test_points_do_not_change_what_has_steps() -> None:
    space = a_space(
        n={"type": "int", "min": 1, "max": 3}, x={"type": "float", "min": 0, "max": 1, "step": 0.5}
    )
    assert len(ask(space, 99, points=7).suggestions) == 9


def test_points_that_coincide_count_once() -> None:
    space = a_space(x={"type": "float", "min": 1.0, "max": 1.0 + 4e-16})
    assert len(ask(space, 9, points=9).suggestions) == 3


def test_a_huge_grid_begins_at_once() -> None:
    space = a_space(**{f"n{i}": {"type": "int", "min": 0, "max": 2**53} for i in range(200)})
    assert len(ask(space, 3).suggestions) == 3
