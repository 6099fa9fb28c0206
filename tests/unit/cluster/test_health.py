"""The operator's own HTTP server, really served."""

import socket
from http.client import HTTPConnection

from tunewright.cluster import health
from tunewright.cluster.telemetry import LEADER


def ask(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=3)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


def test_probes_say_what_is_wrong() -> None:
    wrong = ""
    port = health.serve(0, lambda: wrong, lambda: "not yet")
    assert ask(port, "/healthz") == (200, "ok\n")
    assert ask(port, "/readyz") == (503, "not yet\n")
    wrong = "worker-1 died"
    assert ask(port, "/healthz") == (503, "worker-1 died\n")
    status, page = ask(port, "/metrics")
    assert status == 200
    assert LEADER._name in page


def test_a_client_that_sends_nothing_holds_up_no_probe() -> None:
    port = health.serve(0, str, str)
    with socket.create_connection(("127.0.0.1", port)):
        assert ask(port, "/healthz") == (200, "ok\n")
