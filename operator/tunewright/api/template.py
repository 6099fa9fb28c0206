"""The shape of a Job template, as far as Tunewright must rely on it; all else is Kubernetes' to check."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tunewright.api.base import Scalar
from tunewright.api.naming import environment_name
from tunewright.api.parameters import word
from tunewright.api.problems import Problem, unknown
from tunewright.api.study import StudySpec
from tunewright.api.trial_definition import TrialDefinition

_TEMPLATE = "spec.trial.template"
_REFERENCE = re.compile(r"\$\$|\$\((HP_[A-Za-z0-9_]+)\)", re.ASCII)

_TEXT: Mapping[str, Any] = {"text": True}
"""Stands for a text, where other mappings stand for an object with fields."""

_LABELS = {"labels": {"*": _TEXT}, "annotations": {"*": _TEXT}}
_CONTAINER = {
    "volumeMounts": [{"mountPath": _TEXT}],
    "ports": [{}],
    "resources": {"limits": {}, "requests": {}, "claims": [{}]},
    "securityContext": {"capabilities": {"add": [_TEXT], "drop": [_TEXT]}},
}
_JOB_TEMPLATE = {
    "metadata": _LABELS,
    "spec": {
        "template": {
            "metadata": _LABELS,
            "spec": {
                "volumes": [{}],
                "securityContext": {},
                "initContainers": [_CONTAINER],
                "containers": [_CONTAINER],
            },
        }
    },
}
"""What of a template is read or added to: it must have this form where it is there at all."""

_FIXED: Mapping[str, Mapping[str, tuple[Scalar | None, str]]] = {
    "spec": {
        "completions": (1, "an attempt is one pod"),
        "parallelism": (1, "an attempt is one pod"),
        "completionMode": ("NonIndexed", "an attempt is one pod"),
        "backoffLimit": (0, "spec.budget.maxAttempts bounds how often an interrupted trial is tried again"),
        "podReplacementPolicy": ("Failed", "an attempt is one pod"),
        "podFailurePolicy": (None, "how a trial ended is told from its pod by Tunewright's own rules"),
        "activeDeadlineSeconds": (
            None,
            "it runs on while the pod waits; give it below spec.template.spec",
        ),
        "suspend": (False, "spec.suspend suspends the study"),
        "selector": (None, "Kubernetes chooses it"),
        "manualSelector": (False, "Kubernetes chooses the selector"),
    },
    "spec.template.spec": {
        "restartPolicy": ("Never", "an attempt's program is started once"),
        "terminationGracePeriodSeconds": (None, "give spec.trial.gracePeriod instead"),
    },
}
"""What Tunewright sets itself: the one value that a template may name, and why."""

LEAST_TTL = 60
"""Seconds that an ended Job must be kept, so that its end is seen though the operator starts anew."""


def check_template(spec: StudySpec, definition: TrialDefinition) -> list[Problem]:
    """What is wrong with the study's `batch/v1` JobTemplateSpec, each by its path."""
    template: Any = definition.template
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
    problems = list(_check_shape(template, _TEMPLATE, _JOB_TEMPLATE))
    if problems:
        return problems
    variables = {environment_name(parameter.name) for parameter in spec.parameters}
    for field in ("containers", "initContainers"):
        for index, container in enumerate(holder.get(field, [])):
            where = f"{_TEMPLATE}.spec.template.spec.{field}[{index}]"
            problems += _check_container(container, where, variables)
    problems += _check_fixed(template)
    if not problems:
        problems += _check_metrics_container(definition, containers)
    return problems


def metrics_container(definition: TrialDefinition) -> dict[str, Any]:
    """Of a checked template, the container that trains and reports: the named one, or the only one."""
    template: Any = definition.template
    containers: list[dict[str, Any]] = template["spec"]["template"]["spec"]["containers"]
    wanted = definition.metrics_container
    return next(each for each in containers if wanted is None or each["name"] == wanted)


def extended_resources(container: Mapping[str, Any]) -> dict[str, Any]:
    """The devices that a container asks for, as the template gives their quantities: `nvidia.com/gpu: 1`.

    They are told from cpu and memory by the domain in their name.
    """
    resources = container.get("resources", {})
    asked = {**resources.get("requests", {}), **resources.get("limits", {})}
    return {name: quantity for name, quantity in asked.items() if "/" in name}


def _check_shape(value: Any, path: str, shape: Any) -> Iterator[Problem]:
    if shape is _TEXT:
        if not isinstance(value, str):
            yield Problem(path, "must be a text; put it in quotes")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield Problem(path, "must be a list")
            return
        for index, item in enumerate(value):
            yield from _check_shape(item, f"{path}[{index}]", shape[0])
    elif not isinstance(value, dict):
        yield Problem(path, "must be an object with fields")
    else:
        for field, each in value.items():
            if field in shape or "*" in shape:
                yield from _check_shape(each, f"{path}.{field}", shape.get(field, shape.get("*")))


def _check_fixed(template: Any) -> Iterator[Problem]:
    for level, fixed in _FIXED.items():
        holder = template
        for field in level.split("."):
            holder = holder[field]
        for field, (allowed, why) in fixed.items():
            if field in holder and holder[field] != allowed:
                right = "remove it" if allowed is None else f"must be {word(allowed)} or left out"
                yield Problem(f"{_TEMPLATE}.{level}.{field}", f"{right}: {why}")
    ttl = template["spec"].get("ttlSecondsAfterFinished", LEAST_TTL)
    if not isinstance(ttl, int) or ttl < LEAST_TTL:
        message = f"must be at least {LEAST_TTL}: a Job that is gone at once takes its result with it"
        yield Problem(f"{_TEMPLATE}.spec.ttlSecondsAfterFinished", message)
    deadline = template["spec"]["template"]["spec"].get("activeDeadlineSeconds", 1)
    if not isinstance(deadline, int) or deadline < 1:
        path = f"{_TEMPLATE}.spec.template.spec.activeDeadlineSeconds"
        yield Problem(path, "must be a whole number, at least 1")


def _check_metrics_container(
    definition: TrialDefinition, containers: list[dict[str, Any]]
) -> Iterator[Problem]:
    names = [container["name"] for container in containers]
    wanted = definition.metrics_container
    if wanted is None and len(names) > 1:
        listed = ", ".join(names)
        yield Problem(
            "spec.trial.metricsContainer", f"required with several containers; choose one of {listed}"
        )
    elif wanted is not None and wanted not in names:
        yield Problem("spec.trial.metricsContainer", unknown("container", wanted, names))
    elif definition.trainer is not None:
        container = metrics_container(definition)
        path = f"{_TEMPLATE}.spec.template.spec.containers[{names.index(container['name'])}]"
        for field in ("command", "args"):
            if field in container:
                yield Problem(f"{path}.{field}", "spec.trial.trainer runs here; remove one of them")


def _check_container(container: Mapping[str, Any], path: str, variables: set[str]) -> Iterator[Problem]:
    if not isinstance(container.get("name"), str):
        yield Problem(f"{path}.name", "required, and must be a text")
    named = set(variables)
    for index, variable in enumerate(_listed(container, "env")):
        if isinstance(variable, dict) and isinstance(variable.get("name"), str):
            named.add(variable["name"])
        yield from _check_variable(variable, f"{path}.env[{index}]", variables)
    for field in ("command", "args"):
        for index, text in enumerate(_listed(container, field)):
            yield from _check_text(text, f"{path}.{field}[{index}]", named)
    for field in ("command", "args", "env"):
        if field in container and not isinstance(container[field], list):
            yield Problem(f"{path}.{field}", "must be a list")
    for name, quantity in extended_resources(container).items():
        if not str(quantity).isdecimal():
            yield Problem(f"{path}.resources.limits.{name}", "must be a whole number, such as 1")


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
