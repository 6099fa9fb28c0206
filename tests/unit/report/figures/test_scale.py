from itertools import pairwise
from typing import Any

import pytest
from tests.unit.report.studies import PARAMETERS

from tunewright.api.parameters import Parameter
from tunewright.report.figures.drawing import Range
from tunewright.report.figures.scale import Scale, objective_scale, parameter_scale


def scale(**fields: Any) -> Scale:
    return parameter_scale(Parameter.model_validate({"name": "x", **fields}))


def texts(made: Scale) -> list[str]:
    return [text for _, text in made.labels]


@pytest.mark.parametrize(
    ("fields", "labels"),
    [
        (
            {"type": "float", "min": 1e-5, "max": 0.3, "scale": "log"},
            ["1e-5", "0.0001", "0.001", "0.01", "0.1", "0.3"],
        ),
        ({"type": "float", "min": 0.01, "max": 0.1, "scale": "log"}, ["0.01", "0.02", "0.05", "0.1"]),
        ({"type": "int", "min": 16, "max": 256, "scale": "log"}, ["16", "32", "64", "128", "256"]),
        ({"type": "float", "min": 0, "max": 0.6}, ["0", "0.2", "0.4", "0.6"]),
        ({"type": "int", "min": 1, "max": 9}, ["1", "2", "4", "6", "8", "9"]),
        ({"type": "int", "min": 1, "max": 2}, ["1", "2"]),
        ({"type": "float", "min": 3, "max": 3}, ["3"]),
        ({"type": "categorical", "values": ["sgd", "adam"]}, ["sgd", "adam"]),
        ({"type": "bool"}, ["false", "true"]),
    ],
)
def test_labels(fields: dict[str, Any], labels: list[str]) -> None:
    assert texts(scale(**fields)) == labels


def test_a_log_scale_has_its_decades_at_equal_distances() -> None:
    made = scale(type="float", min=1e-4, max=1, scale="log")
    places = [place for place, _ in made.labels]
    assert places == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert made.place(0.01) == pytest.approx(0.5)


def test_of_very_many_choices_some_are_labelled() -> None:
    made = scale(type="ordinal", values=list(range(1000)))
    assert 2 <= len(made.labels) <= 12


@pytest.mark.parametrize("fields", PARAMETERS, ids=lambda fields: str(fields["name"]))
def test_labels_lie_on_the_axis_and_apart(fields: dict[str, Any]) -> None:
    places = [place for place, _ in parameter_scale(Parameter.model_validate(fields)).labels]
    assert all(0 <= place <= 1 for place in places)
    assert all(b - a > 0.05 for a, b in pairwise(places))


def test_a_value_that_is_none_of_the_parameter_s_has_no_place() -> None:
    assert scale(type="categorical", values=["sgd"]).place("adam") is None


def test_an_objective_is_clipped_to_what_is_shown() -> None:
    made = objective_scale(Range(0.5, 1.0))
    assert [made.place(value) for value in (0.5, 0.75, 1.0, -3.0)] == [0, 0.5, 1, 0]
    assert texts(made) == ["0.5", "0.6", "0.8", "1"]
    assert objective_scale(Range(2.0, 2.0)).labels == [(0.5, "2")]
