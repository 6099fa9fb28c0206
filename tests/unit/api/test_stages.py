"""Stages, as a study file has them."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.builders import study_document

from tunewright.api.problems import problems_of
from tunewright.api.study import HyperparameterStudy

PARAMETERS: list[dict[str, Any]] = [
    {"name": "rate", "type": "float", "min": 1e-5, "max": 0.3, "scale": "log"},
    {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam"], "default": "adam"},
    {"name": "momentum", "type": "float", "min": 0.0, "max": 0.99, "when": {"optimizer": ["sgd"]}},
    {"name": "nesterov", "type": "bool", "when": {"momentum_kind": ["fixed"]}},
    {
        "name": "momentum_kind",
        "type": "categorical",
        "values": ["fixed", "none"],
        "when": {"optimizer": ["sgd"]},
    },
    {"name": "layers", "type": "int", "min": 3, "max": 3},
]
REST = {"name": "rest"}


def problem(*stages: dict[str, Any], **spec: Any) -> str:
    """What is said of a study with these stages; empty if nothing."""
    document = study_document(parameters=PARAMETERS, stages=list(stages), trial=None, **spec)
    try:
        HyperparameterStudy.model_validate(document)
    except ValidationError as error:
        return "\n".join(map(str, problems_of(error)))
    return ""


def test_stages_that_are_right() -> None:
    assert problem(REST) == ""
    assert problem({"name": "rate", "parameters": ["rate"], "maxTrials": 5}, {**REST, "narrow": 0.3}) == ""
    # More trials than the budget has: it ends the study before the last stage begins.
    assert problem({"name": "rate", "maxTrials": 500}, REST, budget={"maxTrials": 10}) == ""


@pytest.mark.parametrize(
    ("stages", "says"),
    [
        (
            [{"name": "a", "parameters": ["rates"], "maxTrials": 1}, REST],
            "spec.stages[0].parameters[0]: no parameter is named rates; did you mean rate? Choose one of "
            "rate, optimizer, momentum, nesterov, momentum_kind, layers",
        ),
        (
            [{"name": "a", "parameters": ["rate", "rate"], "maxTrials": 1}, REST],
            "spec.stages[0].parameters[1]: rate stands twice; list each parameter once",
        ),
        (
            [{**REST, "maxTrials": 1}, REST],
            "spec.stages[1].name: rest stands twice; each stage needs a name of its own",
        ),
        (
            [{"name": "a"}, REST],
            "spec.stages[0].maxTrials: required, but missing: only the last stage goes without",
        ),
        (
            [{**REST, "maxTrials": 5}],
            "spec.stages[0].maxTrials: not for the last stage, which takes what budget.maxTrials leaves; "
            "remove it",
        ),
        (
            [{**REST, "narrow": 0.5}],
            "spec.stages[0].narrow: the first stage has no best trial to narrow around; leave it out",
        ),
        (
            [{"name": "a", "maxTrials": 1}, {**REST, "narrow": 0.0}],
            "spec.stages[1].narrow: must be greater than 0, not 0.0",
        ),
        (
            [{"name": "a", "parameters": ["layers"], "maxTrials": 1}, REST],
            "spec.stages[0].parameters: nothing to tune: each of them has one value alone",
        ),
        ([{"name": "a", "maxTrials": 0}, REST], "spec.stages[0].maxTrials: must be at least 1, not 0"),
        ([{"maxTrials": 1}, REST], "spec.stages[0].name: required, but missing"),
    ],
)  # fmt: skip
def test_stages_that_are_not(stages: list[dict[str, Any]], says: str) -> None:
    assert problem(*stages) == says


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        (["momentum"], "[0]: momentum"),
        (["rate", "nesterov"], "[1]: nesterov"),
    ],
)
def test_a_parameter_that_cannot_become_active_in_its_stage(parameters: list[str], says: str) -> None:
    stage = {"name": "a", "parameters": parameters, "maxTrials": 3}
    assert problem(stage, REST) == (
        f"spec.stages[0].parameters{says} cannot become active in this stage: active only while optimizer is "
        "sgd, and optimizer is adam in it; tune that here or in a stage before"
    )
    # What its parent is after a stage that tunes it, or after an initial configuration, is not known.
    assert problem({"name": "before", "parameters": ["optimizer"], "maxTrials": 3}, stage, REST) == ""
    assert problem(stage, REST, initial={"configurations": [{"optimizer": "sgd"}]}) == ""
    assert problem({**stage, "parameters": [*parameters, "optimizer"]}, REST) == ""
