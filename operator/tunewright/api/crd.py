"""The CustomResourceDefinitions of the two kinds, made from their models.

A definition's schema is structural, as Kubernetes demands: every node has a type, or keeps whatever it is
given; there are no references and no alternatives. What spans fields is said in CEL where CEL can see it, so
that `kubectl apply` refuses it at once; Tunewright itself checks everything again, by the models.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tunewright.api.base import GROUP, VERSION, Condition, Model, Resource
from tunewright.api.constraint import Constraint
from tunewright.api.naming import MAX_STUDY_NAME
from tunewright.api.parameters import Parameter
from tunewright.api.study import HyperparameterStudy, Objective, StudySpec
from tunewright.api.study_status import StudyStatus
from tunewright.api.trial import Trial, TrialSpec, TrialStatus
from tunewright.api.trial_definition import Checkpoints, Metrics, Trainer, TrialDefinition
from tunewright.api.warm_start import WarmStart

Schema = dict[str, Any]
Rule = tuple[str, str]
"""A CEL expression, and what is wrong where it is false."""

_MODEL = "x-model"
"""Marks a node of pydantic's schema with the model that it describes."""

_ANYTHING: Schema = {"x-kubernetes-preserve-unknown-fields": True}

_NUMERIC = "self.type in ['float', 'int']"
_LINEAR = "(!has(self.scale) || self.scale == 'linear')"


def _unchanged(name: str) -> Rule:
    rule = f"has(self.{name}) == has(oldSelf.{name}) && (!has(self.{name}) || self.{name} == oldSelf.{name})"
    return rule, f"{name} cannot be changed; create a study with another name"


_RULES: Mapping[type[Model], list[Rule]] = {
    StudySpec: [
        _unchanged(info.alias or name)
        for name, info in StudySpec.model_fields.items()
        if name not in StudySpec.editable
    ],
    Constraint: [("has(self.max) != has(self.min)", "a constraint has either max or min")],
    TrialSpec: [("self == oldSelf", "a trial's spec cannot be changed")],
    Parameter: [
        (f"!({_NUMERIC}) || (has(self.min) && has(self.max))", "float and int need min and max"),
        (
            f"{_NUMERIC} || (!has(self.min) && !has(self.max) && !has(self.step) && !has(self.prior))",
            "min, max, step and prior are for float and int",
        ),
        (f"{_NUMERIC} || {_LINEAR}", "scale is for float and int"),
        ("!has(self.min) || !has(self.max) || self.min <= self.max", "min must not be greater than max"),
        (
            f"{_LINEAR} || !has(self.min) || self.min > 0.0",
            "min must be greater than 0 for the scales log and reverseLog",
        ),
        (f"{_LINEAR} || (!has(self.step) && !has(self.prior))", "step and prior need the scale linear"),
    ],
    Trainer: [
        (
            "self.validationFraction + self.testFraction < 1.0",
            "validationFraction and testFraction must leave data to train on",
        )
    ],
    WarmStart: [
        ("has(self.selector) || (has(self.studies) && size(self.studies) > 0)", "give studies or a selector")
    ],
    Metrics: [("!has(self.pattern) || self.source == 'log'", "pattern is for the source log")],
    Checkpoints: [("has(self.claim) != has(self.claimTemplate)", "give either claim or claimTemplate")],
    TrialDefinition: [
        ("has(self.trainer) || has(self.template)", "give trainer or template"),
        ("!has(self.metricsContainer) || has(self.template)", "metricsContainer is for a template"),
    ],
}

_LIST_KEYS: Mapping[type[Model], str] = {Objective: "metric", Parameter: "name", Condition: "type"}
"""The field by which items of a list are told apart, and merged by a server-side apply."""


@dataclass(frozen=True)
class _Names:
    plural: str
    singular: str
    short: str
    columns: list[dict[str, Any]] = field(default_factory=list)


def _column(name: str, path: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "jsonPath": path, **more}


_AGE = _column("Age", ".metadata.creationTimestamp", "date")

_KINDS: Mapping[type[Resource], _Names] = {
    HyperparameterStudy: _Names(
        "hyperparameterstudies",
        "hyperparameterstudy",
        "hps",
        [
            _column("Phase", ".status.phase"),
            _column("Trials", ".status.progress", description="Trials that have ended, of how many at most."),
            _column("Running", ".status.trials.running", "integer"),
            _column("Best", ".status.best.summary"),
            _column("Reason", ".status.reason", priority=1),
            _column("Message", ".status.message", priority=1),
            _AGE,
        ],
    ),
    Trial: _Names(
        "trials",
        "trial",
        "hptrial",
        [
            _column("State", ".status.state"),
            _column("Objective", ".status.summary"),
            _column("Reason", ".status.reason"),
            _column("Attempts", ".status.attempts[-1:].number", "integer", priority=1),
            _column("Configuration", ".status.configuration", priority=1),
            _AGE,
        ],
    ),
}


_AT_FIRST: Mapping[type[Resource], Mapping[str, str]] = {
    HyperparameterStudy: {"phase": StudyStatus().phase.value},
    Trial: {"state": TrialStatus().state.value},
}
"""What the columns show of an object that nothing has been said of yet."""


def definitions() -> list[dict[str, Any]]:
    """The two CustomResourceDefinitions (apiextensions.k8s.io/v1), HyperparameterStudy first."""
    return [_definition(kind, names) for kind, names in _KINDS.items()]


def files() -> dict[str, str]:
    """The definitions as YAML, by the names of their files."""
    note = "# Made from the models by `make crds`; change those instead.\n"
    return {
        f"{definition['spec']['names']['plural']}.yaml": note
        + yaml.safe_dump(definition, sort_keys=False, width=110)
        for definition in definitions()
    }


def render() -> str:
    """Both definitions as one stream of YAML documents, for `kubectl apply -f -`."""
    return "---\n".join(files().values())


def _definition(kind: type[Resource], names: _Names) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": kind.__name__,
                "listKind": f"{kind.__name__}List",
                "plural": names.plural,
                "singular": names.singular,
                "shortNames": [names.short],
                "categories": ["tunewright"],
            },
            "scope": "Namespaced",
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": _schema_of(kind)},
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": names.columns,
                }
            ],
        },
    }


def _schema_of(kind: type[Resource]) -> Schema:
    source = kind.model_json_schema()
    structural = _Structural(source.get("$defs", {}))
    fields = source["properties"]
    return {
        "type": "object",
        "description": source["description"],
        "required": ["spec"],
        "properties": {
            # The API server knows these three, and lets a definition say no more of them.
            "apiVersion": {"type": "string", "description": fields["apiVersion"]["description"]},
            "kind": {"type": "string", "description": fields["kind"]["description"]},
            "metadata": {
                "type": "object",
                "properties": {"name": {"type": "string", "maxLength": MAX_STUDY_NAME}},
            },
            "spec": structural.of(fields["spec"]),
            "status": {
                **_without_defaults(structural.of(fields["status"])),
                "default": dict(_AT_FIRST[kind]),
            },
        },
    }


class _Structural:
    """Turns pydantic's JSON schema into Kubernetes' structural one."""

    def __init__(self, shared: Mapping[str, Schema]) -> None:
        self._shared = {name: {**schema, _MODEL: name} for name, schema in shared.items()}
        self._rules = {model.__name__: rules for model, rules in _RULES.items()}
        self._list_keys = {model.__name__: key for model, key in _LIST_KEYS.items()}

    def of(self, source: Schema) -> Schema:
        """The structural schema of one node and all below it."""
        source = self._resolved(source)
        result: Schema = {}
        if "description" in source:
            result["description"] = " ".join(source["description"].split())
        if "type" not in source:
            return result | _ANYTHING
        result["type"] = source["type"]
        if source["type"] == "integer":
            result["format"] = "int64"
        result |= {name: source[name] for name in _KEPT if name in source}
        for bound in ("minimum", "maximum"):
            excluded = source.get(f"exclusive{bound.capitalize()}")
            if excluded is not None:
                result |= {bound: excluded, f"exclusive{bound.capitalize()}": True}
        if source.get("default") is not None:
            result |= self._default(source)
        if source["type"] == "array":
            result |= self._items(source["items"])
        if source["type"] == "object":
            result |= self._fields(source)
        rules = self._rules.get(source.get(_MODEL, ""), [])
        if rules:
            result["x-kubernetes-validations"] = [{"rule": rule, "message": says} for rule, says in rules]
        return result

    def _resolved(self, source: Schema) -> Schema:
        """What a reference, or `X | None`, stands for: an optional field is left out, not null."""
        if "anyOf" in source:
            [member] = [each for each in source["anyOf"] if each != {"type": "null"}]
            return self._resolved({**member, **{k: v for k, v in source.items() if k != "anyOf"}})
        if "$ref" in source:
            shared = self._shared[source["$ref"].rsplit("/", 1)[1]]
            return self._resolved({**shared, **{k: v for k, v in source.items() if k != "$ref"}})
        return source

    def _default(self, source: Schema) -> Schema:
        """An object's default is empty: the API server fills in the defaults of its fields."""
        if source["type"] == "object":
            return {"default": {}} if source["default"] else {}
        return {"default": source["default"]} if source["default"] not in ([], "") else {}

    def _items(self, items: Schema) -> Schema:
        key = self._list_keys.get(self._resolved(items).get(_MODEL, ""))
        listed: Schema = {"items": self.of(items)}
        if key is not None:
            listed |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}
        return listed

    def _fields(self, source: Schema) -> Schema:
        if "properties" in source:
            fields: Schema = {
                "properties": {name: self.of(each) for name, each in source["properties"].items()}
            }
            return fields | ({"required": source["required"]} if "required" in source else {})
        values = source["additionalProperties"]
        schema = self.of({} if values is True else values)
        # CEL does not see a map of values without a type; it sees an object that keeps whatever it is given.
        return schema if schema == _ANYTHING else {"additionalProperties": schema}


_KEPT = (
    "enum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
)


def _without_defaults(schema: Any) -> Any:
    """A status that was written holds what Tunewright wrote, and nothing that the API server made up."""
    if isinstance(schema, list):
        return [_without_defaults(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {field: _without_defaults(each) for field, each in value.items()}
        if name == "properties"
        else _without_defaults(value)
        for name, value in schema.items()
        if name != "default"
    }
