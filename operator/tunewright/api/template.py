"""The shape of a Job template, as far as Tunewright must rely on it; all else is Kubernetes' to check."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tunewright.api.naming import environment_name
from tunewright.api.problems import Problem, unknown
from tunewright.api.study import StudySpec

_TEMPLATE = "spec.trial.template"
_REFERENCE = re.compile(r"\$\$|\$\((HP_[A-Za-z0-9_]+)\)", re.ASCII)


def check_template(spec: StudySpec, template: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the study's `batch/v1` JobTemplateSpec, each by its path."""
    holder: Any = template
    path = _TEMPLATE
    for field in ("spec", "template", "spec"):
        path = f"{path}.{field}"
        holder = holder.get(field)
        if not isinstance(holder, dict):
            needed = "required; a Job template has its containers under spec.template.spec.containers"
            return [Problem(path, needed if holder is None else "must be an object with fields")]
    containers = holder.get("containers")
    path = f"{path}.containers"
    if not isinstance(containers, list) or not containers:
        return [Problem(path, "must be a list of at least one container")]
    variables = {environment_name(parameter.name) for parameter in spec.parameters}
    problems = [
        problem
        for index, container in enumerate(containers)
        for problem in _check_container(container, f"{path}[{index}]", variables)
    ]
    return problems or list(_check_metrics_container(spec, [container["name"] for container in containers]))


def _check_metrics_container(spec: StudySpec, names: list[str]) -> Iterator[Problem]:
    assert spec.trial is not None
    wanted = spec.trial.metrics_container
    if wanted is None and len(names) > 1:
        listed = ", ".join(names)
        yield Problem(
            "spec.trial.metricsContainer", f"required with several containers; choose one of {listed}"
        )
    if wanted is not None and wanted not in names:
        yield Problem("spec.trial.metricsContainer", unknown("container", wanted, names))


def _check_container(container: Any, path: str, variables: set[str]) -> Iterator[Problem]:
    if not isinstance(container, dict):
        yield Problem(path, "must be an object with fields")
        return
    if not isinstance(container.get("name"), str):
        yield Problem(f"{path}.name", "required, and must be a text")
    named = set(variables)
    for index, variable in enumerate(_listed(container, "env")):
        if isinstance(variable, dict) and isinstance(variable.get("name"), str):
            named.add(variable["name"])
        yield from _check_variable(variable, f"{path}.env[{index}]", variables)
    for field in ("command", "args"):
        for index, word in enumerate(_listed(container, field)):
            yield from _check_text(word, f"{path}.{field}[{index}]", named)
    for field in ("command", "args", "env"):
        if field in container and not isinstance(container[field], list):
            yield Problem(f"{path}.{field}", "must be a list")


def _listed(container: Mapping[str, Any], field: str) -> list[Any]:
    value = container.get(field)
    return value if isinstance(value, list) else []


def _check_variable(variable: Any, path: str, variables: set[str]) -> Iterator[Problem]:
    name = variable.get("name") if isinstance(variable, dict) else None
    if not isinstance(name, str) or not name or "=" in name:
        yield Problem(path, "must be an object with a name, and a value or valueFrom")
        return
    if name in variables or name.startswith("TUNEWRIGHT_"):
        yield Problem(f"{path}.name", f"{name} is set by Tunewright; choose another name")
    if "value" in variable:
        yield from _check_text(variable["value"], f"{path}.value", None)


def _check_text(text: Any, path: str, named: set[str] | None) -> Iterator[Problem]:
    """`named` are the variables that `$(HP_...)` may refer to; None where any may be meant."""
    if not isinstance(text, str):
        yield Problem(path, "must be a text; put it in quotes")
        return
    if named is None:
        return
    for match in _REFERENCE.finditer(text):
        name = match.group(1)
        if name is not None and name not in named:
            yield Problem(path, unknown("variable", name, sorted(named)))
