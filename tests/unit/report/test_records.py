import csv
import io
import json
import math

import yaml
from tests.builders import a_study, a_trial
from tests.unit.report.studies import PARAMETERS, a_view, with_status

from tunewright.api.trial import TrialState
from tunewright.report.records import as_csv, as_json, as_yaml, results
from tunewright.report.view import StudyView


def test_json_has_the_promised_shape() -> None:
    view = a_view(12)
    found = json.loads(as_json(view))
    assert list(found) == ["study", "phase", "best", "trials"]
    assert (found["study"], found["phase"]) == ("digits", "Completed")
    assert len(found["trials"]) == 12
    for trial in found["trials"]:
        assert {"name", "state", "parameters", "metrics"} <= set(trial)
    best = next(trial for trial in found["trials"] if trial["name"] == found["best"]["name"])
    assert best["metrics"] == found["best"]["metrics"]
    assert best["test"] == {"test_loss": 1 - 0.9722, "test_accuracy": 0.9722}
    assert best["pareto"]


def test_values_keep_all_digits_and_their_types() -> None:
    trial = a_trial(0, accuracy=0.1 + 0.2, parameters={"learning_rate": 0.0012345678901234567})
    found = json.loads(as_json(StudyView(a_study(), [trial], {})))["trials"][0]
    assert found["parameters"]["learning_rate"] == 0.0012345678901234567
    assert found["metrics"]["accuracy"] == 0.1 + 0.2


def test_json_is_strict_where_a_metric_is_not_finite() -> None:
    trial = a_trial(0, accuracy=math.nan)
    text = as_json(StudyView(a_study(), [trial], {}))
    assert json.loads(text, parse_constant=lambda name: 1 / 0)["trials"][0]["metrics"] == {"accuracy": None}


def test_before_the_first_result_best_is_null() -> None:
    assert json.loads(as_json(a_view(0))) == {
        "study": "digits",
        "phase": "Completed",
        "best": None,
        "trials": [],
    }


def test_yaml_says_the_same_as_json() -> None:
    view = a_view(6)
    assert yaml.safe_load(as_yaml(view)) == json.loads(as_json(view)) == results(view)


def test_yaml_quotes_a_text_that_another_reader_takes_for_a_number() -> None:
    values = ["1e-5", "0o17", "1_000", "no", "nan", "adam"]
    parameters = [{"name": "choice", "type": "categorical", "values": values}]
    trials = [a_trial(i, parameters={"choice": value}) for i, value in enumerate(values)]
    text = as_yaml(StudyView(a_study(parameters=parameters), trials, {}))
    assert [line.split(": ")[1] for line in text.splitlines() if "choice:" in line] == [
        "'1e-5'", "'0o17'", "'1_000'", "'no'", "'nan'", "adam",
    ]  # fmt: skip


def test_yaml_repeats_instead_of_pointing() -> None:
    assert "*id" not in as_yaml(a_view(3))


def test_csv_has_a_column_per_parameter_and_metric() -> None:
    view = a_view(12)
    rows = list(csv.DictReader(io.StringIO(as_csv(view))))
    assert len(rows) == 12
    assert {f"parameter.{parameter['name']}" for parameter in PARAMETERS} <= rows[0].keys()
    assert float(rows[0]["metric.validation_accuracy"]) == view.evaluated["digits-5f0c-0"][0]
    assert rows[0]["test.test_accuracy"] == "0.9444"
    assert rows[0]["parameter.momentum"] == ""
    assert rows[0]["parameter.batch_norm"] == "false"
    failed = next(row for row in rows if row["state"] == "Failed")
    assert failed["metric.validation_accuracy"] == ""
    assert failed["reason"]


def test_csv_cells_are_no_formulas() -> None:
    values = ["=1+1", "+1", "-1", "@a", "\tb", "plain", 'quo"te,\nline']
    parameters = [
        {"name": "choice", "type": "categorical", "values": values},
        {"name": "x", "type": "float", "min": -1, "max": 0},
    ]
    trials = [a_trial(i, parameters={"choice": value, "x": -0.5}) for i, value in enumerate(values)]
    rows = list(csv.DictReader(io.StringIO(as_csv(StudyView(a_study(parameters=parameters), trials, {})))))
    assert [row["parameter.choice"] for row in rows] == [
        "'=1+1", "'+1", "'-1", "'@a", "'\tb", "plain", 'quo"te,\nline',
    ]  # fmt: skip
    assert rows[0]["parameter.x"] == "-0.5"


def test_csv_of_unfinished_trials() -> None:
    view = with_status(a_study(), [a_trial(0, state=TrialState.RUNNING)], {}, phase="Running")
    assert as_csv(view).splitlines()[1] == "digits-0,0,search,Running,,,0,0.001,adam,"
