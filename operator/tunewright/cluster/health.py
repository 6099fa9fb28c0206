"""The operator's own small HTTP server: /healthz, /readyz, /metrics.

Kopf's begins with kopf, which a standby does not start before it holds the lease.
"""

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

Probe = Callable[[], str]
"""Says in a line what is wrong; empty where nothing is."""


class _Quiet(WSGIRequestHandler):
    timeout = 10  # seconds, for a client that sends nothing

    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds."""


class _Server(ThreadingMixIn, WSGIServer):
    """One thread for each client: one that sends nothing must not hold up a probe."""

    daemon_threads = True


def serve(port: int, healthy: Probe, ready: Probe) -> int:
    """Answer, in a thread, for as long as the process lives. Returns the port, chosen where 0 was asked for.

    Raises:
        OSError: the port cannot be had.
    """
    metrics = make_wsgi_app()
    probes = {"/healthz": healthy, "/readyz": ready}

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        probe = probes.get(environ["PATH_INFO"])
        if probe is None:
            page: Iterable[bytes] = metrics(environ, start_response)
            return page
        wrong = probe()
        start_response("503 Service Unavailable" if wrong else "200 OK", [("Content-Type", "text/plain")])
        return [f"{wrong or 'ok'}\n".encode()]

    server = make_server("", port, application, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server.server_port
