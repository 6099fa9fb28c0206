"""Ask and tell."""

import math
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.builders import PARAMETERS, a_study

import tunewright
from tunewright.api.problems import InvalidInput
from tunewright.api.trial import Purpose
from tunewright.search.history import Evaluated
from tunewright.search.related import RelatedStudy
from tunewright.search.sampler import NoSettings, Request, Response
from tunewright.search.samplers.random import RandomSampler

DEFAULT = {"learning_rate": 0.001, "optimizer": "adam"}


def an_optimizer(*, related: Any = None, **fields: Any) -> tunewright.Optimizer:
    spec = {
        "objectives": [{"metric": "accuracy", "direction": "maximize"}],
        "parameters": PARAMETERS,
        "algorithm": {"name": "random", "seed": 1},
        **fields,
    }
    return tunewright.Optimizer(spec, related=related)


TWO = [{"metric": "accuracy", "direction": "maximize"}, {"metric": "size", "direction": "minimize"}]
THREE_POINTS = [{"name": "layers", "type": "int", "min": 1, "max": 3}]


def test_default_then_initial_configurations_then_the_samplers() -> None:
    optimizer = an_optimizer(initial={"configurations": [{"optimizer": "sgd"}, {"optimizer": "adam"}]})
    trials = [*optimizer.ask(), *optimizer.ask(3)]
    assert [trial.index for trial in trials] == [0, 1, 2, 3]
    assert [trial.purpose for trial in trials] == [
        Purpose.DEFAULT,
        Purpose.INITIAL,
        Purpose.SEARCH,
        Purpose.SEARCH,
    ]
    assert trials[0].parameters == DEFAULT
    assert trials[1].parameters == {"learning_rate": 0.001, "optimizer": "sgd", "momentum": 0.495}
    assert [trial.proposal.sampler for trial in trials] == ["", "", "random", "random"]


def test_the_trainers_defaults_fill_the_default_configuration() -> None:
    trial = {"trainer": {"model": "mlp", "dataset": "digits"}}
    parameters = [{"name": "depth", "type": "int", "min": 1, "max": 63}]
    (alone,) = an_optimizer(parameters=parameters).ask()
    (trained,) = an_optimizer(parameters=parameters, trial=trial).ask()
    assert alone.parameters == {"depth": 32}
    assert int(trained.parameters["depth"]) < 10


def test_it_takes_the_model_as_it_takes_a_document() -> None:
    document = an_optimizer(algorithm={"name": "random", "seed": 3})
    model = tunewright.Optimizer(a_study(algorithm={"name": "random", "seed": 3}).spec)
    assert [t.parameters for t in document.ask(4)][1:] == [t.parameters for t in model.ask(4)][1:]


def test_the_same_seed_and_answers_give_the_same_trials() -> None:
    def run(seed: int) -> list[dict[str, Any]]:
        optimizer = an_optimizer(algorithm={"name": "gp", "seed": seed, "settings": {"startupTrials": 4}})
        for _ in range(4):
            for trial in optimizer.ask(2):
                optimizer.tell(trial, {"accuracy": float(trial.parameters["learning_rate"])})
        return [trial.parameters for trial in optimizer.ask(2)]

    assert run(1) == run(1) != run(2)


def test_best_is_the_earliest_of_the_best() -> None:
    optimizer = an_optimizer()
    assert optimizer.best is None
    trials = optimizer.ask(4)
    for trial, accuracy in zip(reversed(trials), (0.9, 0.5, 0.9, 0.7), strict=True):
        optimizer.tell(trial, {"accuracy": accuracy, "loss": 1.0})
    assert optimizer.best is trials[1]
    assert optimizer.pareto_front == [trials[1]]
    assert trials[1].metrics == {"accuracy": 0.9, "loss": 1.0}


def test_several_objectives_have_a_front_and_no_best() -> None:
    optimizer = an_optimizer(objectives=TWO)
    trials = optimizer.ask(4)
    for trial, accuracy, size in zip(trials, (0.9, 0.8, 0.7, 0.95), (5, 3, 4, 9), strict=True):
        optimizer.tell(trial, {"accuracy": accuracy, "size": size})
    assert optimizer.pareto_front == [trials[0], trials[1], trials[3]]
    with pytest.raises(ValueError, match="pareto_front"):
        _ = optimizer.best


def test_failures_are_neither_best_nor_tried_again() -> None:
    optimizer = an_optimizer(parameters=THREE_POINTS)
    first, second = optimizer.ask(2)
    optimizer.tell(first, failure="out of memory")
    optimizer.tell(second, {"accuracy": 0.1})
    assert optimizer.best is second
    assert first.failure == "out of memory"
    (third,) = optimizer.ask(2)
    assert {t.parameters["layers"] for t in (first, second, third)} == {1, 2, 3}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_objective_that_is_not_finite_is_a_failure(value: float) -> None:
    optimizer = an_optimizer()
    (trial,) = optimizer.ask()
    optimizer.tell(trial, {"accuracy": value, "loss": 0.5})
    assert trial.failure == f"accuracy is {value}"
    assert optimizer.best is None


def test_another_metric_may_be_what_it_likes() -> None:
    optimizer = an_optimizer()
    (trial,) = optimizer.ask()
    optimizer.tell(trial, {"accuracy": np.float32(0.5), "loss": math.nan})
    assert optimizer.best is trial
    assert type(trial.metrics["accuracy"]) is float


LATENCY = [{"metric": "latency", "max": 50}]


def test_the_best_keeps_the_constraints() -> None:
    optimizer = an_optimizer(constraints=LATENCY)
    trials = optimizer.ask(4)
    told = [(0.9, 51), (0.7, 50), (0.8, math.nan), (0.6, 1)]
    optimizer.tell(trials[0], {"accuracy": told[0][0], "latency": told[0][1]})
    assert optimizer.best is None
    for trial, (accuracy, latency) in zip(trials[1:], told[1:], strict=True):
        optimizer.tell(trial, {"accuracy": accuracy, "latency": latency})
    assert optimizer.best is trials[1]
    assert optimizer.pareto_front == [trials[1]]
    assert trials[2].failure is None


class Listener(RandomSampler):
    """Keeps what it was asked."""

    uses_related = True

    def __init__(self) -> None:
        super().__init__(NoSettings())
        self.heard: list[Request] = []

    def propose(self, request: Request) -> Response:
        self.heard.append(request)
        return super().propose(request)


def test_a_sampler_is_told_the_constraints_their_values_and_durations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listener = Listener()
    monkeypatch.setattr("tunewright.optimizer.create", lambda *_: listener)
    optimizer = an_optimizer(constraints=LATENCY, initial={"default": False})
    trials = optimizer.ask(4)
    optimizer.tell(trials[0], {"accuracy": 0.5, "latency": 60}, duration=3.5)
    optimizer.tell(trials[1], {"accuracy": 0.6, "latency": math.inf})
    optimizer.tell(trials[2], failure="out of memory", duration=0.1)
    optimizer.tell(trials[3], {"accuracy": math.nan, "latency": 1}, duration=9)
    optimizer.ask()

    request = listener.heard[-1]
    assert request.constraints == optimizer.spec.constraints
    assert [(told.values, told.constraints, told.duration) for told in request.history] == [
        ((0.5,), (60.0,), 3.5),
        ((0.6,), (None,), None),
        (None, (), None),
        (None, (), None),
    ]


def test_what_a_trial_is_judged_by_must_be_told() -> None:
    optimizer = an_optimizer(constraints=LATENCY)
    (trial,) = optimizer.ask()
    with pytest.raises(ValueError, match="the metrics of trial 0 lack the constraint's metric latency"):
        optimizer.tell(trial, {"accuracy": 1.0})
    for duration in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match=f"a duration is a number of seconds, not {duration}"):
            optimizer.tell(trial, {"accuracy": 1.0, "latency": 1}, duration=duration)
    optimizer.tell(trial, {"accuracy": 1.0, "latency": 1}, duration=0)
    assert optimizer.best is trial


def test_an_exhausted_space_gives_fewer_and_then_none() -> None:
    optimizer = an_optimizer(parameters=THREE_POINTS)
    trials = optimizer.ask(5)
    assert sorted(trial.parameters["layers"] for trial in trials) == [1, 2, 3]
    assert optimizer.ask(2) == []


def test_max_trials_holds() -> None:
    optimizer = an_optimizer(budget={"maxTrials": 3}, initial={"configurations": [{"optimizer": "sgd"}] * 1})
    assert len(optimizer.ask(2)) == 2
    assert len(optimizer.ask(5)) == 1
    assert optimizer.ask() == []
    assert (
        len(an_optimizer(budget={"maxTrials": 1}, initial={"configurations": [{"optimizer": "sgd"}]}).ask(9))
        == 1
    )


def test_what_cannot_be_told() -> None:
    optimizer = an_optimizer(objectives=TWO)
    (trial,) = optimizer.ask()
    good: dict[str, Any] = {"accuracy": 1.0, "size": 2}
    (stranger,) = an_optimizer(objectives=TWO).ask()
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: optimizer.tell(stranger, good), "trial 0 was not asked of this optimizer"),
        (lambda: optimizer.tell(trial), "either metrics or a failure"),
        (lambda: optimizer.tell(trial, good, failure="no"), "either metrics or a failure"),
        (lambda: optimizer.tell(trial, {"accuracy": 1.0}), "lack the objective size"),
        (lambda: optimizer.tell(trial, good | {"size": "small"}), "metric size is no number.*'small'"),
        (lambda: optimizer.tell(trial, good | {"size": "3"}), "metric size is no number"),
        (lambda: optimizer.tell(trial, good | {"size": None}), "metric size is no number: None"),
        (lambda: optimizer.ask(0), "at least 1"),
    ]
    for told, says in refused:
        with pytest.raises(ValueError, match=says):
            told()
    optimizer.tell(trial, good)  # what was refused has left no trace
    assert optimizer.pareto_front == [trial]
    with pytest.raises(ValueError, match="trial 0 was told of before"):
        optimizer.tell(trial, good)
    with pytest.raises(ValueError, match="trial 0 was told of before"):
        optimizer.tell(trial, failure="late")


@pytest.mark.parametrize("told", ["x", 0, None])
def test_only_a_trial_can_be_told_of(told: Any) -> None:
    with pytest.raises(TypeError, match=re.escape(f"tell the trial that ask gave, not {told!r}")):
        an_optimizer().tell(told, {"accuracy": 1.0})


def test_what_a_caller_names_comes_from_the_package() -> None:
    assert isinstance(an_optimizer().ask()[0], tunewright.Trial)
    assert tunewright.InvalidInput is InvalidInput


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"objectives": []}, "spec.objectives"),
        ({"parameters": [{**PARAMETERS[0], "min": 0}]}, "spec.parameters[0].min"),
        ({"algorithm": {"name": "magic"}}, "spec.algorithm.name"),
        ({"algorithm": {"name": "tpe", "settings": {"x": 1}}}, "spec.algorithm.settings.x"),
        ({"algorithm": {"name": "grid"}}, "spec.parameters[0].step"),
        ({"budgets": {}}, "spec.budgets"),
    ],
)
def test_a_bad_spec_is_refused_by_its_path(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        an_optimizer(**fields)
    assert refused.value.problems[0].path == path


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, tunewright\n"
        "assert not {'numpy', 'scipy', 'optuna', 'skopt', 'sklearn', 'pydantic'} & set(sys.modules)\n"
        "tunewright.Optimizer, tunewright.Trial, tunewright.InvalidInput, tunewright.nothing\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "module 'tunewright' has no attribute 'nothing'" in ended.stderr


def test_a_random_search_imports_no_numerical_library() -> None:
    code = (
        "import sys, tunewright\n"
        "spec = {'objectives': [{'metric': 'y', 'direction': 'minimize'}], 'algorithm': {'name': 'random'},"
        " 'parameters': [{'name': 'x', 'type': 'float', 'min': 0, 'max': 1}]}\n"
        "assert len(tunewright.Optimizer(spec).ask(3)) == 3\n"
        "assert not {'numpy', 'scipy', 'optuna', 'skopt', 'sklearn', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


STAGES = [
    {"name": "rate", "parameters": ["learning_rate"], "maxTrials": 4},
    {"name": "optimizer", "parameters": ["optimizer", "momentum"], "maxTrials": 3},
    {"name": "refine", "narrow": 0.3},
]


def test_stages_come_one_after_the_other() -> None:
    optimizer = an_optimizer(stages=STAGES, budget={"maxTrials": 12})
    for _ in range(12):
        (trial,) = optimizer.ask()
        optimizer.tell(trial, {"accuracy": 1 - abs(math.log10(float(trial.parameters["learning_rate"])) + 2)})
    assert optimizer.ask() == []
    told = optimizer._trials
    assert {trial.parameters["optimizer"] for trial in told[:4]} == {"adam"}
    best = max(told[:4], key=lambda trial: trial.metrics["accuracy"])
    rates = [float(trial.parameters["learning_rate"]) for trial in told]
    assert len(set(rates[:4])) == 4
    assert rates[4:7] == [best.parameters["learning_rate"]] * 3
    # With adam there is but one configuration, which was tried before.
    assert [trial.parameters["optimizer"] for trial in told[4:7]] == ["sgd"] * 3
    assert len({trial.parameters["momentum"] for trial in told[4:7]}) == 3
    off = [abs(math.log(rate / float(best.parameters["learning_rate"]))) for rate in rates[7:]]
    assert 0 < max(off) <= 0.16 * math.log(0.3 / 1e-5)


def test_a_stage_begins_once_all_before_it_have_been_told_of() -> None:
    optimizer = an_optimizer(stages=STAGES)
    trials = optimizer.ask(6)
    assert len(trials) == 4
    assert optimizer.ask() == []
    for trial in trials[:3]:
        optimizer.tell(trial, {"accuracy": 0.5})
    assert optimizer.ask() == []
    optimizer.tell(trials[3], failure="out of memory")
    assert len(optimizer.ask(6)) == 3


def test_a_stage_that_holds_nothing_new_is_followed_by_the_next() -> None:
    stages = [{"name": "one", "parameters": ["optimizer"], "maxTrials": 8}, {"name": "two"}]
    parameters = [*THREE_POINTS, {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam"]}]
    optimizer = an_optimizer(stages=stages, parameters=parameters)
    first = optimizer.ask(8)
    assert [trial.parameters for trial in first] == [
        {"layers": 2, "optimizer": "sgd"},
        {"layers": 2, "optimizer": "adam"},
    ]
    for trial in first:
        optimizer.tell(trial, {"accuracy": 0.5})
    assert len(optimizer.ask(8)) == 4
    assert optimizer.ask() == []


def test_a_sampler_is_told_what_other_studies_have_found(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    monkeypatch.setattr("tunewright.optimizer.create", lambda *_: listener)
    here: dict[str, Any] = {"learning_rate": 0.01, "optimizer": "adam"}
    results = [
        ({"learning_rate": 0.01, "dropout": 0.1}, {"accuracy": 0.5, "latency": 60, "loss": 3}),
        (here, {"accuracy": np.float32(0.25), "latency": math.nan}),
        ({**here, "learning_rate": 0.9}, {"accuracy": 0.9, "latency": 1}),
        (here, {"accuracy": math.inf, "latency": 1}),
        (here, None),
    ]
    optimizer = an_optimizer(related={"old": results}, constraints=LATENCY, initial={"default": False})
    optimizer.ask()
    told = [Evaluated(here, (0.5,), (60.0,)), Evaluated(here, (0.25,), (None,)), *[Evaluated(here, None)] * 2]
    assert listener.heard[0].related == [RelatedStudy("old", told)]


def test_what_numpy_holds_is_taken_for_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    monkeypatch.setattr("tunewright.optimizer.create", lambda *_: listener)
    row: Any = {"learning_rate": np.float32(0.25), "optimizer": np.str_("adam"), "layers": np.int64(3)}
    results = [(row, {"accuracy": np.float64(0.5)}), ({**row, "learning_rate": None}, {"accuracy": 0.25})]
    parameters = [*PARAMETERS, *THREE_POINTS]
    an_optimizer(related={"old": results}, parameters=parameters, initial={"default": False}).ask()
    [old] = listener.heard[0].related
    there = {"learning_rate": 0.25, "optimizer": "adam", "layers": 3}
    assert [dict(trial.configuration) for trial in old.trials] == [there, {**there, "learning_rate": 0.001}]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "related: sampler random does not learn from other studies; choose auto"),
        (
            {
                "related": {"old": [({"learning_rate": [0.1]}, {"accuracy": 1})]},
                "algorithm": {"name": "auto"},
            },
            "related.old: parameter learning_rate is no number, text or bool: [0.1]",
        ),
        (
            {"related": {}, "warmStartFrom": {"studies": ["old"]}},
            "spec.warmStartFrom: an optimizer knows no other studies; give it their results as related",
        ),
        (
            {"related": {"old": [({"depth": 1}, {"accuracy": 1})]}, "algorithm": {"name": "auto"}},
            "related.old: none of its 1 trials has a place in this study's search space",
        ),
        (
            {"related": {"old": [(DEFAULT, {"loss": 1})]}, "algorithm": {"name": "auto"}},
            "related.old: a trial's metrics lack the objective accuracy",
        ),
        (
            {"related": {"old": [(DEFAULT, {"accuracy": "high"})]}, "algorithm": {"name": "auto"}},
            "related.old: metric accuracy is no number but a text: 'high'",
        ),
    ],
)
def test_related_studies_of_no_use_are_refused(fields: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        an_optimizer(**{"related": {"old": [(DEFAULT, {"accuracy": 1})]}, **fields})
    assert refused.value.lines() == [line]
