"""Sobol's sequence."""

from tests.unit.search.spaces import a_space

from tunewright.api.study import Direction, Objective
from tunewright.search.history import History
from tunewright.search.sampler import Request
from tunewright.search.samplers.sobol import SobolSampler

LOSS = [Objective(metric="loss", direction=Direction.MINIMIZE)]
SPACE = a_space(
    x={"type": "float", "min": 0, "max": 1},
    y={"type": "float", "min": 0, "max": 1},
    z={"type": "categorical", "values": ["a", "b", "c", "d"]},
)


def draw(count: int, drawn: int = 0, seed: int = 3) -> list[dict[str, object]]:
    request = Request(SPACE, LOSS, History(), [], count, seed, drawn=drawn)
    return [dict(suggestion.configuration) for suggestion in SobolSampler(None).propose(request).suggestions]


def test_it_goes_on_where_it_stood() -> None:
    assert draw(7) == [*draw(2), *draw(1, drawn=2), *draw(4, drawn=3)]


def test_a_block_of_points_fills_every_part_of_the_space() -> None:
    """Of 64 points one lies in each of 8 by 8 fields of two parameters, 16 at each of four values."""
    for seed in range(5):
        drawn = draw(64, seed=seed)
        assert len({(int(float(str(c["x"])) * 8), int(float(str(c["y"])) * 8)) for c in drawn}) == 64
        assert [sum(c["z"] == value for c in drawn) for value in "abcd"] == [16] * 4


def test_seeds_scramble_it() -> None:
    assert draw(4, seed=1) != draw(4, seed=2)
