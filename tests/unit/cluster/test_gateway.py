"""What the gateway makes of a server that is not there or does not answer."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from kubernetes.client import ApiClient, Configuration

from tunewright.cluster.events import Recorder
from tunewright.cluster.gateway import JOBS, NAMESPACES, PODS, Gateway, Unavailable


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def gateway(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setenv("NO_PROXY", "*")
    configuration = Configuration(host=f"http://127.0.0.1:{listener.getsockname()[1]}")
    configuration.retries = False
    return Gateway(ApiClient(configuration), "default", read_timeout=0.2)


def test_paths() -> None:
    assert JOBS.path(None) == "/apis/batch/v1/jobs"
    assert JOBS.path("n") == "/apis/batch/v1/namespaces/n/jobs"
    assert JOBS.path("n", "j") == "/apis/batch/v1/namespaces/n/jobs/j"
    assert NAMESPACES.path(None, "n") == "/api/v1/namespaces/n"
    assert PODS.path("n", "../secrets/s") == "/api/v1/namespaces/n/pods/..%2Fsecrets%2Fs"


CALLS: list[Callable[[Gateway], object]] = [
    lambda gateway: gateway.list(PODS, None),
    lambda gateway: gateway.get(PODS, "n", "p"),
    lambda gateway: gateway.create(PODS, "n", {}),
    lambda gateway: gateway.merge(PODS, "n", "p", {}),
    lambda gateway: gateway.delete(PODS, "n", "p", "u"),
    lambda gateway: gateway.log("n", "p", "c", limit_bytes=10),
    lambda gateway: gateway.watch(PODS, None, resource_version="1", timeout=0),
]


@pytest.mark.parametrize("call", CALLS)
def test_no_answer_ends_in_time(gateway: Gateway, call: Callable[[Gateway], object]) -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable, match="no answer") as failed:
        call(gateway)
    assert time.monotonic() - began < 5
    assert failed.value.code == 0


@pytest.mark.parametrize("call", CALLS)
def test_nobody_there(gateway: Gateway, listener: socket.socket, call: Callable[[Gateway], object]) -> None:
    listener.close()
    with pytest.raises(Unavailable, match="no answer"):
        call(gateway)


def test_an_event_that_cannot_be_written_stops_nobody(
    gateway: Gateway, listener: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    listener.close()
    study = {
        "apiVersion": "tunewright.dev/v1alpha1",
        "kind": "HyperparameterStudy",
        "metadata": {"name": "digits", "namespace": "n", "uid": "u"},
    }
    Recorder(gateway, lambda: 0).record(study, "Normal", "Started", "the first trial runs")
    assert "event Started of digits was not written: no answer" in caplog.text
