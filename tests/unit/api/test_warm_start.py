"""spec.warmStartFrom: what may stand there, and what is said of the rest."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.builders import a_study, study_document

from tunewright.api import crd
from tunewright.api.problems import problems_of
from tunewright.api.study import HyperparameterStudy
from tunewright.api.warm_start import LabelSelector


def refusal(warm_start: Any) -> str:
    """The one line with which it is refused."""
    with pytest.raises(ValidationError) as refused:
        HyperparameterStudy.model_validate(study_document("digits", warmStartFrom=warm_start))
    [problem] = problems_of(refused.value)
    return str(problem)


def test_names_and_a_selector() -> None:
    labels = {"team": "vision", "example.com/purpose": ""}
    warm = a_study(
        warmStartFrom={"studies": ["digits-old", "mnist.2"], "selector": {"matchLabels": labels}}
    ).spec.warm_start_from
    assert warm is not None
    assert warm.studies == ["digits-old", "mnist.2"]
    assert warm.selector == LabelSelector(match_labels=labels)


def test_a_study_begins_with_nothing_as_a_rule() -> None:
    assert a_study().spec.warm_start_from is None


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, "spec.warmStartFrom: give studies, by name, or a selector, by labels"),
        ({"studies": []}, "spec.warmStartFrom: give studies, by name, or a selector, by labels"),
        (
            {"studies": ["a", "digits"]},
            "spec.warmStartFrom.studies[1]: a study cannot begin with its own results; name others",
        ),
        ({"studies": ["a", "a"]}, "spec.warmStartFrom.studies[1]: a stands twice; name each study once"),
        (
            {"studies": ["Old_1"]},
            "spec.warmStartFrom.studies[0]: a study's name has a-z, 0-9, - and . only, unlike 'Old_1'",
        ),
        ({"studies": list("abcdef")}, "spec.warmStartFrom.studies: must have at most 5 items"),
        ({"selector": {}}, "spec.warmStartFrom.selector.matchLabels: required, but missing"),
        (
            {"selector": {"matchLabels": {"my team": "x"}}},
            "spec.warmStartFrom.selector.matchLabels: 'my team' is not the name of a label, such as team or "
            "example.com/team",
        ),
        (
            {"selector": {"matchLabels": {"team": "a b"}}},
            "spec.warmStartFrom.selector.matchLabels.team: a label's value has letters, digits, - _ and . "
            "only, not 'a b'",
        ),
        (
            {"selector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}},
            "spec.warmStartFrom.selector.matchExpressions: no field is named matchExpressions; choose one of "
            "matchLabels",
        ),
    ],
)
def test_what_is_refused(given: Any, line: str) -> None:
    assert refusal(given) == line


def test_labels_are_matched_all_of_them_and_whole() -> None:
    selector = LabelSelector(match_labels={"team": "vision", "data": "digits"})
    assert selector.matches({"team": "vision", "data": "digits", "owner": "x"})
    assert not selector.matches({"team": "vision"})
    assert not selector.matches({"team": "visions", "data": "digits"})


def test_the_definition_bounds_it_and_keeps_it_as_it_is() -> None:
    """The rule names the field as it stands in the object: one of CEL on another name would be refused."""
    study, _ = crd.definitions()
    spec = study["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert spec["properties"]["warmStartFrom"]["properties"]["studies"]["maxItems"] == 5
    rules = [each["rule"] for each in spec["x-kubernetes-validations"]]
    assert any(rule.startswith("has(self.warmStartFrom) == has(oldSelf.warmStartFrom)") for rule in rules)
    assert not any("_" in rule for rule in rules)
