"""What every sampler must hold to: a suite of pytest tests to inherit from.

    from tunewright.search.conformance import SamplerConformance

    class TestMySampler(SamplerConformance):
        sampler_type = MySampler

It needs pytest, which Tunewright itself does not install.
"""

import json
import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from pydantic import JsonValue

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter, ParameterType
from tunewright.api.study import Direction, Objective
from tunewright.search.history import Configuration, Evaluated, History, key
from tunewright.search.propose import propose
from tunewright.search.related import RelatedStudy
from tunewright.search.sampler import Request, Response, Sampler
from tunewright.search.space import SearchSpace

LOSS = [Objective(metric="loss", direction=Direction.MINIMIZE)]
TWO = [*LOSS, Objective(metric="accuracy", direction=Direction.MAXIMIZE)]
THREE = [*TWO, Objective(metric="latency", direction=Direction.MINIMIZE)]


def space_of(*parameters: Mapping[str, Any]) -> SearchSpace:
    """A search space of parameters as a study file has them."""
    return SearchSpace([Parameter.model_validate(parameter) for parameter in parameters])


MIXED = space_of(
    {"name": "learning_rate", "type": "float", "min": 1e-5, "max": 0.3, "scale": "log"},
    {"name": "batch_size", "type": "int", "min": 16, "max": 256, "scale": "log"},
    {"name": "decay", "type": "float", "min": 0.9, "max": 0.9999, "scale": "reverseLog"},
    {"name": "dropout", "type": "float", "min": 0.0, "max": 0.5, "step": 0.1},
    {"name": "layers", "type": "int", "min": 1, "max": 4},
    {"name": "width", "type": "ordinal", "values": [32, 64, 128, 256]},
    {"name": "bias", "type": "bool"},
    {"name": "odd", "type": "categorical", "values": [True, 1, 2.5, "relu"]},
)
CONDITIONAL = space_of(
    # Children before their parents: the order of a file is no order of dependency.
    {"name": "nesterov", "type": "bool", "when": {"momentum_kind": ["fixed"]}},
    {"name": "momentum", "type": "float", "min": 0.0, "max": 0.99, "when": {"optimizer": ["sgd"]}},
    {
        "name": "momentum_kind",
        "type": "categorical",
        "values": ["none", "fixed"],
        "when": {"optimizer": ["sgd"]},
    },
    {"name": "beta", "type": "float", "min": 0.8, "max": 0.999, "when": {"optimizer": ["adam", "adamw"]}},
    {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam", "adamw"]},
)
FINITE = space_of(
    {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam"]},
    {
        "name": "momentum",
        "type": "float",
        "min": 0.0,
        "max": 0.9,
        "step": 0.3,
        "when": {"optimizer": ["sgd"]},
    },
    {"name": "layers", "type": "int", "min": 1, "max": 3},
)
FINITE_SIZE = (4 + 1) * 3
ONE_POINT = space_of(
    {"name": "rate", "type": "float", "min": 0.1, "max": 0.1},
    {"name": "layers", "type": "int", "min": 3, "max": 3},
    {"name": "optimizer", "type": "categorical", "values": ["sgd"]},
)
PRIORS = space_of(
    {
        "name": "momentum",
        "type": "float",
        "min": 0.0,
        "max": 1.0,
        "prior": {"distribution": "normal", "mean": 0.9, "deviation": 0.02},
    },
    {
        "name": "rate",
        "type": "float",
        "min": 1e-8,
        "max": 1.0,
        "prior": {"distribution": "logNormal", "mean": math.log(1e-3), "deviation": 0.5},
    },
    {
        "name": "units",
        "type": "int",
        "min": 1,
        "max": 1000,
        "prior": {"distribution": "normal", "mean": 100, "deviation": 5},
    },
)
EXTREME = space_of(
    {"name": "tiny", "type": "float", "min": 1e-300, "max": 1e300, "scale": "log"},
    {"name": "wide", "type": "float", "min": -8e307, "max": 8e307},
    {"name": "near", "type": "float", "min": 1.0, "max": 1.0 + 1e-15},
    {"name": "counter", "type": "int", "min": 0, "max": 2**53},
    {"name": "many", "type": "categorical", "values": list(range(1000))},
)
LARGE = space_of(
    *({"name": f"f{i}", "type": "float", "min": 1e-3, "max": 1.0, "scale": "log"} for i in range(100)),
    *({"name": f"i{i}", "type": "int", "min": 0, "max": 9} for i in range(40)),
    *({"name": f"c{i}", "type": "categorical", "values": ["a", "b", "c"]} for i in range(30)),
    *({"name": f"w{i}", "type": "bool", "when": {f"c{i}": ["b"]}} for i in range(30)),
)
SPACES = {"mixed": MIXED, "conditional": CONDITIONAL, "priors": PRIORS, "extreme": EXTREME}


class SamplerConformance:
    """Inherit from it, name the sampler, and run pytest.

    Attributes:
        sampler_type: the sampler.
        settings: its settings, as a study file has them.
        seeded: whether another seed makes it propose other configurations.
        draws_from_priors: whether its first proposals follow the parameters' priors.
        learns: whether what it proposes depends on how trials ended.
        patience: seconds of processor time that one proposal may take, with 1,000 ended trials or with 200
            parameters.
    """

    sampler_type: ClassVar[type[Sampler]]
    settings: ClassVar[Mapping[str, JsonValue]] = {}
    seeded: ClassVar[bool] = True
    draws_from_priors: ClassVar[bool] = True
    learns: ClassVar[bool] = True
    patience: ClassVar[float] = 10.0

    @pytest.fixture(autouse=True)
    def _silent(self, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
        """A sampler prints and logs nothing, to neither stream."""
        yield
        assert capfd.readouterr() == ("", "")

    @pytest.fixture(params=SPACES)
    def space(self, request: pytest.FixtureRequest) -> SearchSpace:
        """One search space after another."""
        return SPACES[request.param]

    def test_proposes_configurations_of_the_space(self, space: SearchSpace) -> None:
        history = self._run(space, trials=16)
        for trial in history:
            assert space.contains(trial.configuration)
            for parameter in space.ordered:
                if parameter.name in trial.configuration:
                    assert _typed(trial.configuration[parameter.name], parameter)

    def test_equal_requests_get_equal_responses(self, space: SearchSpace) -> None:
        for ended in (0, 14):
            request = _request(space, _history(space, ended), pending=_drawn(space, 3, seed=7), count=3)
            random.seed(1)
            first = propose(self._sampler(space), request)
            random.seed(2)
            state = random.getstate()
            assert propose(self._sampler(space), request) == first
            assert random.getstate() == state, "the global random state is not a sampler's to use"

    def test_another_seed_proposes_others(self) -> None:
        for ended in (0, 14):
            request = _request(MIXED, _history(MIXED, ended), count=4)
            first = self._sampler(MIXED).propose(request)
            second = self._sampler(MIXED).propose(replace(request, seed=request.seed + 1))
            assert (_configurations(first) != _configurations(second)) is self.seeded

    def test_goes_on_from_a_state_that_was_stored_as_json(self, space: SearchSpace) -> None:
        history = _history(space, 12)
        state: Mapping[str, JsonValue] = {}
        stored: Mapping[str, JsonValue] = {}
        for drawn in range(0, 6, 2):
            request = _request(space, history, count=2, drawn=drawn)
            first = self._propose(replace(request, state=state))
            again = self._propose(replace(request, state=stored))
            assert first == again
            state, stored = first.state, json.loads(json.dumps(dict(first.state), allow_nan=False))

    def test_pending_trials_count(self, space: SearchSpace) -> None:
        history = _history(space, 14)
        pending: list[Configuration] = []
        for drawn in range(0, 8, 2):
            response = self._propose(_request(space, history, pending=pending, count=2, drawn=drawn))
            pending += _configurations(response)
        assert len({key(configuration) for configuration in pending}) == len(pending) == 8
        assert not any(history.tried(key(configuration)) for configuration in pending)

    def test_a_batch_is_as_large_as_was_asked(self, space: SearchSpace) -> None:
        for ended in (0, 14):
            response = self._propose(_request(space, _history(space, ended), count=5))
            assert len({key(configuration) for configuration in _configurations(response)}) == 5

    def test_learns_from_failures(self, space: SearchSpace) -> None:
        ended = _history(space, 20)
        good = History(replace(trial, values=(float(number),)) for number, trial in enumerate(ended))
        half = History(
            replace(trial, values=None) if number % 2 else trial for number, trial in enumerate(good)
        )
        none = History(replace(trial, values=None) for trial in good)
        well, ill, nothing = (self._propose(_request(space, each, count=4)) for each in (good, half, none))
        assert len(well.suggestions) == len(ill.suggestions) == len(nothing.suggestions) == 4
        if self.learns:
            assert _configurations(well) != _configurations(ill)

    def test_avoids_where_trials_fail(self) -> None:
        if not self.learns:
            pytest.skip("it does not learn")
        space = space_of({"name": "x", "type": "float", "min": 0.0, "max": 1.0})
        xs = [(number + 0.5) / 40 for number in range(40)]
        history = History(Evaluated({"x": x}, None if x > 0.5 else (1.0 - x,)) for x in xs)
        proposed = [
            float(configuration["x"])
            for seed in range(5)
            for configuration in _configurations(self._propose(_request(space, history, seed=seed, count=2)))
        ]
        assert sum(x <= 0.6 for x in proposed) >= 8

    def test_values_at_the_ends_of_floating_point_are_no_obstacle(self) -> None:
        for values in ([0.0], [1e308, -1e308], [5e-324, 0.0], [1e300, 0.1, 0.2, 0.3]):
            drawn = _drawn(MIXED, 20, seed=3)
            history = History(Evaluated(c, (values[n % len(values)],)) for n, c in enumerate(drawn))
            assert len(self._propose(_request(MIXED, history, count=2)).suggestions) == 2

    def test_a_space_of_one_point_is_proposed_once(self) -> None:
        only: Configuration = {"rate": 0.1, "layers": 3, "optimizer": "sgd"}
        first = self._propose(_request(ONE_POINT, History(), count=3))
        assert _configurations(first) == [only]
        for history, pending in ((History([Evaluated(only, (1.0,))]), []), (History(), [only])):
            assert not self._propose(_request(ONE_POINT, history, pending=pending, count=2)).suggestions
        again = History([Evaluated(only, (1.0,))] * 30)
        assert not self._propose(_request(ONE_POINT, again, count=2)).suggestions

    def test_a_finite_space_is_proposed_whole_and_no_more(self) -> None:
        history = self._run(FINITE, trials=FINITE_SIZE + 5)
        assert len(history) == len({key(trial.configuration) for trial in history}) == FINITE_SIZE
        history = History()
        response = self._propose(_request(FINITE, history, count=FINITE_SIZE + 5))
        assert len({key(configuration) for configuration in _configurations(response)}) == FINITE_SIZE

    def test_what_a_finite_space_has_left_is_found(self) -> None:
        everything = list(FINITE.enumerate().configurations())
        for missing in (everything[0], everything[-1]):
            tried = [configuration for configuration in everything if configuration != missing]
            history = History(Evaluated(configuration, (1.0,)) for configuration in tried[:-1])
            response = self._propose(_request(FINITE, history, pending=tried[-1:], count=3))
            assert _configurations(response) == [missing]

    def test_a_thousand_trials_are_no_burden(self) -> None:
        history = _history(MIXED, 1_000)
        request = _request(MIXED, history, pending=_drawn(MIXED, 8, seed=5), drawn=1_000)
        assert self._seconds(request) < self.patience

    def test_two_hundred_parameters_are_no_burden(self) -> None:
        for ended in (0, 20):
            assert self._seconds(_request(LARGE, _history(LARGE, ended), drawn=ended)) < self.patience

    @pytest.mark.parametrize("objectives", [TWO, THREE], ids=["two", "three"])
    @pytest.mark.parametrize("mixture", [MIXED, CONDITIONAL], ids=["mixed", "conditional"])
    def test_several_objectives_are_honoured_or_refused(
        self, mixture: SearchSpace, objectives: Sequence[Objective]
    ) -> None:
        sampler = self.sampler_type(self.sampler_type.settings_model.model_validate(self.settings))
        problems = sampler.problems(mixture, objectives)
        if problems:
            assert all(problem.path.startswith("spec.") and problem.message for problem in problems)
            return
        history = History()
        for number, configuration in enumerate(_drawn(mixture, 20, seed=2)):
            values = (number % 5, -number / 3, float(number % 3))[: len(objectives)]
            history.append(Evaluated(configuration, None if number % 7 == 6 else values))
        pending = _drawn(mixture, 2, seed=7)
        request = replace(_request(mixture, history, count=3, pending=pending), objectives=objectives)
        response = propose(sampler, request)
        assert len(response.suggestions) == 3
        assert all(mixture.contains(each.configuration) for each in response.suggestions)
        later = replace(request, count=2, drawn=request.drawn + 3, state=response.state)
        assert propose(sampler, later) == propose(sampler, later)

    def test_related_studies_are_used_or_make_no_difference(self, space: SearchSpace) -> None:
        extreme = [replace(trial, values=(8e307,)) for trial in _history(space, 3)]
        related = [
            RelatedStudy("many", list(_history(space, 50))),
            RelatedStudy("one", list(_history(space, 1))),
            RelatedStudy("failed", [replace(trial, values=None) for trial in _history(space, 5)]),
            RelatedStudy("extreme", [*extreme, replace(extreme[0], values=(-8e307,))]),
        ]
        for ended in (0, 2, 14):
            alone = _request(space, _history(space, ended), pending=_drawn(space, 3, seed=7), count=3)
            told = self._propose(replace(alone, related=related))
            assert len(told.suggestions) == 3
            assert told == self._propose(replace(alone, related=related))
            if not self.sampler_type.uses_related:
                assert told == self._propose(alone)

    def test_first_proposals_follow_the_priors(self) -> None:
        if not self.draws_from_priors:
            pytest.skip("it does not draw from the priors")
        drawn = _configurations(self._propose(_request(PRIORS, History(), count=64)))
        assert sum(0.84 < c["momentum"] < 0.96 for c in drawn) >= 60
        assert sum(abs(math.log(c["rate"] / 1e-3)) < 1.5 for c in drawn) >= 60
        assert sum(85 <= c["units"] <= 115 for c in drawn) >= 60

    def _sampler(self, space: SearchSpace) -> Sampler:
        sampler = self.sampler_type(self.sampler_type.settings_model.model_validate(self.settings))
        assert not sampler.problems(space, LOSS)
        return sampler

    def _propose(self, request: Request) -> Response:
        return propose(self._sampler(request.space), request)

    def _seconds(self, request: Request) -> float:
        start = time.process_time()
        response = self._propose(request)
        elapsed = time.process_time() - start
        assert len(response.suggestions) == request.count
        return elapsed

    def _run(self, space: SearchSpace, trials: int) -> History:
        """Trials two by two, each third of which fails, until there are enough or nothing is left."""
        history = History()
        state: Mapping[str, JsonValue] = {}
        while len(history) < trials:
            response = self._propose(
                _request(space, history.snapshot(), count=2, state=state, drawn=len(history))
            )
            state = response.state
            for configuration in _configurations(response):
                failed = len(history) % 3 == 2
                history.append(Evaluated(configuration, None if failed else (_loss(configuration),)))
            if len(response.suggestions) < 2:
                break
        return history


def _request(
    space: SearchSpace,
    history: History,
    *,
    pending: Sequence[Configuration] = (),
    count: int = 1,
    seed: int = 1,
    state: Mapping[str, JsonValue] | None = None,
    drawn: int = 0,
) -> Request:
    return Request(space, LOSS, history, pending, count, seed, state or {}, drawn)


def _drawn(space: SearchSpace, count: int, seed: int) -> list[dict[str, Scalar]]:
    rng = random.Random(seed)  # noqa: S311 - no secret
    return [space.configuration([rng.random() for _ in space.ordered]) for _ in range(count)]


def _history(space: SearchSpace, count: int) -> History:
    drawn = _drawn(space, count, seed=11)
    return History(Evaluated(c, None if n % 10 == 9 else (_loss(c),)) for n, c in enumerate(drawn))


def _loss(configuration: Configuration) -> float:
    """Some number between 0 and 1 that depends on every value."""
    return random.Random(repr(sorted(configuration.items()))).random()  # noqa: S311 - no secret


def _configurations(response: Response) -> list[dict[str, Any]]:
    return [dict(suggestion.configuration) for suggestion in response.suggestions]


def _typed(value: Scalar, parameter: Parameter) -> bool:
    """Whether a value has its parameter's very type: as listed, int or float."""
    if parameter.numeric:
        return type(value) is (int if parameter.type is ParameterType.INT else float)
    return any(type(value) is type(choice) and value == choice for choice in parameter.choices)
