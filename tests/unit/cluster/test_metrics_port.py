"""Tests of the port that metrics are served at."""

from typing import Any

import pytest

from tunewright.cluster.metrics_port import METRICS_PORT, METRICS_PORT_NAME, with_metrics_port


def found(
    main: list[dict[str, Any]], side: list[dict[str, Any]] | None = None, **pod: Any
) -> tuple[list[Any], int | None]:
    container: dict[str, Any] = {"name": "main", "ports": main}
    spec = {"containers": [container, {"name": "side", "ports": side or []}], **pod}
    container, port = with_metrics_port(spec, container)
    return container["ports"], port


def ours(port: int = METRICS_PORT) -> dict[str, Any]:
    return {"name": METRICS_PORT_NAME, "containerPort": port}


WEB = {"name": "web", "containerPort": METRICS_PORT}


@pytest.mark.parametrize(
    ("main", "side", "ports", "port"),
    [
        ([], [], [ours()], METRICS_PORT),
        ([WEB], [], [WEB, ours(METRICS_PORT + 1)], METRICS_PORT + 1),
        ([], [WEB], [ours(METRICS_PORT + 1)], METRICS_PORT + 1),
        ([ours(80)], [], [ours(80)], 80),
        ([], [ours(80)], [ours()], METRICS_PORT),
        ([{"containerPort": 80}], [], [{"containerPort": 80}, ours()], METRICS_PORT),
    ],
)
def test_a_free_port_or_the_named_one(
    main: list[dict[str, Any]], side: list[dict[str, Any]], ports: list[dict[str, Any]], port: int
) -> None:
    assert found(main, side) == (ports, port)


def test_none_on_the_network_of_the_node() -> None:
    assert found([], hostNetwork=True) == ([], None)
