"""Pages of pods: the SDK's own, and whatever else may answer."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cluster.pages import CountedPage, a_pod, served
from tests.unit.trainer.conftest import Home

from tunewright.cluster.scraping import PageOfPod, ScrapeFailed, fetch
from tunewright.metrics.last_word import readings_of_last_word
from tunewright_trainer.sdk.record import Record

Answer = Callable[[socket.socket], object]


@contextmanager
def a_server(answer: Answer, host: str = "127.0.0.1") -> Iterator[int]:
    """A port where each connection gets an answer, and is closed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def sends(*pieces: bytes) -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.recv(10**6)
        for piece in pieces:
            connection.sendall(piece)

    return answer


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_page(host: str) -> None:
    requests: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        requests.append(connection.recv(10**6))
        connection.sendall(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\npa")
        connection.sendall(b"ge\r\n\r\n")

    with a_server(answer, host) as port:
        assert fetch(host, port) == b"page\r\n\r\n"
        name = "[::1]" if host == "::1" else host
    assert requests[0].startswith(b"GET /metrics HTTP/1.0\r\n")
    assert f"\r\nHost: {name}:{port}\r\n".encode() in requests[0]


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ([], "the answer is not HTTP"),
        ([b"SSH-2.0-OpenSSH\r\n\r\n"], "the answer is not HTTP"),
        ([b"HTTP/1.0 200 OK\r\nA: b"], "the answer is not HTTP"),
        ([b"\0" * 1000], "the answer is not HTTP"),
        ([b"HTTP/1.0 404 Not Found\r\n\r\n"], "the answer is not 200: 404 Not Found"),
        ([b"HTTP/1.0 500 \x1b[2J\nx\r\n\r\n"], "the answer is not 200: 500"),
        ([b"HTTP/1.0\r\n\r\n"], "the answer is not 200"),
        ([b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 5000], "the page has more than 4096 bytes"),
        ([b"HTTP/1.0 200 OK\r\nA: ", b"x" * 5000], "the page has more than 4096 bytes"),
    ],
)
def test_no_page(pieces: list[bytes], message: str) -> None:
    with a_server(sends(*pieces)) as port, pytest.raises(ScrapeFailed, match=message) as failed:
        fetch("127.0.0.1", port, limit=4096)
    assert str(failed.value).isprintable()


def test_a_redirect_is_not_followed() -> None:
    asked: list[bytes] = []
    with a_server(lambda connection: asked.append(connection.recv(100))) as elsewhere:
        moved = f"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:{elsewhere}/metrics\r\n\r\n"
        with a_server(sends(moved.encode())) as port, pytest.raises(ScrapeFailed, match="302 Found"):
            fetch("127.0.0.1", port)
    assert asked == []


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with a_server(sends(b"HTTP/1.0 200 OK\r\n\r\npage")) as port:
        assert fetch("127.0.0.1", port) == b"page"


def drip(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"x")


def say_nothing(connection: socket.socket) -> None:
    while connection.recv(100):
        pass


@pytest.mark.parametrize("answer", [drip, say_nothing])
def test_all_of_it_has_one_time_limit(answer: Answer) -> None:
    with a_server(answer) as port:
        began = time.monotonic()
        with pytest.raises(ScrapeFailed, match=r"no whole answer within 0\.2 s"):
            fetch("127.0.0.1", port, timeout=0.2, limit=10**9)
        assert time.monotonic() - began < 2


def test_an_endless_page() -> None:
    def answer(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"x" * 10**5)

    with a_server(answer) as port, pytest.raises(ScrapeFailed, match="more than"):
        fetch("127.0.0.1", port)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ScrapeFailed, match="Connection refused"):
        fetch("127.0.0.1", port)


@pytest.mark.parametrize("address", ["", "localhost", "127.0.0.1\r\nx", "1.2.3"])
def test_names_are_not_looked_up(address: str) -> None:
    with pytest.raises(ScrapeFailed, match="is no address"):
        fetch(address, 80)


class TestPageOfPod:
    @pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
    def test_what_the_sdk_serves(self, host: str) -> None:
        record = Record()
        with served(CountedPage(record), host) as port:
            page = PageOfPod(a_pod(port, host))
            assert page.look() is False
            record.add(1, {"loss": 1 / 3})
            assert page.look() is True
            assert page.look() is False
            record.add(2, {"loss": 0.125})
            record.add(4, {"loss": float("nan"), "accuracy": 0.5})
            record.add(5, {"loss": 0.25})
            assert page.look() is True
        readings = page.readings()
        loss = readings.metrics["loss"]
        assert (loss.last, loss.last_step, loss.min, loss.min_step) == (0.25, 5, 0.125, 2)
        assert (loss.max, loss.max_step) == (1 / 3, 1)
        assert readings.not_finite == {"loss"}
        assert readings.curves == {"loss": ((1, 1 / 3), (5, 0.25)), "accuracy": ((4, 0.5),)}

    @pytest.mark.parametrize(("trial", "attempt"), [("digits-ab-4", 2), ("digits-ab-3", 1), (None, None)])
    def test_another_pod_has_its_address_now(self, trial: str | None, attempt: int | None) -> None:
        record = Record()
        record.add(1, {"loss": 0.5})
        with served(CountedPage(record, trial, attempt)) as port:
            page = PageOfPod(a_pod(port))
            with pytest.raises(ScrapeFailed, match="that of another attempt"):
                page.look()
        assert page.readings().metrics == {}

    @pytest.mark.parametrize("changes", [{"hostNetwork": True}, {"containers": [{"name": "trainer"}]}])
    def test_a_pod_that_is_not_to_be_asked(self, changes: dict[str, Any]) -> None:
        with served(CountedPage(Record())) as port:
            with pytest.raises(ScrapeFailed, match="no address of its own"):
                PageOfPod(a_pod(port, **changes)).look()
            with pytest.raises(ScrapeFailed, match="no address of its own"):
                PageOfPod(a_pod(port, address=None)).look()

    def test_another_program_at_that_port(self) -> None:
        with (
            a_server(sends(b"HTTP/1.0 200 OK\r\n\r\n<html>")) as port,
            pytest.raises(ScrapeFailed, match="no metric tunewright_metric"),
        ):
            PageOfPod(a_pod(port)).look()

    def test_a_program_tells_the_same_by_its_page_and_its_last_word(self, tmp_path: Path) -> None:
        program = """
import sys
from tunewright_trainer import report
for step in range(1, 8):
    report(step, loss=(step - 5) ** 2 / 3, accuracy=step / 7, norm=float('nan'))
sys.stdin.readline()
"""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        home = Home(tmp_path)
        try:
            process = home.start(
                "-c",
                program,
                TUNEWRIGHT_METRICS_PORT=str(port),
                TUNEWRIGHT_TRIAL="digits-ab-3",
                TUNEWRIGHT_ATTEMPT="2",
            )
            home.await_lines(process, 8)
            page = PageOfPod(a_pod(port))
            assert page.look() is True
        finally:
            home.end_all()
        word = readings_of_last_word(home.last_word_path.read_bytes())
        assert page.readings().metrics == word.metrics
        assert page.readings().not_finite == word.not_finite == {"norm"}
        loss = word.metrics["loss"]
        assert (loss.min, loss.min_step, loss.max, loss.max_step) == (0.0, 5, 16 / 3, 1)
        assert len(word.curves["loss"]) == 7
        assert word.final is False
