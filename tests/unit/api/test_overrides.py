"""Changes from the command line."""

from typing import Any

import pytest

from tunewright.api.overrides import override
from tunewright.api.problems import Invalid


def document() -> dict[str, Any]:
    return {
        "spec": {"parameters": [{"name": "rate", "max": 1}, {"name": "layer.1"}], "values": [1, 2]},
        "x": 3,
    }


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("x=4", {**document(), "x": 4}),
        ("x=", {"spec": document()["spec"]}),
        ("x=null", {"spec": document()["spec"]}),
        ("x='4'", {**document(), "x": "4"}),
        ("x=a=b", {**document(), "x": "a=b"}),
        ("x=[1e-5, {a: yes}]", {**document(), "x": [1e-5, {"a": True}]}),
        ("y.z.w=1", {**document(), "y": {"z": {"w": 1}}}),
    ],
)
def test_a_field(text: str, changed: dict[str, Any]) -> None:
    given = document()
    override(given, text)
    assert given == changed


@pytest.mark.parametrize("choice", ["[0]", "[rate]"])
def test_an_item_by_its_number_and_by_its_name(choice: str) -> None:
    given = document()
    override(given, f"spec.parameters{choice}.max=0.5")
    assert given["spec"]["parameters"][0] == {"name": "rate", "max": 0.5}


def test_a_name_may_hold_a_dot() -> None:
    given = document()
    override(given, "spec.parameters[layer.1].min=2")
    assert given["spec"]["parameters"][1] == {"name": "layer.1", "min": 2}


def test_an_item_itself() -> None:
    given = document()
    override(given, "spec.values[1]=5")
    assert given["spec"]["values"] == [1, 5]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "must be a path and a value, such as spec.budget.maxTrials=8"),
        ("=1", "must be a path and a value, such as spec.budget.maxTrials=8"),
        ("x", "must be a path and a value, such as spec.budget.maxTrials=8"),
        ("x..y=1", "must be a path and a value, such as spec.budget.maxTrials=8"),
        ("x[=1", "must be a path and a value, such as spec.budget.maxTrials=8"),
        ("[0]=1", "must be a path and a value, such as spec.budget.maxTrials=8"),
        ("x.y=1", "x: has no fields, so none named y"),
        ("x[0]=1", "x: is no list; [0] chooses from a list"),
        ("spec[a]=1", "spec: is no list; [a] chooses from a list"),
        ("spec.parameters.max=1", "spec.parameters: is a list; choose from it, as in spec.parameters[0].max"),
        ("spec.parameters[2].max=1", "spec.parameters: has no item [2]; it has 2, counted from 0"),
        (f"spec.values[{'9' * 5000}]=1", "spec.values: has no item [99999"),
        ("spec.parameters[rat].max=1", "spec.parameters: has no item named rat; there are rate, layer.1"),
        ("spec.values[a]=1", "spec.values: has no item named a; use [0]"),
        ("x=[", "line 1, column 2: not YAML: while parsing a flow node"),
        ("x=!!python/name:os.system", "line 1, column 1: the tag !!python/name:os.system is not accepted"),
        ("x=.nan", "line 1, column 1: must be a finite number, not .nan"),
    ],
)
def test_what_cannot_be_changed(text: str, line: str) -> None:
    given = document()
    with pytest.raises(Invalid) as caught:
        override(given, text)
    assert str(caught.value).startswith(line)
    assert given == document()
