"""Values that are wrong are refused, with their path; each value says what it is."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.unit.charts.rendering import CHARTS, Chart, RefusedError

FOLDER = CHARTS / "tunewright"
SCHEMA = json.loads((FOLDER / "values.schema.json").read_text(encoding="utf-8"))
DEFAULTS = yaml.safe_load((FOLDER / "values.yaml").read_text(encoding="utf-8"))

WRONG: list[dict[str, Any]] = [
    {
        "watchNamespaces": "team-a",
        "replicas": "two",
        "operator": {
            "logFormat": "xml",
            "logLevel": "loud",
            "scrapeIntervalSeconds": 0,
            "jobTtlSeconds": 1,
            "samplerWorkers": "2",
        },
        "crds": {"keep": "yes"},
        "image": {"pullPolicy": "Sometimes", "repository": "Upper/case:tag@x"},
        "trainer": {"image": {"tag": "0.1.0@sha256:short"}},
        "imagePullSecrets": [{"name": "secret"}],
        "serviceAccount": {"name": "Not A Name"},
        "resources": {"limits": {"memory": ["1Gi"]}},
        "networkPolicy": {"apiServerPorts": [70000]},
        "podAnnotations": {"flag": True},
        "fullnameOverride": "UPPER",
    },
    {
        "watchNamespaces": ["Team_A"],
        "replicas": 1.5,
        "networkPolicy": {"apiServerPorts": []},
        "fullnameOverride": "x" * 51,
    },
    {"watchNamespaces": ["a", "a"], "replicas": -1},
]
"""Each value in them is wrong."""


def message(chart: Chart, values: dict[str, Any]) -> str:
    with pytest.raises(RefusedError) as refused:
        chart.text(values)
    return str(refused.value)


def paths(values: Any, path: str = "") -> Iterator[str]:
    """Where the values in a document are; an empty list is one."""
    if not isinstance(values, dict | list) or not values:
        yield path
        return
    for name, child in values.items() if isinstance(values, dict) else enumerate(values):
        yield from paths(child, f"{path}/{name}")


@pytest.mark.parametrize("values", WRONG, ids=range(len(WRONG)))
def test_each_wrong_value_is_refused_by_its_path(chart: Chart, values: dict[str, Any]) -> None:
    answer = message(chart, values)
    refused = set(re.findall(r"at '(.*?)': (?!validation failed)", answer))
    assert {
        path for path in paths(values) if not [each for each in refused if path.startswith(each)]
    } == set()


def test_a_value_that_does_not_exist_is_refused(chart: Chart) -> None:
    places = [
        "operator",
        "crds",
        "image",
        "trainer",
        "userRoles",
        "serviceAccount",
        "networkPolicy",
        "podMonitors",
    ]
    answer = message(chart, {"misspelt": 1, **{place: {"misspelt": 1} for place in places}})
    for place in ["", *(f"/{place}" for place in places)]:
        assert re.search(rf"at '{place}': additional properties 'misspelt' not allowed", answer), answer


def test_a_value_taken_away_is_missed(chart: Chart) -> None:
    """Not by a nil pointer somewhere in a template."""
    assert "missing property 'image'" in message(chart, {"image": None})
    for path, node in [("", SCHEMA), *objects(SCHEMA), ("image", SCHEMA["definitions"]["image"])]:
        if "properties" in node and path != "resources":
            assert set(node["required"]) == set(node["properties"]) - {"global"}, path


def test_an_account_that_is_not_made_must_be_named(chart: Chart) -> None:
    assert "serviceAccount.name: name the" in message(chart, {"serviceAccount": {"create": False}})


def test_the_chart_may_be_part_of_another(chart: Chart) -> None:
    assert chart.objects({"global": {"anything": 1}}) == chart.objects()


def objects(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, child in node.get("properties", {}).items():
        yield f"{path}{name}", child
        yield from objects(child, f"{path}{name}.")


def test_each_value_says_what_it_is() -> None:
    kubernetes_own = {"resources.requests", "resources.limits", "resources.claims"}
    described = {path for path, node in objects(SCHEMA) if node.get("description", "").endswith(".")}
    assert described == {path for path, _ in objects(SCHEMA)} - kubernetes_own


def test_each_value_has_a_default() -> None:
    assert set(SCHEMA["properties"]) - {"global"} == set(DEFAULTS)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"watchNamespaces": ["a", "b"], "crds": {"enabled": False}, "userRoles": {"enabled": False}},
        {
            "replicas": 3,
            "networkPolicy": {"enabled": True},
            "podMonitors": {"operator": True, "trials": True},
        },
    ],
    ids=["defaults", "namespaced", "all"],
)
def test_lint_is_clean(chart: Chart, values: dict[str, Any]) -> None:
    """--strict: a warning fails it."""
    assert "0 chart(s) failed" in chart.lint(values)
