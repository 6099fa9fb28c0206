"""Study files: what is read, and one exact line for every way in which a file can be wrong."""

# ruff: noqa: E501

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import PARAMETERS, study_document

from tunewright.api.documents import load, parse
from tunewright.api.problems import InvalidInput
from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import Phase

HEAD = """\
apiVersion: tunewright.dev/v1alpha1
kind: HyperparameterStudy
metadata: {name: digits}
"""
SPEC = "spec: {objectives: [{metric: a, direction: maximize}], parameters: [{name: x, type: bool}]}\n"
RANGE = {"name": "x", "type": "float", "min": 0, "max": 1}
SWITCH = {"name": "o", "type": "bool"}


def parameters(*each: dict[str, Any]) -> dict[str, Any]:
    return {"parameters": list(each)}


def a_range(**fields: Any) -> dict[str, Any]:
    """A spec with one range; a field that is None is left out."""
    return parameters({name: value for name, value in {**RANGE, **fields}.items() if value is not None})


def a_list(**fields: Any) -> dict[str, Any]:
    return parameters({"name": "x", "type": "categorical", **fields})


def a_trial(**fields: Any) -> dict[str, Any]:
    return {"trial": {"trainer": {"model": "mlp", "dataset": "digits"}, **fields}}


def a_budget(**fields: Any) -> dict[str, Any]:
    return {"budget": {"maxTrials": 1, **fields}}


def a_template(**metrics: Any) -> dict[str, Any]:
    return {"trial": {"template": {}, "metrics": metrics}}


def refusal(content: bytes | str, *overrides: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        parse(content, "study.yaml", overrides)
    return caught.value.lines()


# fmt: off
SPECS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown field": ({"algoritm": {}}, "spec.algoritm: no field is named algoritm; did you mean algorithm? Choose one of objectives, constraints, parameters, initial, algorithm, stages, warmStartFrom, budget, trial, suspend, cancel"),
    "unknown field below": ({"budget": {"maxTrial": 3}}, "spec.budget.maxTrial: no field is named maxTrial; did you mean maxTrials? Choose one of maxTrials, parallelism, maxFailedTrials, maxAttempts, maxDuration, maxGpuHours"),
    "unknown field of a parameter": (a_range(low=1), "spec.parameters[0].low: no field is named low; choose one of name, type, min, max, scale, step, prior, values, default, when"),
    "not built yet": ({"earlyStopping": {"name": "asha"}}, "spec.earlyStopping: not built yet; remove it"),
    "no objectives": ({"objectives": []}, "spec.objectives: must have at least 1 item"),
    "objectives not a list": ({"objectives": {"metric": "a"}}, "spec.objectives: must be a list"),
    "objective without direction": ({"objectives": [{"metric": "a"}]}, "spec.objectives[0].direction: required, but missing"),
    "unknown direction": ({"objectives": [{"metric": "a", "direction": "up"}]}, "spec.objectives[0].direction: must be one of maximize, minimize, not 'up'"),
    "metric twice": ({"objectives": [{"metric": "a", "direction": "maximize"}]*2}, "spec.objectives[1].metric: a stands twice; list each metric once"),
    "constraint without a bound": ({"constraints": [{"metric": "a"}]}, "spec.constraints[0]: a constraint has either max or min"),
    "constraint with both bounds": ({"constraints": [{"metric": "a", "min": 1, "max": 2}]}, "spec.constraints[0]: a constraint has either max or min"),
    "constraint without a metric": ({"constraints": [{"max": 1}]}, "spec.constraints[0].metric: required, but missing"),
    "constraint on no metric's name": ({"constraints": [{"metric": "a b", "max": 1}]}, "spec.constraints[0].metric: a metric's name starts with a letter or _ and holds letters, digits, _ . / and - only"),
    "constraint twice": ({"constraints": [{"metric": "a", "max": 1}, {"metric": "a", "max": 2}]}, "spec.constraints[1].metric: a has two bounds max; give one"),
    "constraints that nothing can keep": ({"constraints": [{"metric": "a", "max": 1}, {"metric": "a", "min": 2}]}, "spec.constraints[1].metric: a cannot be at least 2 and at most 1"),
    "too many constraints": ({"constraints": [{"metric": f"a{i}", "max": 1} for i in range(9)]}, "spec.constraints: must have at most 8 items"),
    "metric with a space": ({"objectives": [{"metric": "a b", "direction": "maximize"}]}, "spec.objectives[0].metric: a metric's name starts with a letter or _ and holds letters, digits, _ . / and - only"),
    "no parameters": ({"parameters": []}, "spec.parameters: must have at least 1 item"),
    "parameter without a type": (parameters({"name": "x"}), "spec.parameters[0].type: required, but missing"),
    "unknown type": (a_range(type="double"), "spec.parameters[0].type: must be one of float, int, categorical, ordinal, bool, not 'double'"),
    "type a number": (a_range(type=3), "spec.parameters[0].type: must be one of float, int, categorical, ordinal, bool, not 3"),
    "no max": (a_range(max=None), "spec.parameters[0].max: required for type float"),
    "min above max": (a_range(min=2), "spec.parameters[0].min: must not be greater than max, but 2 > 1"),
    "min a text": (a_range(min="1e-5x"), "spec.parameters[0].min: must be a number, not '1e-5x'"),
    "min true": (a_range(min=True), "spec.parameters[0].min: must be a number, not true"),
    "range too wide": (a_range(min=-1.7e308, max=1.7e308), "spec.parameters[0].max: the range is too wide for floating point; narrow it"),
    "log of zero": (a_range(scale="log"), "spec.parameters[0].min: must be greater than 0 for scale log, but is 0"),
    "log of a negative": (a_range(min=-1, scale="reverseLog"), "spec.parameters[0].min: must be greater than 0 for scale reverseLog, but is -1"),
    "unknown scale": (a_range(scale="logarithmic"), "spec.parameters[0].scale: must be one of linear, log, reverseLog, not 'logarithmic'"),
    "step too large": (a_range(step=2), "spec.parameters[0].step: must not exceed max - min = 1, but is 2"),
    "step zero": (a_range(step=0), "spec.parameters[0].step: must be greater than 0, not 0"),
    "step too fine": (a_range(step=1e-300), "spec.parameters[0].step: 1e-300 is too fine for a range of 1; leave it out"),
    "step with log": (a_range(min=0.1, scale="log", step=0.1), "spec.parameters[0].step: not with scale log: use scale linear, or list the values as an ordinal"),
    "int with a fraction": (a_range(type="int", max=1.5), "spec.parameters[0].max: must be a whole number for type int, but is 1.5"),
    "int out of range": (a_range(type="int", max=1e17), "spec.parameters[0].max: must lie within +-2^53 for type int, but is 1e+17"),
    "values of a float": (a_range(values=[1]), "spec.parameters[0].values: not for type float, which takes min and max"),
    "prior with log": (a_range(min=0.1, scale="log", prior={"distribution": "normal", "mean": 0, "deviation": 1}), "spec.parameters[0].prior: not with scale log: the prior says how values are spread; drop one"),
    "prior far off": (a_range(prior={"distribution": "normal", "mean": 100, "deviation": 1}), "spec.parameters[0].prior.mean: lies 99 deviations outside of 0 to 1; at most 8 leave anything to choose from"),
    "logNormal prior of zero": (a_range(prior={"distribution": "logNormal", "mean": 0, "deviation": 1}), "spec.parameters[0].min: must be greater than 0 for a logNormal prior, but is 0"),
    "prior without spread": (a_range(prior={"distribution": "normal", "mean": 0, "deviation": 0}), "spec.parameters[0].prior.deviation: must be greater than 0, not 0"),
    "categorical without values": (a_list(), "spec.parameters[0].values: required for type categorical: list at least one value"),
    "categorical with a range": (a_list(values=["a"], min=1), "spec.parameters[0].min: not for type categorical; it is for float and int"),
    "categorical with a scale": (a_list(values=["a"], scale="log"), "spec.parameters[0].scale: not for type categorical; it is for float and int"),
    "value twice": (a_list(values=["a", 1, 1.0]), "spec.parameters[0].values[2]: 1 stands twice; list each value once"),
    "value a list": (a_list(values=["a", [1]]), "spec.parameters[0].values[1]: must be a text, a finite number, true or false"),
    "value with NUL": (a_list(values=["a"*1001]), "spec.parameters[0].values[0]: a text has at most 1000 characters, and none is NUL"),
    "bool with values": (parameters({"name": "x", "type": "bool", "values": [True]}), "spec.parameters[0].values: not for type bool, whose values are false and true"),
    "default out of range": (a_range(default=2), "spec.parameters[0].default: 2 is not a value of this parameter; choose a number from 0 to 1"),
    "default of another type": (a_list(values=["a", True], default=1), "spec.parameters[0].default: 1 is not a value of this parameter; choose one of a, true"),
    "default off the grid": (a_range(type="int", max=10, step=5, default=3), "spec.parameters[0].default: 3 is not a value of this parameter; choose a whole number from 0 to 10, in steps of 5 from 0"),
    "shell characters in a name": (a_range(name="x; rm -rf /"), "spec.parameters[0].name: a name starts with a letter or _ and holds letters, digits, _ . and - only"),
    "name begins with a digit": (a_range(name="1x"), "spec.parameters[0].name: a name starts with a letter or _ and holds letters, digits, _ . and - only"),
    "empty name": (a_range(name=""), "spec.parameters[0].name: must not be empty"),
    "long name": (a_range(name="x"*64), "spec.parameters[0].name: must have at most 63 characters"),
    "name twice": (parameters(RANGE, RANGE), "spec.parameters[1].name: x stands twice; each parameter needs a name of its own"),
    "names that collide as variables": (parameters({**RANGE, "name": "a-b"}, {**RANGE, "name": "a_b"}), "spec.parameters[1].name: a-b and a_b both become the variable HP_A_B; rename one"),
    "condition on nothing": (a_range(when={"optimiser": ["sgd"]}), "spec.parameters[0].when.optimiser: no parameter is named optimiser; choose one of x"),
    "condition on a float": (parameters(RANGE, {**RANGE, "name": "y", "when": {"x": [1]}}), "spec.parameters[1].when.x: a condition needs a categorical, ordinal or bool, and x is float"),
    "condition on no value": (parameters(SWITCH, {**RANGE, "when": {"o": []}}), "spec.parameters[1].when.o: must have at least 1 item"),
    "condition on a value that is none": (parameters(SWITCH, {**RANGE, "when": {"o": ["yes"]}}), "spec.parameters[1].when.o[0]: yes is not a value of o; choose one of false, true"),
    "conditions in a circle": (parameters({"name": "a", "type": "bool", "when": {"b": [True]}}, {"name": "b", "type": "bool", "when": {"a": [True]}}), "spec.parameters: conditions form a circle: a -> b -> a; remove one of them"),
    "initial of no parameter": ({"initial": {"configurations": [{"momentun": 0.1}]}}, "spec.initial.configurations[0].momentun: no parameter is named momentun; did you mean momentum? Choose one of learning_rate, optimizer, momentum"),
    "initial out of range": ({"initial": {"configurations": [{}, {"momentum": 1}]}}, "spec.initial.configurations[1].momentum: 1 is not a value of momentum; choose a number from 0 to 0.99"),
    "initial not active": ({"initial": {"configurations": [{"optimizer": "adam", "momentum": 0.5}]}}, "spec.initial.configurations[0].momentum: momentum is not active while optimizer is adam; leave it out"),
    "initial a list": ({"initial": {"configurations": [{"momentum": [0.5]}]}}, "spec.initial.configurations[0].momentum: must be a text, a finite number, true or false"),
    "zero trials": ({"budget": {"maxTrials": 0}}, "spec.budget.maxTrials: must be at least 1, not 0"),
    "no maxTrials": ({"budget": {"maxDuration": "1h"}}, "spec.budget.maxTrials: required, but missing"),
    "half a trial": ({"budget": {"maxTrials": 1.5}}, "spec.budget.maxTrials: must be a whole number, not 1.5"),
    "trials as a text": ({"budget": {"maxTrials": "10"}}, "spec.budget.maxTrials: must be a whole number, not '10'"),
    "parallelism": (a_budget(parallelism=1001), "spec.budget.parallelism: must be at most 1000, not 1001"),
    "duration a number": (a_budget(maxDuration=90), "spec.budget.maxDuration: must be a duration such as 90s, 30m, 2h or 1h30m"),
    "duration without a unit": (a_budget(maxDuration="90"), "spec.budget.maxDuration: must be a duration such as 90s, 30m, 2h or 1h30m"),
    "duration zero": (a_budget(maxDuration="0h0m"), "spec.budget.maxDuration: must be a duration of at least 1s and at most 3650d"),
    "duration of ages": (a_budget(maxDuration="4000d"), "spec.budget.maxDuration: must be a duration of at least 1s and at most 3650d"),
    "GPU-hours": (a_budget(maxGpuHours=0), "spec.budget.maxGpuHours: must be greater than 0, not 0"),
    "seed": ({"algorithm": {"seed": -1}}, "spec.algorithm.seed: must be at least 0, not -1"),
    "algorithm a text": ({"algorithm": "tpe"}, "spec.algorithm: must be an object with fields, not 'tpe'"),
    "suspend a text": ({"suspend": "no"}, "spec.suspend: must be true or false, not 'no'"),
    "neither trainer nor template": ({"trial": {}}, "spec.trial: give trainer or template"),
    "no place for checkpoints": (a_trial(checkpoints={}), "spec.trial.checkpoints: give either claim or claimTemplate"),
    "two places for checkpoints": (a_trial(checkpoints={"claim": "a", "claimTemplate": {"size": "1Gi"}}), "spec.trial.checkpoints: give either claim or claimTemplate, not both"),
    "size of a claim": (a_trial(checkpoints={"claimTemplate": {"size": "10 GB"}}), "spec.trial.checkpoints.claimTemplate.size: must be a size such as 500Mi or 10Gi"),
    "fractions": ({"trial": {"trainer": {"model": "mlp", "dataset": "digits", "testFraction": 0.8}}}, "spec.trial.trainer.testFraction: validationFraction and testFraction must leave data to train on"),
    "pattern for the sdk": (a_template(pattern="a"), "spec.trial.metrics.pattern: only for source log"),
    "pattern without groups": (a_template(source="log", pattern="a=(.*)"), "spec.trial.metrics.pattern: needs the groups (?P<name>...) and (?P<value>...)"),
    "pattern that is none": (a_template(source="log", pattern="("), "spec.trial.metrics.pattern: not a regular expression: missing ) at position 1"),
    "metrics of the trainer": (a_trial(metrics={"source": "log"}), "spec.trial.metrics.source: the built-in trainer reports through the SDK; remove metrics"),
    "container of the trainer": (a_trial(metricsContainer="a"), "spec.trial.metricsContainer: only for template"),
}

TEXTS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty; a study begins with apiVersion: tunewright.dev/v1alpha1 and kind: HyperparameterStudy"),
    "blank": (b" \n\n", "empty; a study begins with apiVersion: tunewright.dev/v1alpha1 and kind: HyperparameterStudy"),
    "comments": (b"# nothing\n---\n", "empty; a study begins with apiVersion: tunewright.dev/v1alpha1 and kind: HyperparameterStudy"),
    "null": (b"null", "empty; a study begins with apiVersion: tunewright.dev/v1alpha1 and kind: HyperparameterStudy"),
    "binary": (b"\x7fELF\x02\x00\x00", "binary, or not UTF-8; a study is YAML or JSON in UTF-8"),
    "UTF-16": ("kind: X".encode("utf-16"), "binary, or not UTF-8; a study is YAML or JSON in UTF-8"),
    "Latin-1": ("a: 1\nb: \xe9".encode("latin-1"), "line 2: not UTF-8 text; save the file as UTF-8"),
    "huge": (b"#" * (2**20 + 1), "larger than 1 MiB; a study is a few KiB"),
    "control character": (b"a: 1\nb: \x07", "line 2: not YAML: the character U+0007"),
    "not YAML": (b"kind: [a\nb: }", "line 2, column 2: not YAML: while parsing a flow sequence, expected ',' or ']', but got ':'"),
    "tab": (b"spec:\n\ta: 1", "line 2, column 1: not YAML: while scanning for the next token, found character '\\t' that cannot start any token"),
    "half a file": ((HEAD+'spec: {objectives: [').encode(), "line 4, column 21: not YAML: while parsing a flow node, expected the node content, but found '<stream end>'"),
    "two documents": ((HEAD+SPEC+"---\n"+HEAD+SPEC).encode(), "line 6, column 1: a second document begins here; write one per file"),
    "a list": (b"- a\n- b\n", "not a mapping; a study has the fields apiVersion, kind, metadata and spec"),
    "a text": (b"hello", "not a mapping; a study has the fields apiVersion, kind, metadata and spec"),
    "a number": (b"3", "not a mapping; a study has the fields apiVersion, kind, metadata and spec"),
    "another kind": (b"apiVersion: tunewright.dev/v1alpha1\nkind: Trial\n", "kind: must be HyperparameterStudy, not 'Trial'"),
    "a Deployment": (b"apiVersion: apps/v1\nkind: Deployment\n", "apiVersion: must be tunewright.dev/v1alpha1, not 'apps/v1'"),
    "no kind": (b"apiVersion: tunewright.dev/v1alpha1\nmetadata: {}", "kind: must be HyperparameterStudy, but is missing"),
    "kind a list": (b"apiVersion: tunewright.dev/v1alpha1\nkind: []", "kind: must be HyperparameterStudy"),
    "no apiVersion": (b"kind: HyperparameterStudy", "apiVersion: must be tunewright.dev/v1alpha1, but is missing"),
    "Python tag": (b"a: !!python/object/apply:os.system [ls]", "a: the tag !!python/object/apply:os.system is not accepted; write the value without it (line 1)"),
    "own tag": (b"kind: !study x", "kind: the tag !study is not accepted; write the value without it (line 1)"),
    "standard tag": (b"kind: !!str x", "kind: the tag !!str is not accepted; write the value without it (line 1)"),
    "bomb": (("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i-1}']*10)}]\n" for i in range(1,9))).encode(), "line 5, column 5: more than 100,000 values, aliases written out"),
    "recursive alias": (b"a: &a\n  b: *a", "line 2, column 6: an alias of something that it is part of; write it out"),
    "unknown alias": (b"a: *b", "line 1, column 4: not YAML: found undefined alias 'b'"),
    "deep": (b"["*200, "line 1, column 65: nested more than 64 levels deep"),
    "deep by aliases": (("a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i-1}]\n" for i in range(1,99))).encode(), "line 64, column 6: nested more than 64 levels deep, with aliases"),
    "key twice": ((HEAD+"spec:\n  budget: {maxTrials: 1}\n  budget: {maxTrials: 2}\n").encode(), "spec.budget: stands twice; keep one of them (line 6)"),
    "number as key": (b"spec: {1: a}", "spec: the key 1 is not a text; quote it if it is meant as one (line 1)"),
    "boolean as key": (b"spec:\n  on: a", "spec: the key on is not a text; quote it if it is meant as one (line 2)"),
    "list as key": (b"spec:\n  ? [a]\n  : b", "spec: the key a list or mapping is not a text; quote it if it is meant as one (line 2)"),
    "NaN": ((HEAD+"spec:\n  parameters:\n  - {name: x, type: float, min: .nan, max: 1}\n").encode(), "spec.parameters[0].min: must be a finite number, not .nan (line 6)"),
    "infinity": (b"spec: {a: [0, -.inf]}", "spec.a[1]: must be a finite number, not -.inf (line 1)"),
    "large integer": (b"spec: {a: 9223372036854775808}", "spec.a: whole numbers go from -2^63 to 2^63 - 1; write a larger one as in 1e30 (line 1)"),
    "endless integer": (b"spec: {a: " + b"9" * 5_000 + b"}", "spec.a: whole numbers go from -2^63 to 2^63 - 1; write a larger one as in 1e30 (line 1)"),
    "NUL": (b'spec: {a: "x\\0"}', "spec.a: a text must not hold a NUL character (line 1)"),
    "surrogate": (b'spec: {a: "\\ud800"}', "spec.a: half of an escaped pair; write the character itself (line 1)"),
    "bad escape": (b'spec: {a: "\\U00110000"}', "line 1, column 14: not YAML: an escape or directive that means nothing"),
    "merge of a text": (b"spec: {<<: a}", "spec.<<: must be an alias of a mapping, or a list of them (line 1)"),
    "no metadata": (b"apiVersion: tunewright.dev/v1alpha1\nkind: HyperparameterStudy\n"+SPEC.encode(), "metadata: required, but missing"),
    "no spec": (HEAD.encode(), "spec: required, but missing"),
    "spec null": ((HEAD+"spec:\n").encode(), "spec: required, but missing"),
    "spec a text": ((HEAD+"spec: x").encode(), "spec: must be an object with fields, not 'x'"),
    "name of capitals": ((HEAD.replace("name: digits", "name: Digits_1")+SPEC).encode(), "metadata.name: must be a-z, 0-9, - and . only, at most 63, with a letter or digit at both ends, not 'Digits_1'"),
    "name of another file": ((HEAD.replace("name: digits", 'name: "../../etc"')+SPEC).encode(), "metadata.name: must be a-z, 0-9, - and . only, at most 63, with a letter or digit at both ends, not '../../etc'"),
    "long name": ((HEAD.replace("digits", "d"*64)+SPEC).encode(), "metadata.name: must be a-z, 0-9, - and . only, at most 63, with a letter or digit at both ends, not 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd'"),
    "name a number": ((HEAD.replace("digits", "1")+SPEC).encode(), "metadata.name: must be a text (quote it if it is one), not 1"),
    "no name": ((HEAD.replace("name: digits", "")+SPEC).encode(), "metadata.name: required, but missing"),
    "unknown metadata": ((HEAD.replace("name: digits", "name: digits, lables: {a: b}")+SPEC).encode(), "metadata.lables: no field is named lables; did you mean labels? Choose one of name, namespace, uid, generation, labels, annotations, creationTimestamp, deletionGracePeriodSeconds, deletionTimestamp, finalizers, generateName, managedFields, ownerReferences, resourceVersion, selfLink"),
    "label a number": ((HEAD.replace("name: digits", "name: digits, labels: {a: 1}")+SPEC).encode(), "metadata.labels.a: must be a text (quote it if it is one), not 1"),
    "escape codes": (b'"\\e[31m\\n": 1\napiVersion: tunewright.dev/v1alpha1\nkind: HyperparameterStudy\n', "\\x1b[31m: no field is named \\x1b[31m; choose one of apiVersion, kind, metadata, spec, status"),
}
# fmt: on


@pytest.mark.parametrize(("spec", "line"), SPECS.values(), ids=SPECS)
def test_a_wrong_field_is_named_by_its_path(spec: dict[str, Any], line: str) -> None:
    assert refusal(json.dumps(study_document(**spec))) == [f"study.yaml: {line}"]


@pytest.mark.parametrize(("content", "line"), TEXTS.values(), ids=TEXTS)
def test_what_is_no_study_is_refused_in_one_line(content: bytes, line: str) -> None:
    assert refusal(content) == [f"study.yaml: {line}"]


def test_every_wrong_field_gets_a_line_of_its_own() -> None:
    document = study_document(budget={"maxTrials": 0, "parallelism": 0}, suspend="no")
    assert refusal(json.dumps(document)) == [
        "study.yaml: spec.budget.maxTrials: must be at least 1, not 0",
        "study.yaml: spec.budget.parallelism: must be at least 1, not 0",
        "study.yaml: spec.suspend: must be true or false, not 'no'",
    ]


def test_a_field_has_the_name_that_kubernetes_knows() -> None:
    assert "study.yaml: spec.budget.max_trials: no field has this name; write maxTrials" in refusal(
        json.dumps(study_document(budget={"max_trials": 3}))
    )


def test_very_many_problems_are_cut_short() -> None:
    values: list[list[str]] = [[]] * 900
    lines = refusal(json.dumps(study_document(**a_list(values=values))))
    assert len(lines) == 51
    assert lines[-1] == "study.yaml: and 850 more"


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_line_stays_a_line(size: int) -> None:
    name = "\x1b]0;title\x07\n\u2028\u202e" * size
    [line] = refusal(json.dumps(study_document(**a_range(name=name, default=name))))
    assert line.isprintable()
    assert len(line) < 1_000


class TestFiles:
    def test_a_file_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "study.yaml"
        path.write_text(HEAD + SPEC, encoding="utf-8")
        assert load(path).metadata.name == "digits"

    def test_a_byte_order_mark_is_passed_over(self, tmp_path: Path) -> None:
        path = tmp_path / "study.yaml"
        path.write_text(HEAD + SPEC, encoding="utf-8-sig")
        assert load(path) == parse(HEAD + SPEC)

    @pytest.mark.parametrize("indent", [None, 2, "\t"])
    def test_json_is_read(self, indent: int | str | None) -> None:
        document = study_document()
        document["metadata"]["annotations"] = {"note": "a\tb \U0001f600 \u00e9 / \\"}
        study = parse(json.dumps(document, indent=indent))
        assert study == parse(json.dumps(document, ensure_ascii=False))
        assert study.metadata.annotations == {"note": "a\tb \U0001f600 \u00e9 / \\"}

    def test_a_pipe_is_read(self) -> None:
        reader, writer = os.pipe()
        os.write(writer, (HEAD + SPEC).encode())
        os.close(writer)
        try:
            assert load(Path(f"/dev/fd/{reader}")).metadata.name == "digits"
        finally:
            os.close(reader)

    @pytest.mark.parametrize(
        ("name", "line"),
        [
            ("missing.yaml", "no such file"),
            (".", "is a directory; name a study file"),
            ("file/study.yaml", "cannot be read: Not a directory"),
            ("x" * 300, "cannot be read: File name too long"),
            ("a\0b", "cannot be read: embedded null byte"),
        ],
    )
    def test_what_cannot_be_read(self, tmp_path: Path, name: str, line: str) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(InvalidInput) as caught:
            load(tmp_path / name)
        [said] = caught.value.lines()
        assert said.endswith(f": {line}")
        assert str(tmp_path) in said

    def test_an_unreadable_file(self, tmp_path: Path) -> None:
        path = tmp_path / "study.yaml"
        path.touch(mode=0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read every file")
        with pytest.raises(InvalidInput, match=r"study\.yaml: cannot be read: Permission denied$"):
            load(path)

    def test_a_line_break_in_a_file_name(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput) as caught:
            load(tmp_path / "a\nb\x1b")
        assert str(caught.value).isprintable()

    def test_an_endless_file_is_not_read_to_its_end(self) -> None:
        with pytest.raises(InvalidInput, match=r"^/dev/zero: larger than 1 MiB; a study is a few KiB$"):
            load(Path("/dev/zero"))


class TestReading:
    def test_a_status_is_not_the_users_to_write(self) -> None:
        document = {**study_document(), "status": {"phase": "Completed", "trials": "?"}}
        assert parse(json.dumps(document)).status.phase is Phase.PENDING

    def test_what_kubernetes_adds_to_metadata_is_passed_over(self) -> None:
        document = study_document()
        document["metadata"] |= {
            "resourceVersion": "7",
            "managedFields": [],
            "ownerReferences": [],
            "uid": "u",
        }
        assert parse(json.dumps(document)).metadata.uid == "u"

    def test_null_means_absent(self) -> None:
        document = study_document(
            budget={"maxTrials": 3, "parallelism": None, "maxDuration": None}, initial=None
        )
        assert parse(json.dumps(document)) == parse(json.dumps(study_document(budget={"maxTrials": 3})))

    def test_null_within_settings_is_kept(self) -> None:
        study = parse(json.dumps(study_document(algorithm={"settings": {"a": None}})))
        assert study.spec.algorithm.settings == {"a": None}

    def test_a_study_as_the_api_server_hands_it_out(self) -> None:
        """Its defaults filled in: it is the same study."""
        served = study_document(
            objectives=[{"metric": "accuracy", "direction": "maximize", "summary": "best"}],
            parameters=[{"scale": "linear", **parameter} for parameter in PARAMETERS],
            algorithm={"name": "auto", "seed": 0},
            initial={"default": True},
            budget={"maxTrials": 10, "parallelism": 1, "maxAttempts": 3},
            suspend=False,
            trial={
                "gracePeriod": "30s",
                "progressDeadline": "30m",
                "metrics": {"source": "sdk"},
                "trainer": {
                    "model": "mlp",
                    "dataset": "digits",
                    "maxEpochs": 30,
                    "seed": 0,
                    "testFraction": 0.2,
                    "validationFraction": 0.2,
                },
            },
        )
        assert parse(json.dumps(served)) == parse(json.dumps(study_document()))


class TestOverrides:
    CONTENT = json.dumps(study_document())

    def test_they_change_the_document_in_their_order(self) -> None:
        overrides = ["spec.budget.maxTrials=8", "spec.budget={maxTrials: 9}", "spec.budget.parallelism=2"]
        budget = parse(self.CONTENT, "study.yaml", overrides).spec.budget
        assert budget is not None
        assert (budget.max_trials, budget.parallelism) == (9, 2)

    def test_one_that_cannot_be_made_is_named(self) -> None:
        assert refusal(self.CONTENT, "spec.budget.maxTrials") == [
            "--set spec.budget.maxTrials: must be a path and a value, such as spec.budget.maxTrials=8"
        ]

    def test_what_it_made_wrong_names_it_too(self) -> None:
        assert refusal(self.CONTENT, "spec.budget.maxTrials=many") == [
            "study.yaml --set spec.budget.maxTrials=many: spec.budget.maxTrials: must be a whole number, not 'many'"
        ]

    def test_the_kind_cannot_be_changed(self) -> None:
        assert refusal(self.CONTENT, "kind=Trial") == [
            "study.yaml --set kind=Trial: kind: must be HyperparameterStudy, not 'Trial'"
        ]


def accepted_or_refused(content: bytes | str) -> None:
    try:
        study = parse(content, "study.yaml")
    except InvalidInput as refused:
        lines = refused.lines()
        assert lines
        assert all(line.startswith("study.yaml: ") and line.isprintable() for line in lines)
    else:
        assert isinstance(study, HyperparameterStudy)
        assert parse(json.dumps(study.document())) == study


class TestNothingElseComesOut:
    """Whatever a file holds, there is a study or a refusal."""

    @given(st.binary(max_size=200))
    def test_of_bytes(self, content: bytes) -> None:
        accepted_or_refused(content)

    @given(st.text(alphabet="abc01:.-_+e&*!<>|?@%`'\"#,[]{} \t\n~\\xuU", max_size=80))
    def test_of_yamlish_text(self, content: str) -> None:
        accepted_or_refused(content)

    @given(st.text(alphabet="abc01:.-_+e&*!<>|?'\"#,[]{} \n~\\xuU", max_size=40))
    def test_of_yamlish_text_in_a_study(self, content: str) -> None:
        accepted_or_refused(f"{HEAD}{SPEC}extra: {content}")
        accepted_or_refused(f"{HEAD}spec:\n  parameters:\n  - {content}\n")

    JSON = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["name", "type", "min", "max", "values", "when", "default", "step", "prior", "x"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )

    @given(st.sampled_from(sorted(study_document()["spec"])), JSON)
    def test_of_a_spec_with_one_field_of_any_shape(self, field: str, value: Any) -> None:
        accepted_or_refused(json.dumps(study_document(**{field: value})))

    @given(
        st.dictionaries(
            st.sampled_from(["min", "max", "step", "scale", "prior", "values", "default", "when"]),
            st.sampled_from(
                [0, 1, -1, 0.5, 1e-300, 5e-324, 1e308, -1e308, 2**53, "a", True, None, [1, 2], ["a"], [True]]
            )
            | st.sampled_from(["log", "reverseLog", "linear"])
            | st.fixed_dictionaries(
                {
                    "distribution": st.sampled_from(["normal", "logNormal"]),
                    "mean": st.floats(allow_nan=False, allow_infinity=False),
                    "deviation": st.sampled_from([5e-324, 0.1, 1e308]),
                }
            ),
        ),
        st.sampled_from(["float", "int", "categorical", "ordinal", "bool"]),
    )
    @settings(max_examples=300)
    def test_of_parameters_at_the_edges_of_what_is_legal(self, fields: dict[str, Any], kind: str) -> None:
        accepted_or_refused(json.dumps(study_document(**parameters({"name": "x", "type": kind, **fields}))))


def test_a_file_of_too_many_values_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunewright.api.kubectl_yaml.MAX_NODES", 1_000)
    assert refusal("[" + "1," * 100_000 + "]") == [
        "study.yaml: line 1, column 2002: more than 1,000 values up to here"
    ]
