"""Values that are wrong are refused, with their path; each value says what it is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.unit.charts.rendering import CHARTS, Chart, RefusedError

FOLDER = CHARTS / "tunewright"
SCHEMA = json.loads((FOLDER / "values.schema.json").read_text(encoding="utf-8"))
DEFAULTS = yaml.safe_load((FOLDER / "values.yaml").read_text(encoding="utf-8"))

WRONG: list[tuple[str, Any]] = [
    ("watchNamespaces", "team-a"),
    ("watchNamespaces/0", ["Team_A"]),
    ("watchNamespaces", ["a", "a"]),
    ("replicas", "two"),
    ("replicas", 1.5),
    ("replicas", -1),
    ("operator/logFormat", {"logFormat": "xml"}),
    ("operator/logLevel", {"logLevel": "loud"}),
    ("operator/scrapeIntervalSeconds", {"scrapeIntervalSeconds": 0}),
    ("operator/jobTtlSeconds", {"jobTtlSeconds": 1}),
    ("operator/samplerWorkers", {"samplerWorkers": "2"}),
    ("crds/keep", {"keep": "yes"}),
    ("image/pullPolicy", {"pullPolicy": "Sometimes"}),
    ("image/repository", {"repository": "Upper/case:tag@x"}),
    ("trainer/image/tag", {"image": {"tag": "0.1.0@sha256:short"}}),
    ("imagePullSecrets/0", [{"name": "secret"}]),
    ("serviceAccount/name", {"name": "Not A Name"}),
    ("resources/limits/memory", {"limits": {"memory": ["1Gi"]}}),
    ("networkPolicy/apiServerPorts/0", {"apiServerPorts": [70000]}),
    ("networkPolicy/apiServerPorts", {"apiServerPorts": []}),
    ("podAnnotations/flag", {"flag": True}),
    ("fullnameOverride", "UPPER"),
    ("fullnameOverride", "x" * 51),
]


def message(chart: Chart, values: dict[str, Any]) -> str:
    with pytest.raises(RefusedError) as refused:
        chart.text(values)
    return str(refused.value)


@pytest.mark.parametrize(("path", "value"), WRONG, ids=[path for path, _ in WRONG])
def test_a_wrong_value_is_refused_by_its_path(chart: Chart, path: str, value: Any) -> None:
    assert f"at '/{path}'" in message(chart, {path.split("/")[0]: value})


@pytest.mark.parametrize(
    "path", ["", "operator", "crds", "image", "trainer", "serviceAccount", "networkPolicy"]
)
def test_a_value_that_does_not_exist_is_refused(chart: Chart, path: str) -> None:
    values: dict[str, Any] = {path: {"misspelt": 1}} if path else {"misspelt": 1}
    answer = message(chart, values)
    assert f"at '/{path}'" in answer or not path
    assert "'misspelt' not allowed" in answer


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
