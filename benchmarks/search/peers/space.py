"""A task's search space, read for libraries that know fewer kinds of parameter than Tunewright.

Standard library only: this runs in every peer's environment.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Parameter = Mapping[str, Any]
Configuration = dict[str, Any]


def levels(parameter: Parameter) -> list[Any] | None:
    """The values of a parameter that has finitely many listed ones, in order; None for a plain range.

    A numeric parameter with a step is listed, since few libraries know steps.
    """
    if parameter["type"] == "bool":
        return [False, True]
    if "values" in parameter:
        return list(parameter["values"])
    if parameter.get("step") is None:
        return None
    # In decimals, so that the third step of 0.1 is 0.3.
    low, high, step = (Decimal(str(parameter[key])) for key in ("min", "max", "step"))
    count = int((high - low) / step) + 1
    cast = int if parameter["type"] == "int" else float
    return [cast(low + step * index) for index in range(count)]


def ordered(parameter: Parameter) -> bool:
    """Whether the levels of a listed parameter have an order: an ordinal, or a number with a step."""
    return parameter["type"] not in ("categorical", "bool")


def is_log(parameter: Parameter) -> bool:
    """Whether a range is searched on a logarithmic scale."""
    return bool(parameter.get("scale") == "log")


def is_active(parameter: Parameter, configuration: Mapping[str, Any]) -> bool:
    """Whether a parameter's conditions hold beside a configuration that has active parameters alone."""
    return all(
        parent in configuration and configuration[parent] in values
        for parent, values in (parameter.get("when") or {}).items()
    )


def parents_first(parameters: Sequence[Parameter]) -> list[Parameter]:
    """The parameters, each after those that its conditions name."""
    ranked: list[Parameter] = []
    waiting = list(parameters)
    while waiting:
        known = {parameter["name"] for parameter in ranked}
        ready = [parameter for parameter in waiting if known.issuperset(parameter.get("when") or {})]
        if not ready:
            raise ValueError(f"conditions in a circle, or on no parameter: {[p['name'] for p in waiting]}")
        ranked += ready
        waiting = [parameter for parameter in waiting if parameter not in ready]
    return ranked


def configuration_of(parameters: Sequence[Parameter], point: Mapping[str, Any]) -> Configuration:
    """The active part of a full point of a library's flat space.

    In `point` an ordered listed parameter is the index of its level, any other its value.
    """
    configuration: Configuration = {}
    for parameter in parents_first(parameters):
        if is_active(parameter, configuration):
            configuration[parameter["name"]] = value_of(parameter, point[parameter["name"]])
    return configuration


def value_of(parameter: Parameter, code: Any) -> Any:
    """One parameter's value: decoded from its index, or of its type and within its bounds."""
    listed = levels(parameter)
    if listed is None:
        cast = _whole if parameter["type"] == "int" else float
        return cast(min(max(code, parameter["min"]), parameter["max"]))
    return listed[_whole(code)] if ordered(parameter) else listed[listed.index(code)]


def encoded(parameter: Parameter, value: Any) -> Any:
    """What stands for a value in a library's space: the index of an ordered level, else the value."""
    listed = levels(parameter)
    return listed.index(value) if listed is not None and ordered(parameter) else value


def encoded_point(parameters: Sequence[Parameter], configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration of a space without conditions, as a point of a library's space."""
    return {p["name"]: encoded(p, configuration[p["name"]]) for p in parameters}


def _whole(number: Any) -> int:
    return round(float(number))  # libraries give numpy's numbers too
