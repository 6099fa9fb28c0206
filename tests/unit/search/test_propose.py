"""Nothing is proposed twice while the space holds anything new."""

import time
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from pydantic import JsonValue
from tests.unit.search.spaces import a_space

from tunewright.api.base import Scalar
from tunewright.api.study import Direction, Objective
from tunewright.api.trial import Proposal
from tunewright.search.history import Configuration, Evaluated, History, key
from tunewright.search.propose import SAMPLER_ROUNDS, propose
from tunewright.search.sampler import Request, Response, Sampler, Suggestion
from tunewright.search.samplers.random import RandomSampler
from tunewright.search.space import SearchSpace

LOSS = [Objective(metric="loss", direction=Direction.MINIMIZE)]
DIGITS = a_space(x={"type": "int", "min": 0, "max": 9})


class Scripted(Sampler):
    """Proposes for x what a function gives for the number of draws before; notes what it is asked."""

    description = "for tests"

    def __init__(self, x: Callable[[int], int], most: int = 1_000) -> None:
        super().__init__(None)
        self._x = x
        self._most = most
        self.requests: list[Request] = []

    def propose(self, request: Request) -> Response:
        self.requests.append(request)
        drawn = range(request.drawn, request.drawn + min(request.count, self._most))
        suggestions = [Suggestion({"x": self._x(number)}, Proposal(sampler="scripted")) for number in drawn]
        return Response(suggestions, {"last": drawn.stop})


def a_request(
    space: SearchSpace = DIGITS,
    *,
    tried: list[Configuration] | None = None,
    pending: list[Configuration] | None = None,
    count: int = 1,
    state: Mapping[str, JsonValue] | None = None,
    drawn: int = 0,
) -> Request:
    history = History(Evaluated(configuration, (1.0,)) for configuration in tried or [])
    return Request(space, LOSS, history, pending or [], count, 1, state or {}, drawn)


def xs(response: Response) -> list[Scalar]:
    return [suggestion.configuration["x"] for suggestion in response.suggestions]


def test_what_is_new_is_taken_in_order() -> None:
    response = propose(Scripted(lambda n: 9 - n), a_request(count=3))
    assert xs(response) == [9, 8, 7]
    assert {suggestion.proposal.sampler for suggestion in response.suggestions} == {"scripted"}


def test_the_tried_the_pending_and_repetitions_are_asked_for_again() -> None:
    sampler = Scripted([0, 1, 2, 2, 0, 3, 4].__getitem__)
    response = propose(sampler, a_request(tried=[{"x": 0}], pending=[{"x": 1}], count=2))
    assert xs(response) == [2, 3]
    counts = [(request.count, request.drawn, len(request.pending)) for request in sampler.requests]
    assert counts == [(2, 0, 1), (2, 2, 1), (1, 4, 2), (1, 5, 2)]


def test_the_count_of_draws_goes_on_from_the_state() -> None:
    sampler = Scripted(lambda n: n // 2)
    first = propose(sampler, a_request(count=2))
    assert xs(first) == [0, 1]
    sampler.requests.clear()
    second = propose(sampler, a_request(tried=[{"x": 0}, {"x": 1}], count=1, state=first.state, drawn=2))
    assert xs(second) == [2]
    assert [request.drawn for request in sampler.requests] == [3, 4]
    assert sampler.requests[0].state == {"last": 3}


def test_without_a_state_the_requests_count_of_draws_holds() -> None:
    sampler = Scripted(lambda n: n)
    assert xs(propose(sampler, a_request(drawn=6))) == [6]


def test_a_sampler_that_repeats_itself_does_not_end_the_search() -> None:
    sampler = Scripted(lambda n: 5)
    tried: list[Configuration] = [{"x": x} for x in (1, 5, 7)]
    response = propose(sampler, a_request(tried=tried, count=10))
    assert sorted(map(int, xs(response))) == [0, 2, 3, 4, 6, 8, 9]
    assert len(sampler.requests) == SAMPLER_ROUNDS
    assert {suggestion.proposal.sampler for suggestion in response.suggestions} <= {"random", "grid"}


def test_the_last_of_many_is_found() -> None:
    space = a_space(x={"type": "int", "min": 0, "max": 9_999})
    tried: list[Configuration] = [{"x": x} for x in range(10_000) if x != 7_654]
    assert xs(propose(Scripted(lambda n: 0), a_request(space, tried=tried, count=2))) == [7654]


def test_the_way_into_a_continuous_corner_is_found() -> None:
    values = list(range(1000))
    space = a_space(
        x={"type": "categorical", "values": values},
        y={"type": "float", "min": 0, "max": 1, "when": {"x": [999]}},
    )
    tried: list[Configuration] = [{"x": x} for x in values[:-1]]
    response = propose(Scripted(lambda n: 0), a_request(space, tried=tried, count=5))
    found = [suggestion.configuration for suggestion in response.suggestions]
    assert len({key(configuration) for configuration in found}) == 5
    assert all(configuration["x"] == 999 and space.contains(configuration) for configuration in found)


def test_a_sampler_that_has_nothing_more_is_believed() -> None:
    sampler = Scripted(lambda n: n, most=2)
    assert xs(propose(sampler, a_request(count=5))) == [0, 1]
    assert len(sampler.requests) == 1


def test_what_is_no_configuration_is_the_samplers_fault() -> None:
    with pytest.raises(RuntimeError, match=r"Scripted proposed \{'x': 10\}"):
        propose(Scripted(lambda n: 10), a_request())


def test_a_random_proposal_costs_the_same_with_a_long_history() -> None:
    space = a_space(**{f"x{i}": {"type": "float", "min": 0, "max": 1} for i in range(5)})
    sampler = RandomSampler(None)

    def seconds(trials: int) -> float:
        """Of processor time, for 200 proposals."""
        tried = [dict(s.configuration) for s in sampler.propose(a_request(space, count=trials)).suggestions]
        request = a_request(space, tried=list(tried), drawn=trials)
        start = time.process_time()
        for _ in range(200):
            propose(sampler, request)
        return time.process_time() - start

    few, many = min(seconds(100) for _ in range(3)), min(seconds(5_000) for _ in range(3))
    assert many < 3 * few


class Answering(Sampler):
    """Gives one answer, whatever it is asked."""

    description = "for tests"

    def __init__(self, response: Response) -> None:
        super().__init__(None)
        self._response = response

    def propose(self, request: Request) -> Response:
        return self._response


def test_values_come_in_the_types_of_their_parameters() -> None:
    space = a_space(x={"type": "float", "min": 0, "max": 1}, n={"type": "int", "min": 0, "max": 9})
    given = {"x": np.float64(0.5), "n": 3.0}
    sampler = Answering(Response([Suggestion(given, Proposal(sampler="a"))]))
    (suggestion,) = propose(sampler, a_request(space)).suggestions
    assert {name: type(value) for name, value in suggestion.configuration.items()} == {"x": float, "n": int}


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (Response([Suggestion({"x": 77}, Proposal())]), "which is no configuration of the space"),
        (Response([Suggestion({"x": 1}, None)]), "gave no Proposal"),  # type: ignore[arg-type]
        (Response([Suggestion({"x": 1}, Proposal())], {"a": {1, 2}}), "not strict JSON"),  # type: ignore[dict-item]
        (Response([Suggestion({"x": 1}, Proposal())], {"a": float("nan")}), "not strict JSON"),
    ],
)
def test_an_answer_that_cannot_be_recorded_is_refused(response: Response, problem: str) -> None:
    with pytest.raises(RuntimeError, match=problem):
        propose(Answering(response), a_request())
