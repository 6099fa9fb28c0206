"""The samplers that learn: that they do, what they record, and how they begin."""

import math
import random
import statistics
import warnings
from typing import Any

import optuna
import pytest
from tests.unit.search.spaces import a_space

from tunewright.api.base import Scalar
from tunewright.api.study import Direction, Objective
from tunewright.search.history import Configuration, Evaluated, History
from tunewright.search.propose import propose
from tunewright.search.sampler import Request, Response, Sampler
from tunewright.search.samplers.gp import MAX_TRIALS, GpSampler
from tunewright.search.samplers.random import RandomSampler
from tunewright.search.samplers.startup import StartupSettings
from tunewright.search.samplers.tpe import TpeSampler
from tunewright.search.space import SearchSpace

LOSS = [Objective(metric="loss", direction=Direction.MINIMIZE)]
ACCURACY = [Objective(metric="accuracy", direction=Direction.MAXIMIZE)]
GP = GpSampler(StartupSettings())
TPE = TpeSampler(StartupSettings())

NETWORK = a_space(
    momentum={"type": "float", "min": 0.0, "max": 0.99, "when": {"optimizer": ["sgd"]}},
    optimizer={"type": "categorical", "values": ["sgd", "adam", "rmsprop"]},
    learning_rate={"type": "float", "min": 1e-6, "max": 1.0, "scale": "log"},
    layers={"type": "int", "min": 1, "max": 6},
)
LINE = a_space(x={"type": "float", "min": 0.0, "max": 1.0})


def network_loss(configuration: Configuration) -> float | None:
    """Best at adam, a rate of 1e-3 and 3 layers: 0; a rate above 0.3 diverges, and one above 0.5 fails."""
    rate = float(configuration["learning_rate"])
    if rate > 0.5:
        return None
    if rate > 0.3:
        return 1e9
    loss = 0.2 * abs(math.log10(rate) + 3) + 0.1 * abs(int(configuration["layers"]) - 3)
    if configuration["optimizer"] == "sgd":
        return loss + 0.3 + abs(float(configuration["momentum"]) - 0.9)
    return loss + (0.2 if configuration["optimizer"] == "rmsprop" else 0.0)


def best_of(sampler: Sampler, trials: int, seed: int) -> float:
    history = History()
    while len(history) < trials:
        request = Request(NETWORK, LOSS, history.snapshot(), [], 2, seed, drawn=len(history))
        for suggestion in propose(sampler, request).suggestions:
            loss = network_loss(suggestion.configuration)
            history.append(Evaluated(suggestion.configuration, None if loss is None else (loss,)))
    return min(trial.values[0] for trial in history if trial.values is not None)


def on_a_line(*values: float | None, space: SearchSpace = LINE) -> History:
    """Trials evenly along x."""
    xs = [(number + 0.5) / len(values) for number in range(len(values))]
    return History(Evaluated({"x": x}, None if y is None else (y,)) for x, y in zip(xs, values, strict=True))


def ask(sampler: Sampler, history: History, objectives: list[Objective] = LOSS, **fields: Any) -> Response:
    space = fields.pop("space", LINE)
    return propose(
        sampler,
        Request(space, objectives, history, fields.pop("pending", []), fields.pop("count", 1), 1, **fields),
    )


def xs(response: Response) -> list[float]:
    return [float(suggestion.configuration["x"]) for suggestion in response.suggestions]


@pytest.mark.parametrize("sampler", [GP, TPE])
def test_they_find_better_configurations_than_chance(sampler: Sampler) -> None:
    chance = statistics.mean(best_of(RandomSampler(None), 30, seed) for seed in range(20))
    assert statistics.mean(best_of(sampler, 30, seed) for seed in range(4)) < 0.6 * chance


@pytest.mark.parametrize("sampler", [GP, TPE])
@pytest.mark.parametrize("objectives", [LOSS, ACCURACY])
def test_they_go_to_the_better_end_in_either_direction(sampler: Sampler, objectives: list[Objective]) -> None:
    sign = 1 if objectives is LOSS else -1
    history = on_a_line(*[sign * number / 20 for number in range(20)])
    assert statistics.median(xs(ask(sampler, history, objectives, count=5))) < 0.3


@pytest.mark.parametrize("sampler", [GP, TPE])
def test_they_begin_with_a_sobol_sequence(sampler: Sampler) -> None:
    few = ask(sampler, on_a_line(*[0.1] * 9), count=2)
    assert {suggestion.proposal.sampler for suggestion in few.suggestions} == {"sobol"}
    failures = ask(sampler, on_a_line(*[None] * 30, 0.5), count=2)
    assert {suggestion.proposal.sampler for suggestion in failures.suggestions} == {"sobol"}
    enough = ask(sampler, on_a_line(*[0.1, None] * 5), count=2)
    assert {suggestion.proposal.sampler for suggestion in enough.suggestions} == {
        "gp" if sampler is GP else "tpe"
    }


@pytest.mark.parametrize("sampler", [GpSampler, TpeSampler])
def test_the_beginning_can_be_shortened(sampler: type[Sampler]) -> None:
    response = ask(sampler(StartupSettings(startup_trials=3)), on_a_line(0.1, 0.2, 0.3))
    assert response.suggestions[0].proposal.sampler in ("gp", "tpe")


@pytest.mark.parametrize("sampler", [GP, TPE])
def test_pending_trials_push_proposals_away(sampler: Sampler) -> None:
    history = on_a_line(*[abs(number - 10) / 20 for number in range(20)])
    crowd: list[dict[str, Scalar]] = [{"x": 0.5 + offset / 1000} for offset in range(-20, 21)]
    alone = [abs(x - 0.5) for seed in range(4) for x in xs(ask(sampler, history, count=3, drawn=3 * seed))]
    pushed = [
        abs(x - 0.5)
        for seed in range(4)
        for x in xs(ask(sampler, history, count=3, drawn=3 * seed, pending=crowd))
    ]
    assert statistics.mean(pushed) > statistics.mean(alone)


@pytest.mark.parametrize("objectives", [LOSS, ACCURACY])
def test_gp_records_its_prediction_in_the_objectives_unit(objectives: list[Objective]) -> None:
    def objective(x: float) -> float:
        return 700 + 100 * math.sin(5 * x)

    history = on_a_line(*[objective((number + 0.5) / 15) for number in range(15)])
    for suggestion in ask(GP, history, objectives, count=3).suggestions:
        proposal = suggestion.proposal
        assert proposal.sampler == "gp"
        assert proposal.mean == pytest.approx(objective(float(suggestion.configuration["x"])), abs=5)
        assert proposal.deviation is not None
        assert 0 <= proposal.deviation < 10
        assert proposal.acquisition is not None
        assert 0 <= proposal.acquisition < 50


def test_gp_predicts_nothing_where_objectives_are_weighed_at_random() -> None:
    two = [*LOSS, *ACCURACY]
    history = History(Evaluated({"x": n / 15}, (n / 15, n / 15)) for n in range(15))
    proposal = ask(GP, history, two).suggestions[0].proposal
    assert (proposal.sampler, proposal.mean, proposal.deviation) == ("gp", None, None)
    assert proposal.acquisition is not None


@pytest.mark.parametrize("sampler", [GP, TPE])
def test_a_front_of_two_objectives_is_sought(sampler: Sampler) -> None:
    """Both objectives want y to be 0; only of x do they think differently."""
    space = a_space(x={"type": "float", "min": 0, "max": 1}, y={"type": "float", "min": 0, "max": 1})
    rng = random.Random(4)
    drawn = [{"x": rng.random(), "y": rng.random()} for _ in range(40)]
    history = History(Evaluated(c, (c["x"] + c["y"], 1 - c["x"] - c["y"] * 2)) for c in drawn)
    found = [
        suggestion.configuration
        for drawn_before in range(0, 16, 2)
        for suggestion in ask(
            sampler, history, [*LOSS, *ACCURACY], space=space, count=2, drawn=drawn_before
        ).suggestions
    ]
    assert statistics.median(float(configuration["y"]) for configuration in found) < 0.3


def test_gp_is_fitted_to_the_best_and_the_latest_of_a_long_history() -> None:
    """The good trials are the first ones; all since then point the other way."""
    rng = random.Random(2)
    later = [rng.uniform(0.2, 1.0) for _ in range(3 * MAX_TRIALS)]
    early = [Evaluated({"x": 0.05 + n / 1000}, (-1.0,)) for n in range(3)]
    history = History([*early, *(Evaluated({"x": x}, (1 - x,)) for x in later)])
    assert all(x < 0.2 for x in xs(ask(GP, history, count=3)))


@pytest.mark.parametrize("sampler", [GP, TPE])
def test_a_batch_is_spread(sampler: Sampler) -> None:
    """Of 0.5 to 1 nothing is known."""
    history = History(Evaluated({"x": n / 24}, (math.cos(n / 4),)) for n in range(12))
    batch = xs(ask(sampler, history, count=4))
    assert max(batch) - min(batch) > 0.1


def test_gp_does_not_try_what_is_all_but_the_same() -> None:
    """The best point is known; nearer than a thousandth of the range there is nothing to learn."""
    history = on_a_line(*[abs(number - 10) / 20 for number in range(20)])
    batch = xs(ask(GP, history, count=6))
    assert len({round(x * 1000) for x in [*batch, 10.5 / 20]}) == 7


@pytest.mark.parametrize("sampler", [GP, TPE])
def test_where_most_trials_fail_they_look_where_some_succeed(sampler: Sampler) -> None:
    values = [None] * 24 + [0.3] * 8  # success where x is above 0.75
    found = [x for drawn in range(10) for x in xs(ask(sampler, on_a_line(*values), drawn=drawn))]
    assert sum(x > 0.7 for x in found) >= 8


def test_tpe_leaves_optunas_logging_and_our_users_warnings_as_they_are() -> None:
    before = optuna.logging.get_verbosity(), warnings.filters[:]
    ask(TPE, on_a_line(*[0.1] * 20))
    assert (optuna.logging.get_verbosity(), warnings.filters[:]) == before
