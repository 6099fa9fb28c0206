"""How parameters reach a trial, and `$(NAME)` expansion as Kubernetes does it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_study, a_trial

from tunewright.api.base import Scalar
from tunewright.api.trial import Purpose
from tunewright.engine.variables import expand, text_of, variables_of

VARIABLES = {"A": "one", "HP_X": "$(A)", "EMPTY": "", "a b": "odd", "1": "digit", "$$": "dollars"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("", ""),
        ("plain", "plain"),
        ("$(A)", "one"),
        ("--a=$(A) $(A)", "--a=one one"),
        ("[$(EMPTY)]", "[]"),
        # What a value holds is not expanded again.
        ("$(HP_X)", "$(A)"),
        # An unknown name stays as it is.
        ("$(UNKNOWN)", "$(UNKNOWN)"),
        ("$()", "$()"),
        # `$$` is a plain `$`.
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$one"),
        ("$$$$(A)", "$$(A)"),
        ("$$", "$"),
        ("$$$", "$$"),
        ("$$A", "$A"),
        # A `$` before anything else is itself.
        ("$", "$"),
        ("$A", "$A"),
        ("${A}", "${A}"),
        ("$ (A)", "$ (A)"),
        ("5$", "5$"),
        ("$é$(A)", "$éone"),
        # A name goes up to the first closing bracket, whatever stands before it.
        ("$(a b)", "odd"),
        ("$(1)", "digit"),
        ("$($$)", "dollars"),
        ("$(A)(A)", "one(A)"),
        ("$((A))", "$((A))"),
        ("$($(A))", "$($(A))"),
        ("$(open $(A)", "$(open $(A)"),
        ("$(a\nb)", "$(a\nb)"),
        # Without a closing bracket it is none.
        ("$(A", "$(A"),
        ("$(A $$", "$(A $"),
        ("$(", "$("),
    ],
)
def test_expansion(text: str, expanded: str) -> None:
    assert expand(text, VARIABLES) == expanded


@given(st.text())
def test_doubled_dollars_keep_any_text_as_it_is(text: str) -> None:
    assert expand(text.replace("$", "$$"), VARIABLES) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (0.1, "0.1"),
        (1e-05, "1e-05"),
        (0.30000000000000004, "0.30000000000000004"),
        ("adam", "adam"),
        ("$(A) 'x'", "$(A) 'x'"),
    ],
)
def test_a_value_as_text(value: Scalar, text: str) -> None:
    assert text_of(value) == text


def test_an_attempt_finds_every_parameter_first_and_then_the_rest() -> None:
    objectives = [{"metric": name, "direction": "maximize"} for name in ("accuracy", "loss")]
    study = a_study(objectives=objectives)
    trial = a_trial(4, parameters={"learning_rate": 0.01, "optimizer": "adam"})

    variables = variables_of(trial, study.spec)

    assert list(variables)[:3] == ["HP_LEARNING_RATE", "HP_OPTIMIZER", "HP_MOMENTUM"]
    assert variables["HP_LEARNING_RATE"] == "0.01"
    assert variables["HP_MOMENTUM"] == ""
    assert json.loads(variables["TUNEWRIGHT_PARAMETERS"]) == {"learning_rate": 0.01, "optimizer": "adam"}
    assert variables["TUNEWRIGHT_TRIAL"] == "digits-4"
    assert variables["TUNEWRIGHT_OBJECTIVES"] == "accuracy,loss"
    assert "TUNEWRIGHT_FINAL_TEST" not in variables
    assert "TUNEWRIGHT_CONSTRAINTS" not in variables


def test_an_attempt_is_told_of_each_constrained_metric_once() -> None:
    bounds = [{"metric": "size", "max": 9}, {"metric": "accuracy", "min": 0.5}, {"metric": "size", "min": 1}]

    variables = variables_of(a_trial(), a_study(constraints=bounds).spec)

    assert variables["TUNEWRIGHT_OBJECTIVES"] == "accuracy"
    assert variables["TUNEWRIGHT_CONSTRAINTS"] == "size,accuracy"


def test_a_final_test_evaluation_knows_that_it_is_one() -> None:
    trial = a_trial(4, purpose=Purpose.FINAL_TEST)

    assert variables_of(trial, a_study().spec)["TUNEWRIGHT_FINAL_TEST"] == "1"
