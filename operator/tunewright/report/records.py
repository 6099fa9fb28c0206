"""The results for programs: JSON, YAML and CSV."""

import csv
import io
import json
import math
from collections.abc import Mapping
from typing import Any

import yaml

from tunewright.api.base import Scalar, format_time
from tunewright.api.trial import Attempt, Trial
from tunewright.report.view import StudyView

Record = dict[str, Any]
"""Plain JSON types, with null for what is not finite."""


def results(view: StudyView) -> Record:
    """The study in the shape `{"study", "phase", "best", "trials"}`; best is null while there is none."""
    best = view.best
    return {
        "study": view.name,
        "phase": view.study.status.phase.value,
        "best": best
        and {
            "name": best.name,
            "index": best.index,
            "parameters": _in_order(view, best.parameters),
            "metrics": _finite({**_metrics_of(view, best.name), **best.objectives}),
            "test": _finite(view.test(best.name)),
            "violations": dict(best.violations),
        },
        "trials": [record(view, trial) for trial in view.searched],
    }


def record(view: StudyView, trial: Trial) -> Record:
    """One trial; `metrics` holds one value each: an objective's is the trial's value, any other the last."""
    status = trial.status
    return {
        "name": trial.name,
        "index": trial.spec.index,
        "purpose": trial.spec.purpose.value,
        "state": status.state.value,
        "reason": status.reason,
        "message": status.message,
        "parameters": _in_order(view, trial.spec.parameters),
        "metrics": _finite(view.metrics(trial)),
        "test": _finite(view.test(trial.name)),
        "feasible": status.feasible,
        "violations": dict(status.violations),
        "pareto": any(member.name == trial.name for member in view.front),
        "attempts": [_attempt(attempt) for attempt in status.attempts],
    }


def as_json(view: StudyView) -> str:
    """The results as strict JSON, UTF-8, ending with a newline."""
    return json.dumps(results(view), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # libyaml's is ten times as fast
    """Quotes a text that any YAML reader takes for a number: `1e-5` is one to kubectl, not to PyYAML."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Write the best trial's parameters out twice instead of as an alias."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if _like_a_number(text) else None)


_Dumper.add_representer(str, _represent_text)


def _like_a_number(text: str) -> bool:
    for read in (float, lambda digits: int(digits, 0)):
        try:
            read(text)
        except ValueError:
            continue
        return True
    return False


def as_yaml(view: StudyView) -> str:
    """The results as YAML, with the fields of the JSON."""
    return yaml.dump(results(view), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)


def as_csv(view: StudyView) -> str:
    """One row per trial; a column per parameter, metric and test metric, empty where there is no value."""
    trials = results(view)["trials"]
    parameters = [parameter.name for parameter in view.study.spec.parameters]
    metrics = view.in_order({metric for trial in trials for metric in trial["metrics"]})
    tests = view.in_order({metric for trial in trials for metric in trial["test"]})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    own = ["name", "index", "purpose", "state", "reason", "message", "attempts"]
    own += ["feasible"] if view.constraints else []
    writer.writerow(
        own
        + [f"parameter.{name}" for name in parameters]
        + [f"metric.{name}" for name in metrics]
        + [f"test.{name}" for name in tests]
    )
    for trial in trials:
        row = {**trial, "attempts": len(trial["attempts"])}
        cells = [row[field] for field in own]
        cells += [trial["parameters"].get(name) for name in parameters]
        cells += [trial["metrics"].get(name) for name in metrics]
        cells += [trial["test"].get(name) for name in tests]
        writer.writerow([_cell(value) for value in cells])
    return text.getvalue()


def _cell(value: Scalar | None) -> str | int | float | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"  # else a spreadsheet runs it as a formula
    return value


def _in_order(view: StudyView, parameters: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """As the study declares them: a cluster sorts what it stores."""
    declared = [parameter.name for parameter in view.study.spec.parameters]
    return {name: parameters[name] for name in declared if name in parameters}


def _metrics_of(view: StudyView, name: str) -> dict[str, float]:
    return next((view.metrics(trial) for trial in view.searched if trial.name == name), {})


def _finite(metrics: dict[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}


def _attempt(attempt: Attempt) -> Record:
    return {
        "number": attempt.number,
        "startedAt": None if attempt.started_at is None else format_time(attempt.started_at),
        "endedAt": None if attempt.ended_at is None else format_time(attempt.ended_at),
        "outcome": attempt.outcome.value,
        "reason": attempt.reason,
        "message": attempt.message,
    }
