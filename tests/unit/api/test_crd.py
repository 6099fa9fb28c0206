"""The CustomResourceDefinitions: as on disk, structural, and saying what the models say."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.builders import a_study, a_trial

from tunewright.api import crd
from tunewright.api.base import Model
from tunewright.api.parameters import Parameter
from tunewright.api.study import Budget, HyperparameterStudy, StudySpec
from tunewright.api.trial import Trial
from tunewright.api.trial_definition import Trainer, TrialDefinition

FOLDER = Path(__file__).parents[3] / "crds"
STUDY, TRIAL = crd.definitions()
Node = dict[str, Any]


def schema(definition: Node) -> Node:
    [version] = definition["spec"]["versions"]
    root: Node = version["schema"]["openAPIV3Schema"]
    return root


def nodes(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every schema below, and itself, with its path."""
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    if "items" in node:
        yield from nodes(node["items"], f"{path}[]")
    if "additionalProperties" in node:
        yield from nodes(node["additionalProperties"], f"{path}.*")


NODES = [(path, node) for definition in (STUDY, TRIAL) for path, node in nodes(schema(definition))]


def at(definition: Node, path: str) -> Node:
    return dict(nodes(schema(definition)))[path]


class TestFiles:
    def test_the_folder_holds_what_the_models_say(self) -> None:
        """Where this fails: make crds."""
        on_disk = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
        assert on_disk == crd.files()
        assert all(text.startswith("# Made from the models by `make crds`;") for text in on_disk.values())

    def test_the_stream_holds_both(self) -> None:
        assert list(yaml.safe_load_all(crd.render())) == [STUDY, TRIAL]

    def test_client_side_apply_can_hold_them(self) -> None:
        """It copies an object into an annotation of at most 256 KiB."""
        assert max(map(len, crd.files().values())) < 2**18


class TestStructure:
    """The rules of the API server: kubernetes.io, "Specifying a structural schema"."""

    def test_a_node_has_a_type_or_keeps_what_it_is_given(self) -> None:
        for path, node in NODES:
            if "type" not in node:
                assert node.keys() <= {"description", "x-kubernetes-preserve-unknown-fields"}, path
                assert node["x-kubernetes-preserve-unknown-fields"] is True, path

    def test_a_node_has_only_what_kubernetes_knows(self) -> None:
        for path, node in NODES:
            assert node.keys() <= {
                *("type", "format", "description", "default", "enum", "pattern", "minLength", "maxLength"),
                *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems"),
                *("maxProperties", "properties", "required", "additionalProperties", "items"),
                *("x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-validations"),
                "x-kubernetes-preserve-unknown-fields",
            }, path
            assert not {"properties", "additionalProperties"} <= node.keys(), path
            assert {type(node[name]) for name in node if name.startswith("exclusive")} <= {bool}, path

    def test_what_is_required_is_there_and_has_no_default(self) -> None:
        for path, node in NODES:
            for name in node.get("required", []):
                assert "default" not in node["properties"][name], path

    def test_a_default_is_of_its_type(self) -> None:
        kinds: dict[str, type | tuple[type, ...]] = {
            "string": str,
            "integer": int,
            "number": (int, float),
            "boolean": bool,
            "object": dict,
            "array": list,
        }
        for path, node in NODES:
            if "default" in node:
                assert isinstance(node["default"], kinds[node["type"]]), path
                assert node["default"] in node.get("enum", [node["default"]]), path
                assert re.search(node.get("pattern", ""), str(node["default"])), path

    def test_the_items_of_a_map_list_have_its_key(self) -> None:
        for path, node in NODES:
            for key in node.get("x-kubernetes-list-map-keys", []):
                assert node["x-kubernetes-list-type"] == "map", path
                assert key in node["items"]["required"], path

    def test_a_status_gets_no_defaults_but_where_it_begins(self) -> None:
        for definition, beginning in ((STUDY, {"phase": "Pending"}), (TRIAL, {"state": "Pending"})):
            defaults = [node["default"] for _, node in nodes(at(definition, ".status")) if "default" in node]
            assert defaults == [beginning]

    def test_lists_with_rules_for_their_items_are_bounded(self) -> None:
        """The API server multiplies a rule's cost by the greatest number of items."""
        for _, node in nodes(schema(STUDY)):
            if node.get("type") == "array" and "x-kubernetes-validations" in node["items"]:
                assert node["maxItems"] <= 200


class TestContent:
    def test_every_field_is_explained(self) -> None:
        for path, node in NODES:
            explained = "description" in node or path.endswith(("[]", ".*")) or path.startswith(".metadata")
            assert explained, path
            assert re.fullmatch(r"[A-Za-z].*\.", node.get("description", "A.")), path

    @pytest.mark.parametrize(
        ("definition", "path", "model"),
        [
            (STUDY, ".spec", StudySpec),
            (STUDY, ".spec.parameters[]", Parameter),
            (STUDY, ".spec.budget", Budget),
            (STUDY, ".spec.trial", TrialDefinition),
            (STUDY, ".spec.trial.trainer", Trainer),
        ],
    )
    def test_it_has_the_fields_of_the_model(self, definition: Node, path: str, model: type[Model]) -> None:
        node = at(definition, path)
        fields = {info.alias: info for info in model.model_fields.values()}
        assert node["properties"].keys() == fields.keys()
        assert set(node.get("required", [])) == {name for name, info in fields.items() if info.is_required()}

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            (".spec.budget.maxTrials", {"type": "integer", "minimum": 1, "maximum": 1_000_000}),
            (".spec.budget.maxGpuHours", {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
            (
                ".spec.budget.maxDuration",
                {"type": "string", "pattern": "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$"},
            ),
            (".spec.algorithm.seed", {"maximum": 2**32, "exclusiveMaximum": True, "default": 0}),
            (".spec.algorithm", {"default": {}}),
            (".spec.parameters[].scale", {"enum": ["linear", "log", "reverseLog"], "default": "linear"}),
            (".spec.parameters[].name", {"pattern": "^[A-Za-z_][A-Za-z0-9_.-]*$", "maxLength": 63}),
            (".spec.parameters", {"x-kubernetes-list-map-keys": ["name"], "maxItems": 200, "minItems": 1}),
            (".spec.objectives", {"x-kubernetes-list-map-keys": ["metric"]}),
            (".spec.trial.gracePeriod", {"type": "string", "default": "30s"}),
            (".spec.trial.template", {"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
            (".spec.algorithm.settings", {"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
            (
                ".spec.initial.configurations[]",
                {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            ),
            (".status.conditions", {"x-kubernetes-list-map-keys": ["type"]}),
            (".status.startTime", {"type": "string", "format": "date-time"}),
            (".status.best.objectives.*", {"type": "number"}),
            (".metadata.name", {"maxLength": 63}),
        ],
    )
    def test_a_node_says_what_its_field_says(self, path: str, expected: Node) -> None:
        node = at(STUDY, path)
        assert expected.items() <= node.items()

    def test_a_curve_is_a_bounded_list_of_pairs_of_numbers(self) -> None:
        curve = at(TRIAL, ".status.curves.*")
        pair: Node = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        assert curve == {"type": "array", "maxItems": 32, "items": pair}
        assert at(TRIAL, ".status.curves")["maxProperties"] == 8

    @pytest.mark.parametrize("path", [".default", ".values[]", ".when.*[]"])
    def test_a_scalar_is_of_any_type(self, path: str) -> None:
        assert "type" not in at(STUDY, f".spec.parameters[]{path}")

    def test_a_spec_part_that_must_not_change_says_so(self) -> None:
        rules = " ".join(rule["rule"] for rule in at(STUDY, ".spec")["x-kubernetes-validations"])
        guarded = set(re.findall(r"oldSelf\.(\w+)", rules))
        assert guarded == at(STUDY, ".spec")["properties"].keys() - StudySpec.editable

    def test_a_rule_speaks_of_fields_that_are_there(self) -> None:
        for path, node in NODES:
            for rule in node.get("x-kubernetes-validations", []):
                assert set(re.findall(r"[sS]elf\.(\w+)", rule["rule"])) <= node["properties"].keys(), path

    def test_a_rule_asks_whether_an_optional_field_is_there(self) -> None:
        """CEL fails on a field that is absent."""
        for path, node in NODES:
            for rule in node.get("x-kubernetes-validations", []):
                for name in re.findall(r"(?<![\w(])self\.(\w+)", rule["rule"]):
                    always = name in node.get("required", []) or "default" in node["properties"][name]
                    assert always or f"has(self.{name})" in rule["rule"], path

    def test_names_and_columns(self) -> None:
        for definition, kind, short in ((STUDY, "HyperparameterStudy", "hps"), (TRIAL, "Trial", "hptrial")):
            names = definition["spec"]["names"]
            assert (names["kind"], names["shortNames"], names["categories"]) == (
                kind,
                [short],
                ["tunewright"],
            )
            assert definition["metadata"]["name"] == f"{names['plural']}.tunewright.dev"
            assert definition["spec"]["versions"][0]["subresources"] == {"status": {}}
        columns = [column["name"] for column in STUDY["spec"]["versions"][0]["additionalPrinterColumns"]]
        assert columns == ["Phase", "Trials", "Running", "Best", "Reason", "Message", "Age"]
        columns = [column["name"] for column in TRIAL["spec"]["versions"][0]["additionalPrinterColumns"]]
        assert columns == ["State", "Objective", "Reason", "Attempts", "Configuration", "Age"]

    @pytest.mark.parametrize("definition", [STUDY, TRIAL])
    def test_a_column_shows_a_field_that_is_there(self, definition: Node) -> None:
        fields = dict(nodes(schema(definition)))
        for column in definition["spec"]["versions"][0]["additionalPrinterColumns"]:
            path = column["jsonPath"].replace("[-1:]", "[]")
            assert path == ".metadata.creationTimestamp" or fields[path]["type"] == column["type"]


@pytest.mark.parametrize(("definition", "whole"), [(STUDY, a_study()), (TRIAL, a_trial(3, accuracy=0.5))])
def test_what_a_model_writes_is_in_its_schema(definition: Node, whole: HyperparameterStudy | Trial) -> None:
    def check(value: Any, node: Node, path: str) -> None:
        if node.get("type") == "object" and "properties" in node:
            assert set(node.get("required", [])) <= value.keys() <= node["properties"].keys(), path
            for name, child in value.items():
                check(child, node["properties"][name], f"{path}.{name}")
        elif node.get("type") == "array":
            for child in value:
                check(child, node["items"], f"{path}[]")

    document = whole.document()
    check(document["spec"], at(definition, ".spec"), "spec")
    check(document.get("status", {}), at(definition, ".status"), "status")
