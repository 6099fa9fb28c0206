"""Where an attempt's metrics are served: a port of the container that trains, found by its name."""

from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

METRICS_PORT = 8791
"""Its number, unless a container of the pod has that one."""

METRICS_PORT_NAME = "tunewright"
"""A template's own port of this name is taken instead."""


def with_metrics_port(pod: Mapping[str, Any], container: Mapping[str, Any]) -> tuple[Document, int | None]:
    """The container with a port for its metrics, and the port's number.

    It gets none, and the number is None, in a pod on its node's network: there anybody may answer.
    """
    if pod.get("hostNetwork"):
        return {**container}, None
    ports = container.get("ports", [])
    for port in ports:
        if port.get("name") == METRICS_PORT_NAME and isinstance(port.get("containerPort"), int):
            return {**container}, port["containerPort"]
    taken = {port.get("containerPort") for each in pod["containers"] for port in each.get("ports", [])}
    number = next(port for port in range(METRICS_PORT, METRICS_PORT + len(taken) + 1) if port not in taken)
    return {**container, "ports": [*ports, {"name": METRICS_PORT_NAME, "containerPort": number}]}, number
