"""Random search."""

from tests.unit.search.spaces import a_space

from tunewright.api.study import Direction, Objective
from tunewright.search.history import History
from tunewright.search.sampler import Request, Suggestion
from tunewright.search.samplers.random import RandomSampler

LOSS = [Objective(metric="loss", direction=Direction.MINIMIZE)]
SPACE = a_space(x={"type": "float", "min": 0, "max": 1}, y={"type": "bool"})


def draw(count: int, drawn: int = 0, seed: int = 3) -> list[Suggestion]:
    request = Request(SPACE, LOSS, History(), [], count, seed, drawn=drawn)
    return list(RandomSampler(None).propose(request).suggestions)


def test_a_draw_does_not_depend_on_how_many_are_asked_for_at_once() -> None:
    assert draw(6) == [*draw(2), *draw(1, drawn=2), *draw(3, drawn=3)]


def test_draws_and_seeds_are_independent() -> None:
    xs = [suggestion.configuration["x"] for seed in range(20) for suggestion in draw(100, seed=seed)]
    assert len(set(xs)) == 2_000
    shares = [sum(tenth <= float(x) * 10 < tenth + 1 for x in xs) for tenth in range(10)]
    assert min(shares) > 150
    assert max(shares) < 250  # 200 expected, with a standard deviation of 13
