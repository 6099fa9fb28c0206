"""A server of container logs: what the API server does with `.../pods/POD/log`, as a kubelet fills it."""

import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlparse

from kubernetes.client import ApiClient, Configuration

from tunewright.cluster.gateway import Gateway

SECOND = 10**9
ZONE = timezone(timedelta(hours=5, minutes=30))


def stamp(nanoseconds: int) -> str:
    """As a kubelet writes a time: RFC 3339 with nine digits, in the zone of its node."""
    moment = datetime.fromtimestamp(nanoseconds // SECOND, ZONE)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds % SECOND:09}{moment.isoformat()[-6:]}"


class LogServer:
    """Serves one log, whatever pod is asked for.

    Attributes:
        pieces: of the log, each with its time in nanoseconds; one that has no line end is continued.
        answers: statuses that the next requests get in place of the log.
        requests: the queries so far.
    """

    def __init__(self) -> None:
        self.pieces: list[tuple[int, bytes]] = []
        self.answers: list[int] = []
        self.requests: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def gateway(self) -> Gateway:
        """Calls it."""
        configuration = Configuration(host=f"http://127.0.0.1:{self._server.server_port}")
        configuration.retries = False
        return Gateway(ApiClient(configuration), "default")

    def log(self, query: dict[str, str]) -> bytes:
        """As `ReadLogs` of k8s.io/cri-client does it."""
        since = int(datetime.fromisoformat(query.get("sinceTime", "1970-01-01T00:00:00Z")).timestamp())
        text = b""
        begins = True
        for time, piece in self.pieces:
            if time >= since * SECOND:
                text += (stamp(time).encode() + b" " if begins else b"") + piece
            begins = piece.endswith(b"\n")
        return text[: int(query["limitBytes"])]


def _handler(server: LogServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlparse(self.path).query).items()}
            server.requests.append(query)
            status = server.answers.pop(0) if server.answers else 200
            body = server.log(query) if status == 200 else b'{"message": "no log to be had"}'
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    return Handler
