"""Another study's trials, in this study's space."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest

from tunewright.api.base import Scalar
from tunewright.api.constraint import Constraint
from tunewright.api.parameters import Parameter
from tunewright.api.study import Objective
from tunewright.search.history import Evaluated
from tunewright.search.related import MAX_TRIALS, UnrelatedError, translated
from tunewright.search.space import SearchSpace

ACCURACY = [Objective.model_validate({"metric": "accuracy", "direction": "maximize"})]


def space(*parameters: Mapping[str, Any]) -> SearchSpace:
    return SearchSpace([Parameter.model_validate(each) for each in parameters])


RATE = {"name": "rate", "type": "float", "min": 0.001, "max": 0.1, "scale": "log", "default": 0.01}
UNITS = {"name": "units", "type": "int", "min": 16, "max": 64, "step": 16, "default": 32}
OPTIMIZER = {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam"], "default": "adam"}
MOMENTUM = {
    "name": "momentum",
    "type": "float",
    "min": 0,
    "max": 0.9,
    "default": 0.5,
    "when": {"optimizer": ["sgd"]},
}
SPACE = space(RATE, UNITS, OPTIMIZER, MOMENTUM)
WHOLE: dict[str, Scalar] = {"rate": 0.05, "units": 48, "optimizer": "sgd", "momentum": 0.1}


def moved(configuration: Mapping[str, Scalar], into: SearchSpace = SPACE, **more: Any) -> Any:
    """Where the configuration lies in this space; nowhere, None."""
    anchor = Evaluated({"units": 32, "rate": 0.01, "optimizer": "adam"}, (0.0,))
    found = translated("old", [anchor, Evaluated(configuration, (0.7,))], into, ACCURACY, **more)
    return dict(found.trials[1].configuration) if len(found.trials) == 2 else None


def test_the_same_space_takes_trials_as_they_are() -> None:
    trials = [Evaluated(WHOLE, (0.5,), (3.0,), 12.5), Evaluated({**WHOLE, "units": 16}, None)]
    bound = [Constraint.model_validate({"metric": "latency", "max": 5})]
    found = translated("old", trials, SPACE, ACCURACY, bound)
    assert found.name == "old"
    assert list(found.trials) == trials


@pytest.mark.parametrize(
    ("changed", "becomes"),
    [
        ({"dropout": 0.3}, {}),  # which this space lacks
        ({"units": 41}, {"units": 48}),  # between two steps
        ({"units": 39.0}, {"units": 32}),  # a float there
        ({"rate": "high"}, {"rate": 0.01}),  # another kind there: the default here
        ({"units": True}, {"units": 32}),
        ({"optimizer": 3}, {"optimizer": "adam", "momentum": None}),
        ({"optimizer": "adam", "momentum": 7.0}, {"optimizer": "adam", "momentum": None}),  # inactive here
        ({"momentum": None}, {"momentum": 0.5}),  # not active there
    ],
)
def test_a_changed_space(changed: dict[str, Any], becomes: dict[str, Any]) -> None:
    there = {name: value for name, value in {**WHOLE, **changed}.items() if value is not None}
    here = {name: value for name, value in {**WHOLE, **becomes}.items() if value is not None}
    assert moved(there) == here
    assert SPACE.contains(moved(there))


def test_what_the_other_lacked_takes_its_default() -> None:
    assert moved({"rate": 0.05}) == {"rate": 0.05, "units": 32, "optimizer": "adam"}
    stated = {name: value for name, value in RATE.items() if name != "default"}
    bare = space(stated, UNITS)
    assert moved({"units": 16}, bare, fallback={"rate": 0.002}) == {"rate": 0.002, "units": 16}


@pytest.mark.parametrize("lost", [{"rate": 0.2}, {"rate": 0.0005}, {"units": 80}, {"optimizer": "lion"}])
def test_a_trial_without_a_place_here_is_left_out(lost: dict[str, Any]) -> None:
    assert moved({**WHOLE, **lost}) is None


def test_a_trial_that_shares_nothing_is_left_out() -> None:
    assert moved({"learning_rate": 0.05}) is None
    assert moved({"momentum": 0.1}) is None  # inactive with the default optimizer


@pytest.mark.parametrize(
    ("trials", "why"),
    [
        ([], "no trial of it has a value of every objective"),
        ([Evaluated(WHOLE, None)], "no trial of it has a value of every objective"),
        (
            [Evaluated({"other": 1}, (0.5,)), Evaluated(WHOLE, None)],
            "none of its 2 trials has a place in this study's search space",
        ),
    ],
)
def test_a_study_of_no_use_is_refused_with_the_reason(trials: Sequence[Evaluated], why: str) -> None:
    with pytest.raises(UnrelatedError, match=why):
        translated("old", trials, SPACE, ACCURACY)


class TestMany:
    """Of many trials the best ones are kept, and an even sample of the others, in their order."""

    X = space({"name": "x", "type": "float", "min": 0, "max": 1})

    def kept(
        self,
        trials: Sequence[Evaluated],
        objectives: Sequence[Objective] = ACCURACY,
        bounds: Sequence[Constraint] = (),
    ) -> Any:
        return translated("old", trials, self.X, objectives, bounds).trials

    def test_no_more_than_so_many(self) -> None:
        trials = [Evaluated({"x": place / 1000}, (place / 1000,)) for place in range(1000)]
        kept = self.kept(trials)
        assert len(kept) == MAX_TRIALS
        values = [each.values[0] for each in kept]
        assert values == sorted(values)  # as they were
        assert values[-25:] == [place / 1000 for place in range(975, 1000)]
        # The others are spread over all the rest, the worst as well.
        assert values[0] < 0.05
        assert max(after - before for before, after in pairwise(values)) < 0.05

    def test_minimised_the_least_are_best(self) -> None:
        loss = [Objective.model_validate({"metric": "loss", "direction": "minimize"})]
        trials = [Evaluated({"x": place / 200}, (float(place),)) for place in range(200)]
        assert [each.values[0] for each in self.kept(trials, loss)][:25] == list(range(25))

    def test_the_feasible_ones_are_best_and_the_failed_ones_worst(self) -> None:
        bound = Constraint.model_validate({"metric": "latency", "max": 10})
        good = [Evaluated({"x": place / 400}, (0.1,), (5.0,)) for place in range(25)]
        broken = [Evaluated({"x": 0.5 + place / 400}, (0.9,), (50.0,)) for place in range(100)]
        failed = [Evaluated({"x": 0.25 + place / 400}, None) for place in range(100)]
        kept = self.kept([*failed, *broken, *good], ACCURACY, [bound])
        assert list(kept[-25:]) == good
        assert 0 < sum(each.values is None for each in kept) < 15

    def test_of_several_objectives_each_counts(self) -> None:
        two = [*ACCURACY, Objective.model_validate({"metric": "size", "direction": "minimize"})]
        bad = [Evaluated({"x": place / 200}, (0.1, 90.0)) for place in range(100)]
        good = [Evaluated({"x": 0.5 + place / 200}, (0.9, 10.0)) for place in range(25)]
        assert list(self.kept([*bad, *good], two)[-25:]) == good
