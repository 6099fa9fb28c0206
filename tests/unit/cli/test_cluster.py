"""What is said where a cluster cannot be asked: its server is not there, or does not have our kinds."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tunewright.cli.cluster import find_in_cluster
from tunewright.cli.failures import CannotBeDone
from tunewright.cli.where import Where


class Foreign(BaseHTTPRequestHandler):
    """Answers as an API server does that has none of our kinds."""

    def do_GET(self) -> None:
        body = b"404 page not found\n"
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def foreign() -> Iterator[int]:
    """The port of a server without our kinds."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Foreign) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def closed() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def kubeconfig(folder: Path, port: int) -> Path:
    path = folder / "kubeconfig"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "x"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(("study", "trial"), [(None, ""), ("digits", ""), (None, "digits-1"), (None, "1")])
def test_a_cluster_without_tunewright(tmp_path: Path, foreign: int, study: str | None, trial: str) -> None:
    with pytest.raises(CannotBeDone) as refused:
        find_in_cluster(Where(kubeconfig=kubeconfig(tmp_path, foreign)), study, trial)

    assert str(refused.value) == (
        "Tunewright is not installed in this cluster: it has no HyperparameterStudy; see docs/install.md"
    )


def test_a_cluster_that_is_not_there(tmp_path: Path, closed: int) -> None:
    with pytest.raises(CannotBeDone) as refused:
        find_in_cluster(Where(kubeconfig=kubeconfig(tmp_path, closed)), "digits")

    said = str(refused.value)
    assert said.startswith("the cluster cannot be asked: no answer: ")
    assert "Connection refused" in said
    assert "\n" not in said
