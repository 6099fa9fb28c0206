"""The sampler of a study that names none: its parts, what it records, and that it finds what is good."""

import json
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from tests.unit.search.spaces import a_space

from tunewright.api.constraint import Constraint
from tunewright.api.stages import Stage
from tunewright.api.study import Direction, Objective
from tunewright.search.conformance import CONDITIONAL, LARGE, LOSS, MIXED, TWO
from tunewright.search.history import Configuration, Evaluated, History
from tunewright.search.propose import propose
from tunewright.search.related import RelatedStudy
from tunewright.search.sampler import Request, Response
from tunewright.search.samplers import auto
from tunewright.search.samplers.auto import BOLD_TURN, RELATED, STARTUP, AutoSampler, AutoSettings
from tunewright.search.space import SearchSpace
from tunewright.search.stage import Incumbent, part_of

AUTO = AutoSampler(AutoSettings())
ACCURACY = [Objective(metric="accuracy", direction=Direction.MAXIMIZE)]
THREE_LOSSES = [Objective(metric=f"f{n}", direction=Direction.MINIMIZE) for n in range(3)]
SQUARE = a_space(x={"type": "float", "min": 0.0, "max": 1.0}, y={"type": "float", "min": 0.0, "max": 1.0})
LATENCY = Constraint(metric="latency", max=50.0)


def bowl(configuration: Configuration) -> float:
    """Least, 0.2, at (0.3, 0.6)."""
    x, y = float(configuration["x"]), float(configuration["y"])
    return 0.2 + (x - 0.3) ** 2 + 0.5 * (y - 0.6) ** 2


def drawn(
    count: int,
    value: Callable[[Configuration], float | None],
    space: SearchSpace = SQUARE,
    seed: int = 1,
    **more: Callable[[Configuration], Any],
) -> History:
    """Trials drawn at random; `more` are further fields of theirs."""
    rng = np.random.default_rng(seed)
    configurations = [space.configuration(rng.random(len(space.ordered)).tolist()) for _ in range(count)]
    values = [value(each) for each in configurations]
    return History(
        Evaluated(each, None if v is None else (v,), **{name: field(each) for name, field in more.items()})
        for each, v in zip(configurations, values, strict=True)
    )


def drawn_of_three(count: int) -> History:
    """Trials drawn at random, of the objectives `THREE_LOSSES`."""
    return History(
        Evaluated(each.configuration, (bowl(each.configuration), *map(float, each.configuration.values())))
        for each in drawn(count, bowl)
    )


def ask(history: History, sampler: AutoSampler = AUTO, **fields: Any) -> Response:
    space, objectives = fields.pop("space", SQUARE), fields.pop("objectives", LOSS)
    pending, count = fields.pop("pending", []), fields.pop("count", 1)
    fields.setdefault("drawn", BOLD_TURN + 1)  # as a rule not a bold turn
    return propose(sampler, Request(space, objectives, history, pending, count, 1, **fields))


def parts(response: Response) -> list[str]:
    assert {each.proposal.sampler for each in response.suggestions} == {"auto"}
    return [each.proposal.part for each in response.suggestions]


def places(response: Response) -> list[tuple[float, float]]:
    return [(float(each.configuration["x"]), float(each.configuration["y"])) for each in response.suggestions]


def study(
    trials: int,
    value: Callable[[Configuration], float | None],
    space: SearchSpace,
    seed: int = 0,
    **fields: Any,
) -> tuple[History, Response]:
    history, response = History(), Response([])
    while len(history) < trials:
        request = Request(space, LOSS, history.snapshot(), [], 1, seed, response.state, **fields)
        response = propose(AUTO, request)
        configuration = response.suggestions[0].configuration
        result = value(configuration)
        history.append(Evaluated(configuration, None if result is None else (result,)))
    return history, response


def test_it_begins_with_a_sobol_sequence_and_goes_on_with_its_model() -> None:
    assert parts(ask(History(), count=3)) == ["sobol"] * 3
    assert parts(ask(drawn(STARTUP - 1, bowl))) == ["sobol"]
    assert parts(ask(drawn(STARTUP, bowl), count=2)) == ["model"] * 2


def test_it_waits_until_trials_have_ended() -> None:
    pending: list[Configuration] = [{"x": 0.1 * place, "y": 0.5} for place in range(9)]
    assert parts(ask(drawn(STARTUP - 1, bowl), pending=pending)) == ["sobol"]
    assert parts(ask(drawn(STARTUP, bowl), pending=pending)) == ["model"]


def test_it_covers_the_space_until_two_trials_have_succeeded() -> None:
    failures = [Evaluated({"x": place / 40, "y": 0.5}, None) for place in range(40)]
    success = Evaluated({"x": 0.99, "y": 0.5}, (1.0,))
    assert parts(ask(History([*failures, success]))) == ["sobol"]
    assert parts(ask(History([*failures, success, Evaluated({"x": 0.98, "y": 0.5}, (2.0,))]))) == ["model"]


def test_what_related_studies_found_best_comes_first() -> None:
    related = [
        RelatedStudy("one", list(drawn(20, bowl, seed=1))),
        RelatedStudy("other", list(drawn(20, bowl, seed=2))),
    ]
    response = ask(History(), related=related, count=2)
    assert parts(response) == ["related"] * 2
    for suggestion, source in zip(response.suggestions, related, strict=True):
        best = min(source.trials, key=lambda trial: trial.values or ())
        assert suggestion.configuration == best.configuration
        assert suggestion.proposal.reason == f"Number 1 of what {source.name} found best."
    (first, _) = response.suggestions
    (second,) = ask(History([Evaluated(first.configuration, (1.0,))]), related=related).suggestions
    assert second.proposal.reason == "Number 1 of what other found best."
    assert parts(ask(drawn(RELATED, bowl), related=related)) == ["sobol"]
    assert parts(ask(drawn(STARTUP, bowl), related=related)) == ["model"]


def test_of_a_related_study_what_breaks_the_constraints_is_not_its_best() -> None:
    trials = drawn(30, bowl, constraints=lambda each: (100 * each["x"],))
    related, limit = [RelatedStudy("old", list(trials))], Constraint(metric="x", max=20)
    response = ask(History(), related=related, count=RELATED, constraints=[limit])
    assert parts(response) == ["related"] * RELATED
    assert all(x <= 0.2 for x, _ in places(response))


def test_more_workers_than_related_trials_are_all_given_something() -> None:
    """A sampler that gives less than was asked for says that the space holds nothing new."""
    response = ask(History(), related=[RelatedStudy("old", list(drawn(2, bowl)))], count=8)
    assert parts(response) == ["related"] * 2 + ["sobol"] * 6


def test_it_says_why() -> None:
    history = drawn(12, bowl)
    assert "Covers the space" in ask(History()).suggestions[0].proposal.reason
    reasons = {each.proposal.reason for each in ask(history, count=4).suggestions}
    assert any("better than the best trial so far" in reason for reason in reasons)
    broken = drawn(12, bowl, constraints=lambda each: (60.0 + float(each["x"]),))
    assert "No trial keeps" in ask(broken, constraints=[LATENCY]).suggestions[0].proposal.reason
    two = History(Evaluated(each.configuration, (bowl(each.configuration), 0.1)) for each in history)
    assert "Pareto" in ask(two, objectives=TWO).suggestions[0].proposal.reason


def test_every_fourth_proposal_is_bold() -> None:
    history = drawn(12, bowl)
    assert [parts(ask(history, drawn=turn)) for turn in (12, 13, 14, 15, 16)] == [
        ["bold"],
        *([["model"]] * 3),
        ["bold"],
    ]
    response = ask(history, drawn=14, count=5)
    assert parts(response) == ["model", "model", "bold", "model", "model"]
    assert "less certain than it says" in response.suggestions[2].proposal.reason
    broken = drawn(12, bowl, constraints=lambda each: (60.0 + float(each["x"]),))
    assert parts(ask(broken, drawn=12, constraints=[LATENCY])) == ["model"]


def test_a_bold_proposal_goes_where_less_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the model's own deviation, which it is told with; in the same turn, so with the same chance."""

    def deviations() -> list[float]:
        found = [ask(drawn(14, bowl, seed=seed), drawn=BOLD_TURN).suggestions[0] for seed in range(8)]
        return [math.log(each.proposal.deviation or 0) for each in found]

    bold = deviations()
    monkeypatch.setattr(auto, "BOLDNESS", 1.0)
    assert np.mean(bold) > np.mean(deviations()) + 0.1


@pytest.mark.parametrize(
    ("turn", "count", "expected"),
    [
        (12, 1, ["model"]),
        (13, 1, ["tpe"]),
        (12, 3, ["tpe", "model", "model"]),
        (13, 3, ["tpe", "tpe", "model"]),
    ],
)
def test_from_three_objectives_on_tpe_makes_every_other_proposal(
    turn: int, count: int, expected: list[str]
) -> None:
    history = drawn_of_three(12)
    response = ask(history, objectives=THREE_LOSSES, drawn=turn, count=count)
    assert parts(response) == expected
    assert len({repr(each.configuration) for each in response.suggestions}) == count
    (again,) = ask(history, objectives=THREE_LOSSES, drawn=turn + count, state=response.state).suggestions
    assert again.proposal.part == ("tpe" if (turn + count) % 2 else "model")
    fitted = ask(history, objectives=THREE_LOSSES, drawn=12).state
    after_tpe = ask(history, objectives=THREE_LOSSES, drawn=13, state=fitted).state
    assert after_tpe["sampler"] == fitted["sampler"] != {}
    limited = History(Evaluated(each.configuration, each.values, constraints=(1.0,)) for each in history)
    constrained = ask(limited, objectives=THREE_LOSSES, drawn=turn, count=count, constraints=[LATENCY])
    assert set(parts(constrained)) == {"model"}
    aware = ask(history, AutoSampler(AutoSettings(cost_aware=True)), objectives=THREE_LOSSES, drawn=13)
    assert parts(aware) == ["model"]


def test_tpe_takes_no_turn_in_a_part_of_the_space_of_which_nothing_is_known() -> None:
    history = drawn_of_three(12)
    corner = part_of(SQUARE, Stage(name="corner", narrow=0.02), Incumbent({"x": 0.99, "y": 0.99}, 12)).space
    assert parts(ask(history, objectives=THREE_LOSSES, drawn=13, space=corner, whole=SQUARE)) == ["model"]


@pytest.mark.parametrize("objectives", [LOSS, ACCURACY])
def test_it_records_its_prediction_in_the_objectives_own_unit(objectives: Sequence[Objective]) -> None:
    sign = 1 if objectives is LOSS else -1

    def value(configuration: Configuration) -> float:
        return 700 + sign * 100 * bowl(configuration)

    for suggestion in ask(drawn(25, value), objectives=objectives, count=3).suggestions:
        proposal = suggestion.proposal
        assert proposal.mean == pytest.approx(value(suggestion.configuration), abs=3)
        assert proposal.deviation is not None
        assert 0 < proposal.deviation < 10
        assert proposal.acquisition is not None


@pytest.mark.parametrize("direction", [1, -1])
def test_predictions_are_calibrated(direction: int) -> None:
    """Of a smooth function: most true values lie within two deviations, and not all within a tenth."""

    def value(configuration: Configuration) -> float:
        x, y = float(configuration["x"]), float(configuration["y"])
        return direction * (math.sin(6 * x) + math.cos(4 * y) * x) * 50

    errors = []
    for seed in range(6):
        objectives = LOSS if direction == 1 else ACCURACY
        response = ask(drawn(9 + seed, value, seed=seed), objectives=objectives, count=3, drawn=seed)
        for suggestion in response.suggestions:
            proposal = suggestion.proposal
            assert proposal.mean is not None
            assert proposal.deviation is not None
            errors.append(abs(proposal.mean - value(suggestion.configuration)) / proposal.deviation)
    assert np.mean(np.array(errors) < 2) >= 0.75
    assert np.median(errors) > 0.1


def test_of_several_objectives_no_single_prediction_is_recorded() -> None:
    history = History(
        Evaluated(each.configuration, (bowl(each.configuration), float(each.configuration["x"])))
        for each in drawn(12, bowl)
    )
    (suggestion,) = ask(history, objectives=TWO).suggestions
    assert (suggestion.proposal.mean, suggestion.proposal.deviation) == (None, None)
    assert suggestion.proposal.acquisition is not None


def test_its_state_is_small_plain_and_of_use() -> None:
    response = ask(drawn(20, bowl))
    state = response.state
    assert json.loads(json.dumps(state, allow_nan=False)) == state
    assert len(json.dumps(state)) < 300
    again = ask(drawn(20, bowl), state=state, drawn=1)
    assert parts(again) == ["model"]


@pytest.mark.parametrize("space", [SQUARE, MIXED, CONDITIONAL], ids=["square", "mixed", "conditional"])
def test_a_replay_gives_the_same(space: SearchSpace) -> None:
    history = drawn(15, lambda each: float(len(repr(each))), space)
    stored = json.loads(json.dumps(ask(history, space=space).state))
    one, other = (ask(history, space=space, state=stored, count=2, pending=[]) for _ in range(2))
    assert one == other


def test_a_batch_is_spread_and_pending_trials_push_away() -> None:
    history = drawn(15, bowl)
    batch = places(ask(history, count=5))
    gaps = [math.dist(a, b) for place, a in enumerate(batch) for b in batch[:place]]
    assert max(gaps) > 0.03
    assert min(gaps) > 1e-3
    alone = places(ask(history))[0]
    pending: list[Configuration] = [{"x": alone[0], "y": alone[1]}]
    assert math.dist(places(ask(history, pending=pending))[0], alone) > 0.01


def test_it_finds_the_bottom_of_a_bowl() -> None:
    history, _ = study(16, bowl, SQUARE)
    assert min(trial.values[0] for trial in history if trial.values) < 0.2 + 1e-3


def test_it_finds_the_best_of_a_mixed_space() -> None:
    space = a_space(
        rate={"type": "float", "min": 1e-5, "max": 1.0, "scale": "log"},
        optimizer={"type": "categorical", "values": ["sgd", "adam", "lion"]},
        momentum={"type": "float", "min": 0.0, "max": 1.0, "when": {"optimizer": ["sgd"]}},
        layers={"type": "int", "min": 1, "max": 5},
    )

    def loss(configuration: Configuration) -> float:
        base = {"sgd": 0.0, "adam": 0.3, "lion": 0.6}[str(configuration["optimizer"])]
        momentum = abs(float(configuration.get("momentum", 0.9)) - 0.9)
        distance = abs(math.log10(float(configuration["rate"])) + 2) / 4
        return base + momentum + distance + 0.1 * abs(int(configuration["layers"]) - 3)

    bests = [
        min(trial.values[0] for trial in study(25, loss, space, seed)[0] if trial.values) for seed in range(3)
    ]
    assert float(np.median(bests)) < 0.12


def test_where_trials_fail_it_stays_away() -> None:
    """They fail where they would be best; between those that failed and the others nothing is known."""
    history = drawn(30, lambda each: None if float(each["x"]) < 0.4 else bowl(each))
    failed = max(float(trial.configuration["x"]) for trial in history if trial.values is None)
    found = [place for number in range(3) for place in places(ask(history, count=2, drawn=2 * number))]
    assert np.mean([x > failed for x, _ in found]) > 0.8


@pytest.mark.parametrize(
    ("latency", "legal"),
    [
        (lambda x: 100 * (1 - x), lambda x: x > 0.49),
        (lambda x: 10.0 + x if x > 0.4 else 5000 + x, lambda x: x > 0.33),
        (lambda x: 40 + 8 * (1 - x), lambda x: True),
    ],
    ids=["a slope", "a cliff", "all keep it"],
)
def test_constraints_are_kept(latency: Callable[[float], float], legal: Callable[[float], bool]) -> None:
    """The best, at x of 0.3, may break them: then it is sought where x is just great enough.

    Of the cliff at 0.4 the trials show that it lies between 0.33 and 0.46.
    """
    history = drawn(30, bowl, constraints=lambda each: (latency(float(each["x"])),))
    response = ask(history, constraints=[LATENCY], count=4)
    found = [x for x, _ in places(response)]
    assert np.mean([legal(x) for x in found]) >= 0.75
    if legal(0.3):
        assert min(abs(x - 0.3) for x in found) < 0.1


def test_while_nothing_keeps_the_constraints_it_goes_to_where_they_are_nearly_kept() -> None:
    history = drawn(20, bowl, constraints=lambda each: (60.0 + 100 * float(each["y"]),))
    assert all(y < 0.25 for _, y in places(ask(history, constraints=[LATENCY], count=2)))


def test_cost_aware_prefers_the_cheaper_of_two_equally_good_places() -> None:
    """The objective knows of x alone, the time of y alone."""
    history = drawn(
        20,
        lambda each: (float(each["x"]) - 0.5) ** 2,
        duration=lambda each: 10.0 * math.exp(4 * float(each["y"])),
    )
    aware = AutoSampler(AutoSettings(cost_aware=True))
    cheap = [y for number in range(3) for _, y in places(ask(history, aware, count=2, drawn=2 * number))]
    assert float(np.median(cheap)) < 0.1


def test_several_objectives_are_spread_over_their_front() -> None:
    """Between (0, 0) and (1, 0), where y does harm to both; its two ends are known."""
    ends = [{"x": 0.0, "y": 0.05}, {"x": 1.0, "y": 0.05}]
    configurations = [*ends, *(trial.configuration for trial in drawn(20, bowl))]

    def values(each: Configuration) -> tuple[float, float]:
        x, y = float(each["x"]), float(each["y"])
        return x**2 + y, -((x - 1) ** 2) - y

    history = History(Evaluated(each, values(each)) for each in configurations)
    found = places(ask(history, objectives=TWO, count=6))
    assert float(np.median([y for _, y in found])) < 0.1
    assert float(np.ptp([x for x, _ in found])) > 0.4


def test_a_related_study_that_is_like_this_one_shows_the_way() -> None:
    related = [RelatedStudy("like", list(drawn(40, lambda each: 5 * bowl(each) - 3, seed=9)))]
    history = drawn(STARTUP, bowl, seed=3)
    assert all(math.dist(at, (0.3, 0.6)) < 0.2 for at in places(ask(history, related=related, count=2)))


def test_a_related_study_that_misleads_loses_its_weight() -> None:
    related = [RelatedStudy("unlike", list(drawn(40, lambda each: -bowl(each), seed=9)))]
    history = drawn(25, bowl, seed=3)
    assert all(math.dist(at, (0.3, 0.6)) < 0.25 for at in places(ask(history, related=related, count=2)))


@pytest.mark.parametrize("tuned", [["x"], ["y", "depth"], []])
def test_a_stage_proposes_inside_its_part_and_learns_from_all(tuned: list[str]) -> None:
    whole = a_space(
        x={"type": "float", "min": 0.0, "max": 1.0},
        y={"type": "float", "min": 0.0, "max": 1.0},
        kind={"type": "categorical", "values": ["a", "b", "c"]},
        depth={"type": "int", "min": 1, "max": 20, "when": {"kind": ["b"]}},
    )
    best: Configuration = {"x": 0.4, "y": 0.55, "kind": "b", "depth": 7}
    stage = Stage(name="stage", parameters=tuned, narrow=None if tuned else 0.3)
    part = part_of(whole, stage, Incumbent(best, 20)).space
    history = drawn(20, bowl, whole)
    response = ask(history, space=part, whole=whole, count=3)
    assert parts(response) == ["model"] * 3
    assert all(part.contains(each.configuration) for each in response.suggestions)
    if "x" in tuned:
        assert np.median([abs(float(each.configuration["x"]) - 0.3) for each in response.suggestions]) < 0.15


def test_a_part_that_leaves_nothing_open_is_proposed_once() -> None:
    part = part_of(SQUARE, Stage(name="none", narrow=1e-12), Incumbent({"x": 0.5, "y": 0.5}, 3)).space
    history = drawn(10, bowl)
    fixed = a_space(x={"type": "float", "min": 0.5, "max": 0.5}, y={"type": "float", "min": 0.5, "max": 0.5})
    assert len(ask(history, space=fixed, whole=SQUARE, count=3).suggestions) == 1
    assert all(
        part.contains(each.configuration) for each in ask(history, space=part, whole=SQUARE).suggestions
    )


@pytest.mark.parametrize(
    "values",
    [
        [1.0] * 12,
        [None] * 4 + [1.0, 2.0],
        [None] * 4 + [1.0, 1.0],
        [0.1, 0.2, 0.3, 1e15, 0.15, 1e300, 0.12],
        [1e-300, 2e-300, 3e-300, 1.5e-300, 2.5e-300, 1e-301, 4e-300],
        [-8e307, 8e307, 0.0, 1.0, 2.0, 3.0],
        [None] * 30 + [1.0, 2.0],
        [1.0] * 11 + [0.0],
    ],
    ids=["constant", "two", "two equal", "diverged", "tiny", "extreme", "two of many", "one differs"],
)
def test_odd_values_are_no_obstacle(values: list[float | None]) -> None:
    rng = np.random.default_rng(5)
    history = History(
        Evaluated({"x": float(rng.random()), "y": float(rng.random())}, None if v is None else (v,))
        for v in values
    )
    response = ask(history, count=2, pending=[{"x": 0.01, "y": 0.9}])
    assert parts(response) == ["model"] * 2


def test_many_trials_of_one_configuration_with_unequal_values_are_no_obstacle() -> None:
    rng = np.random.default_rng(5)
    history = History(Evaluated({"x": 0.5, "y": 0.5}, (float(rng.standard_normal()),)) for _ in range(30))
    assert parts(ask(history)) == ["model"]


def test_a_constraint_nobody_reports_and_one_that_all_break_alike_are_no_obstacle() -> None:
    unknown = drawn(10, bowl, constraints=lambda each: (None, 60.0))
    response = ask(unknown, constraints=[LATENCY, LATENCY.model_copy(update={"metric": "other"})])
    assert parts(response) == ["model"]


@pytest.mark.parametrize(
    ("space", "trials", "seconds"), [(MIXED, 1_000, 3.0), (LARGE, 60, 6.0)], ids=["trials", "parameters"]
)
def test_much_to_learn_from_takes_little_time(space: SearchSpace, trials: int, seconds: float) -> None:
    history = drawn(trials, lambda each: float(sum(len(str(value)) for value in each.values())), space)
    begin = time.process_time()
    response = ask(history, space=space)
    assert parts(response) == ["model"]
    assert time.process_time() - begin < seconds
