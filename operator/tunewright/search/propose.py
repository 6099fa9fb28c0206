"""How a sampler is asked: nothing is proposed twice while the space holds anything new."""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pydantic import JsonValue

from tunewright.api.base import Scalar
from tunewright.api.trial import Proposal
from tunewright.search.axis import Axis
from tunewright.search.history import Configuration, key
from tunewright.search.sampler import Request, Response, Sampler, Suggestion
from tunewright.search.space import SearchSpace

SAMPLER_ROUNDS = 8
"""How often in a row a sampler may come up with nothing new before it is no longer asked."""
RANDOM_DRAWS = 64
"""How many random configurations are then looked at before all that remain are walked through."""


def propose(sampler: Sampler, request: Request) -> Response:
    """Up to `request.count` suggestions of `sampler`, none of them tried, pending or given twice.

    Where the sampler repeats itself, what is still missing is drawn at random, and at last looked for
    through the whole space: only an exhausted space gives fewer suggestions than asked for.

    The state it returns, to be passed to the next call, counts what was drawn, discarded ones included,
    beside the sampler's own state.

    Raises:
        RuntimeError: the sampler, which may be a third party's, did not answer as it must.
    """
    name = type(sampler).__name__
    inner = request.state.get("sampler", {})
    drawn = request.state.get("drawn", 0)
    search = _Search(request)
    asking = replace(
        request if sampler.sees_whole else request.inside(),
        state=inner if isinstance(inner, dict) else {},
        drawn=max(request.drawn, drawn if isinstance(drawn, int) else 0),
    )
    pending = asking.pending
    barren = 0
    exhausted = False
    while search.missing and barren < SAMPLER_ROUNDS and not exhausted:
        asking = replace(asking, count=search.missing, pending=[*pending, *search.configurations])
        response = sampler.propose(asking)
        barren = 0 if search.take_all(response, name) else barren + 1
        exhausted = len(response.suggestions) < asking.count
        state = _as_stored(response.state, name)
        asking = replace(asking, state=state, drawn=asking.drawn + len(response.suggestions))
    if search.missing and not exhausted:
        search.take_remaining(random.Random(f"remaining {request.seed} {asking.drawn}"))  # noqa: S311 - no secret
    return Response(search.suggestions, {"drawn": asking.drawn, "sampler": dict(asking.state)})


class _Search:
    """The new suggestions found so far for one request."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._space = request.space
        self._taken = {key(configuration) for configuration in request.pending}
        self.suggestions: list[Suggestion] = []

    @property
    def missing(self) -> int:
        return self._request.count - len(self.suggestions)

    @property
    def configurations(self) -> list[Configuration]:
        return [suggestion.configuration for suggestion in self.suggestions]

    def take_all(self, response: Response, name: str) -> bool:
        """Whether there was anything new."""
        before = len(self.suggestions)
        for suggestion in response.suggestions:
            if not self._space.contains(suggestion.configuration):
                shown = dict(suggestion.configuration)
                raise RuntimeError(f"sampler {name} proposed {shown}, which is no configuration of the space")
            if not isinstance(suggestion.proposal, Proposal):
                raise RuntimeError(f"sampler {name} gave no Proposal with {dict(suggestion.configuration)}")
            # In the parameters' own types: NumPy's would be written as np.float64(0.1).
            self._take(replace(suggestion, configuration=self._space.activate(suggestion.configuration)))
        return len(self.suggestions) > before

    def take_remaining(self, rng: random.Random) -> None:
        for _ in range(RANDOM_DRAWS):
            units = [rng.random() for _ in self._space.ordered]
            self._take(Suggestion(self._space.configuration(units), Proposal(sampler="random")))
        found = True
        while self.missing and found:
            found = False
            for configuration in _walk(self._space, rng):
                found |= self._take(Suggestion(configuration, Proposal(sampler="grid")))
                if not self.missing:
                    return

    def _take(self, suggestion: Suggestion) -> bool:
        identity = key(suggestion.configuration)
        if not self.missing or identity in self._taken or self._request.history.tried(identity):
            return False
        self._taken.add(identity)
        self.suggestions.append(suggestion)
        return True


def _as_stored(state: Mapping[str, JsonValue], name: str) -> dict[str, JsonValue]:
    """The state as it will be read back."""
    try:
        stored: dict[str, JsonValue] = json.loads(json.dumps(dict(state), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise RuntimeError(f"sampler {name} returned a state that is not strict JSON: {error}") from None
    return stored


def _walk(space: SearchSpace, rng: random.Random) -> Iterator[dict[str, Scalar]]:
    """Every choice of the parameters that list their values, with random values of the continuous ones."""
    drawn = {parameter.name: _Drawn(space.axes[parameter.name], rng) for parameter in space.continuous()}
    return space.enumerate(drawn).configurations()


class _Drawn:
    """One level, a random value each time it is asked for."""

    count = 1

    def __init__(self, axis: Axis, rng: random.Random) -> None:
        self._axis = axis
        self._rng = rng

    def value(self, index: int) -> Scalar:  # noqa: ARG002
        return self._axis.from_unit(self._rng.random())
