"""A study's trials as a model of what further ones are worth."""

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.unit.search.spaces import a_space

from tunewright.api.constraint import Constraint
from tunewright.api.study import Direction, Objective
from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.model import Model, Points
from tunewright.search.conformance import CONDITIONAL, LOSS, TWO
from tunewright.search.history import Configuration, Evaluated, History
from tunewright.search.related import RelatedStudy
from tunewright.search.sampler import Request
from tunewright.search.space import SearchSpace

ACCURACY = [Objective(metric="accuracy", direction=Direction.MAXIMIZE)]
SQUARE = a_space(x={"type": "float", "min": 0.0, "max": 1.0}, y={"type": "float", "min": 0.0, "max": 1.0})
LATENCY = Constraint(metric="latency", max=50.0)
NEAR = np.array([[x, y] for x in (0.1, 0.3, 0.5) for y in (0.4, 0.6, 0.8)])
"""Where the bowl is not so high that values there are drawn in."""
GRID = np.stack(np.meshgrid(np.linspace(0, 1, 21), np.linspace(0, 1, 21), indexing="ij"), -1).reshape(-1, 2)

Function = Callable[[float, float], Any]


def bowl(x: float, y: float) -> float:
    """Least, 0.2, at (0.3, 0.6)."""
    return 0.2 + (x - 0.3) ** 2 + 0.5 * (y - 0.6) ** 2


def trials_of(count: int, value: Function = bowl, seed: int = 1, **more: Function) -> list[Evaluated]:
    """Trials drawn at random from the square; `more` are further fields of theirs."""
    places = np.random.default_rng(seed).random((count, 2)).tolist()
    return [
        Evaluated(
            {"x": x, "y": y},
            None if value(x, y) is None else tuple(np.atleast_1d(value(x, y)).tolist()),
            **{name: field(x, y) for name, field in more.items()},
        )
        for x, y in places
    ]


def a_model(
    trials: list[Evaluated],
    objectives: list[Objective] = LOSS,
    space: SearchSpace = SQUARE,
    before: Points | None = None,
    cost_aware: bool = False,
    **fields: Any,
) -> Model:
    request = Request(space, objectives, History(trials), fields.pop("pending", []), 1, 1, **fields)
    return Model(request, before or {}, np.random.default_rng(0), cost_aware=cost_aware)


def best_place(model: Model) -> Array:
    place: Array = GRID[model.worth.of(GRID).argmax()]
    return place


def mean_error(model: Model, value: Function = bowl) -> float:
    errors = [abs((model.prediction(row) or (math.nan,))[0] - value(*row)) for row in NEAR]
    return float(np.mean(errors))


@pytest.mark.parametrize(("objectives", "sign"), [(LOSS, 1), (ACCURACY, -1)])
def test_a_prediction_is_in_the_objectives_own_unit(objectives: list[Objective], sign: int) -> None:
    def value(x: float, y: float) -> float:
        return 1e4 + sign * 1e3 * bowl(x, y)

    model = a_model(trials_of(25, value), objectives)
    for row in NEAR:
        prediction = model.prediction(row)
        assert prediction is not None
        assert prediction[0] == pytest.approx(value(*row), abs=30)
        assert 0 < prediction[1] < 100


def test_of_several_objectives_there_is_no_single_prediction() -> None:
    assert a_model(trials_of(12, lambda x, y: (x, y)), TWO).prediction(GRID[0]) is None


def test_it_tells_what_is_predicted_to_be_better_than_the_best_so_far() -> None:
    trials = [trial for trial in trials_of(40) if float(trial.configuration["x"]) > 0.45]
    model = a_model(trials)
    assert model.better(np.array([0.3, 0.6]))
    assert not model.better(np.array([0.9, 0.1]))


def test_it_goes_to_the_best_place_and_looks_closely_about_the_best_trials() -> None:
    trials = trials_of(25)
    model = a_model(trials)
    assert math.dist(best_place(model), (0.3, 0.6)) < 0.12
    losses = [bowl(*row) for row in model.centres]
    assert losses == sorted(losses)
    assert losses[0] == pytest.approx(min(trial.values[0] for trial in trials if trial.values))


def test_a_column_that_does_not_count_has_the_longer_scale() -> None:
    model = a_model(trials_of(30, lambda x, y: math.sin(7 * x)))
    assert model.scales[1] > 2 * model.scales[0]


def test_what_was_found_is_where_to_look_the_next_time() -> None:
    model = a_model(trials_of(20))
    assert json.loads(json.dumps(model.points)) == model.points
    assert list(model.points) == ["objective 0"]
    points: Any = model.points
    again = a_model(trials_of(20), before=points)
    np.testing.assert_allclose(points["objective 0"], again.points["objective 0"], atol=0.3)  # type: ignore[arg-type]
    other_space: Points = {"objective 0": [0.0] * 17, "of another": [1.0]}
    assert mean_error(a_model(trials_of(20), before=other_space)) < 0.02


def test_noise_is_not_taken_for_the_function() -> None:
    rng = np.random.default_rng(4)

    def noisy(x: float, y: float) -> float:
        return 10 * bowl(x, y) + 0.5 * float(rng.standard_normal())

    model = a_model(trials_of(60, noisy))
    assert mean_error(model, lambda x, y: 10 * bowl(x, y)) < 0.4
    prediction = model.prediction(np.array([0.5, 0.5]))
    assert prediction is not None
    assert 0.1 < prediction[1] < 1


def test_where_trials_fail_little_is_to_be_won() -> None:
    """They fail in the very corner that would be best."""
    trials = trials_of(40, lambda x, y: None if x < 0.5 and y > 0.4 else bowl(x, y))
    x, y = best_place(a_model(trials))
    assert x > 0.4 or y < 0.5
    kept = [trial for trial in trials if trial.values is not None]
    at = np.array([[0.25, 0.7]])
    assert a_model(trials).worth.of(at)[0] < a_model(kept).worth.of(at)[0] - 2


@pytest.mark.parametrize("bound", ["max", "min"])
def test_a_constraint_moves_the_best_place_to_where_it_is_kept(bound: str) -> None:
    sign = 1 if bound == "max" else -1
    constraint = Constraint.model_validate({"metric": "m", bound: sign * 50.0})
    trials = trials_of(40, constraints=lambda x, y: (sign * 100 * (1 - x),))
    x, y = best_place(a_model(trials, constraints=[constraint]))
    assert 0.45 < x < 0.65
    assert abs(y - 0.6) < 0.2


def test_what_breaks_a_constraint_by_far_is_told_from_what_keeps_it_by_far() -> None:
    """Where all that keep it are much alike, the limit lies farther from them than they from each other."""
    trials = trials_of(40, constraints=lambda x, y: (80 + y if x < 0.5 else 10 + 0.1 * y,))
    at = np.array([[0.2, 0.6]])
    bound, free = a_model(trials, constraints=[LATENCY]), a_model(trials_of(40))
    assert bound.worth.of(at)[0] < free.worth.of(at)[0] - 3


def test_a_limit_far_from_all_that_was_seen_changes_nothing() -> None:
    trials = trials_of(30, constraints=lambda x, y: (10 + 5 * (1 - x),))
    free, bound = a_model(trials_of(30)), a_model(trials, constraints=[LATENCY])
    np.testing.assert_allclose(best_place(free), best_place(bound), atol=0.1)


def test_while_no_trial_keeps_the_constraints_the_likeliest_place_is_sought() -> None:
    trials = trials_of(20, constraints=lambda x, y: (60 + 100 * x, 0.0))
    model = a_model(trials, constraints=[LATENCY, Constraint(metric="other", max=1.0)])
    assert not model.feasible
    assert best_place(model)[0] < 0.15
    kept = a_model(trials_of(20, constraints=lambda x, y: (100 * x,)), constraints=[LATENCY])
    assert kept.feasible
    assert all(row[0] < 0.5 for row in kept.centres)


def test_constraints_that_nobody_reports_leave_all_alike() -> None:
    model = a_model(trials_of(8, constraints=lambda x, y: (None,)), constraints=[LATENCY])
    assert not model.feasible
    assert np.ptp(model.worth.of(GRID)) == 0


def test_cost_aware_divides_by_the_time() -> None:
    trials = trials_of(30, duration=lambda x, y: 60 * math.exp(3 * y))
    rows = np.array([[0.3, 0.2], [0.3, 0.8]])
    blind, aware = a_model(trials).worth.of(rows), a_model(trials, cost_aware=True).worth.of(rows)
    dearer = (aware - blind)[0] - (aware - blind)[1]
    assert dearer == pytest.approx(3 * 0.6, abs=0.15)
    same = trials_of(30, duration=lambda x, y: 60.0)
    np.testing.assert_allclose(a_model(same, cost_aware=True).worth.of(rows), blind)


def test_several_objectives_are_sought_along_their_front() -> None:
    """Between (0, 0) and (1, 0)."""
    ends = [Evaluated({"x": x, "y": 0.05}, (x**2, -((x - 1) ** 2))) for x in (0.0, 1.0)]
    trials = trials_of(25, lambda x, y: (x**2 + y, -((x - 1) ** 2) - y))
    model = a_model([*ends, *trials], TWO)
    place = best_place(model)
    assert place[1] < 0.1
    further = best_place(
        a_model([*ends, *trials], TWO, pending=[{"x": float(place[0]), "y": float(place[1])}])
    )
    assert math.dist(further, place) > 0.1


def test_pending_trials_are_taken_as_ended() -> None:
    trials = trials_of(9)
    place = best_place(a_model(trials))
    pending: list[Configuration] = [{"x": float(place[0]), "y": float(place[1])}]
    beside = a_model(trials, pending=pending)
    assert beside.worth.of(place[None])[0] < a_model(trials).worth.of(place[None])[0] - 0.5
    assert math.dist(best_place(beside), place) > 0.04


def test_a_related_study_that_is_alike_helps() -> None:
    def like(x: float, y: float) -> float:
        return 30 * bowl(x, y) - 7

    def wavy(x: float, y: float) -> float:
        return bowl(x, y) + 0.05 * math.sin(5 * x)

    few = trials_of(6, wavy, seed=5)
    alone = mean_error(a_model(few), wavy)
    helped = mean_error(a_model(few, related=[RelatedStudy("like", trials_of(50, like, seed=2))]), wavy)
    assert helped < 0.6 * alone


def test_a_related_study_that_misleads_does_little_harm() -> None:
    related = [RelatedStudy("unlike", trials_of(50, lambda x, y: math.sin(9 * x) - 3 * y, seed=2))]
    for count, factor in ((8, 2.0), (25, 1.3)):
        own = trials_of(count, seed=5)
        assert mean_error(a_model(own, related=related)) < factor * mean_error(a_model(own)) + 0.002
    assert math.dist(best_place(a_model(trials_of(25, seed=5), related=related)), (0.3, 0.6)) < 0.15


def test_related_studies_that_say_too_little_are_passed_over() -> None:
    related = [
        RelatedStudy("none", []),
        RelatedStudy("one", trials_of(1)),
        RelatedStudy("failed", trials_of(20, lambda x, y: None)),
    ]
    rows = GRID[::40]
    np.testing.assert_array_equal(
        a_model(trials_of(9), related=related).worth.of(rows), a_model(trials_of(9)).worth.of(rows)
    )


def test_priors_count_for_less_with_every_trial() -> None:
    prior = {"distribution": "normal", "mean": 0.9, "deviation": 0.05}
    space = a_space(
        x={"type": "float", "min": 0.0, "max": 1.0, "prior": prior},
        y={"type": "float", "min": 0.0, "max": 1.0},
    )

    def pulled(count: int) -> float:
        model = a_model(trials_of(count), space=space)
        at_prior, best = model.rows.encode([{"x": 0.9, "y": 0.6}, {"x": 0.3, "y": 0.6}])
        worths = model.worth.of(np.vstack([at_prior, best]))
        return float(worths[0] - worths[1])

    assert pulled(2) > 0 > pulled(40)


def test_a_part_is_modelled_with_all_trials_and_searched_inside() -> None:
    part = a_space(x={"type": "float", "min": 0.2, "max": 0.4}, y={"type": "float", "min": 0.9, "max": 1.0})
    model = a_model(trials_of(25), space=part, whole=SQUARE)
    assert mean_error(model) < 0.02
    assert all(part.contains(model.rows.decode(row)) for row in model.centres)
    np.testing.assert_array_equal(model.rows.canonical(model.centres), model.centres)


def test_branches_of_a_conditional_space_are_told_apart() -> None:
    """Of sgd, momentum counts; of the others there is none."""
    rng = np.random.default_rng(0)
    configurations = [CONDITIONAL.configuration(rng.random(5).tolist()) for _ in range(40)]

    def value(each: Configuration) -> float:
        return abs(float(each["momentum"]) - 0.5) if each["optimizer"] == "sgd" else 1.0

    model = a_model([Evaluated(each, (value(each),)) for each in configurations], space=CONDITIONAL)
    sgd: Configuration = {"optimizer": "sgd", "momentum": 0.5, "momentum_kind": "none"}
    adam: Configuration = {"optimizer": "adam", "beta": 0.9}
    predictions = [model.prediction(row) for row in model.rows.encode([sgd, adam])]
    means = [prediction[0] for prediction in predictions if prediction is not None]
    assert means[0] == pytest.approx(0, abs=0.25)
    assert means[1] == pytest.approx(1, abs=0.1)
