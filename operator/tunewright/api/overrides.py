"""Changes to a document from the command line: `spec.budget.maxTrials=8`."""

import re

from pydantic import JsonValue

from tunewright.api.kubectl_yaml import read
from tunewright.api.problems import Invalid, join

_FIELD, _CHOICE = r"[^.\[\]]+", r"\[[^\[\]]+\]"
_PATH = re.compile(rf"{_FIELD}(?:\.{_FIELD}|{_CHOICE})*")
_STEPS = re.compile(rf"{_CHOICE}|{_FIELD}")


def override(document: dict[str, JsonValue], text: str) -> None:
    """Set one field of the document.

    Args:
        document: changed in place; objects that are missing on the way are made.
        text: `path=value`. A path's steps are `field`, `[3]` of a list, and `[name]` of a list of named
            objects: `spec.parameters[width].max=9`. The value is YAML; an empty one removes the field.

    Raises:
        Invalid: there is no such place, or the value is no YAML.
    """
    path, equals, value = text.partition("=")
    if not equals or not _PATH.fullmatch(path):
        raise Invalid("", "must be a path and a value, such as spec.budget.maxTrials=8")
    *steps, last = _STEPS.findall(path)
    container: JsonValue = document
    reached = ""
    for step in steps:
        reached, container = _enter(container, step, reached)
    _assign(container, last, reached, read(value))


def _enter(container: JsonValue, step: str, reached: str) -> tuple[str, JsonValue]:
    if isinstance(container, list):
        index = _index(container, step, reached)
        return f"{reached}[{index}]", container[index]
    fields = _object(container, step, reached)
    if fields.get(step) is None:
        fields[step] = {}
    return join(reached, step), fields[step]


def _assign(container: JsonValue, step: str, reached: str, value: JsonValue) -> None:
    if isinstance(container, list):
        container[_index(container, step, reached)] = value
    else:
        fields = _object(container, step, reached)
        fields.pop(step, None)
        if value is not None:
            fields[step] = value


def _object(container: JsonValue, step: str, reached: str) -> dict[str, JsonValue]:
    if step.startswith("["):
        raise Invalid(reached, f"is no list; {step} chooses from a list")
    if not isinstance(container, dict):
        raise Invalid(reached, f"has no fields, so none named {step}")
    return container


def _index(container: list[JsonValue], step: str, reached: str) -> int:
    choice = step[1:-1]
    if not step.startswith("["):
        raise Invalid(reached, f"is a list; choose from it, as in {reached}[0].{step}")
    if choice.isdecimal():
        if int(choice[:9]) >= len(container):
            raise Invalid(reached, f"has no item {step}; it has {len(container)}, counted from 0")
        return int(choice)
    names = [item.get("name") if isinstance(item, dict) else None for item in container]
    if choice not in names:
        listed = ", ".join(name for name in names if isinstance(name, str))
        raise Invalid(
            reached, f"has no item named {choice}; " + (f"there are {listed}" if listed else "use [0]")
        )
    return names.index(choice)
