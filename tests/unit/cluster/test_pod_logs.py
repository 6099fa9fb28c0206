"""Logs of containers, as the API server gives them."""

from collections.abc import Iterator

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.cluster.log_server import SECOND, LogServer

from tunewright.cluster import pod_logs
from tunewright.cluster.gateway import Unavailable
from tunewright.cluster.pod_logs import DRAIN, PATIENCE, Follower, LogOfPod
from tunewright.metrics.log import DEFAULT_PATTERN

T0 = 1_700_000_000 * SECOND


@pytest.fixture(scope="module")
def shared() -> Iterator[LogServer]:
    with LogServer() as server:
        yield server


@pytest.fixture
def server(shared: LogServer, monkeypatch: pytest.MonkeyPatch) -> LogServer:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(pod_logs, "CHUNK", 200)
    monkeypatch.setattr(pod_logs, "MAX_CHUNK", 1600)
    shared.pieces, shared.answers, shared.requests = [], [], []
    return shared


@pytest.fixture
def follower(server: LogServer) -> Follower:
    return Follower(server.gateway(), "n", "p", "trainer")


def read(follower: Follower, *, ended: bool = False) -> list[bytes]:
    """All that there is."""
    texts: list[bytes] = []
    more = True
    while more:
        lines, more = follower.read(ended=ended)
        texts += [line.text for line in lines]
    return texts


def test_what_comes_again_is_taken_once(server: LogServer, follower: Follower) -> None:
    server.pieces = [(T0, b"a\n"), (T0, b"a\n"), (T0 + 5, b"b\n")]
    assert read(follower) == [b"a", b"a", b"b"]
    server.pieces += [(T0 + 5, b"b\n"), (T0 + 6, b"c\n"), (T0 + 3 * SECOND, b"d\n")]
    assert read(follower) == [b"b", b"c", b"d"]
    assert read(follower) == []
    assert list(dict.fromkeys(request.get("sinceTime") for request in server.requests)) == [
        None,
        "2023-11-14T22:13:20Z",
        "2023-11-14T22:13:23Z",
    ]


def test_lines_that_overtake_each_other(server: LogServer, follower: Follower) -> None:
    server.pieces = [(T0 + 7, b"err\n"), (T0 + 5, b"out\n"), (T0 + 9, b"err\n"), (T0 + 8, b"out\n")]
    assert read(follower) == [b"err", b"out", b"err", b"out"]
    assert read(follower) == []


def test_a_torn_line_waits_for_its_end(server: LogServer, follower: Follower) -> None:
    server.pieces = [(T0, b"a\n"), (T0 + 1, b"b")]
    assert read(follower) == [b"a"]
    server.pieces += [(T0 + 2 * SECOND, b"c"), (T0 + 3 * SECOND, b"d\n"), (T0 + 4 * SECOND, b"e\n")]
    assert read(follower) == [b"bcd", b"e"]


def test_a_torn_line_keeps_its_time_in_view(server: LogServer, follower: Follower) -> None:
    server.pieces = [(T0, b"a"), (T0 + 5 * SECOND, b"b")]
    assert read(follower) == []
    server.pieces += [(T0 + 6 * SECOND, b"c\n")]
    assert read(follower) == [b"abc"]


def test_the_last_line_needs_no_end(server: LogServer, follower: Follower) -> None:
    server.pieces = [(T0, b"a\n"), (T0 + 1, b"b")]
    assert read(follower, ended=True) == [b"a", b"b"]
    assert read(follower, ended=True) == []


def test_a_rotated_log(server: LogServer, follower: Follower) -> None:
    server.pieces = [(T0, b"a\n"), (T0 + 5, b"b\n")]
    assert read(follower) == [b"a", b"b"]
    server.pieces = [(T0 + 9, b"c\n"), (T0 + SECOND, b"d\n")]
    assert read(follower) == [b"c", b"d"]


def test_more_lines_in_a_second_than_come_at_once(server: LogServer, follower: Follower) -> None:
    server.pieces = [(T0 + i, b"%02d\n" % i) for i in range(30)]
    assert read(follower) == [b"%02d" % i for i in range(30)]
    server.pieces += [(T0 + SECOND, b"next\n")]
    assert read(follower) == [b"next"]
    assert read(follower) == []
    assert server.requests[-1]["limitBytes"] == "200"


@pytest.mark.parametrize(
    "flood",
    [[(T0, b"x" * 5000 + b"\n")], [(T0 + i, b"%03d\n" % i) for i in range(400)]],
    ids=["line", "second"],
)
def test_of_a_flood_the_rest_is_left_out(
    server: LogServer, follower: Follower, flood: list[tuple[int, bytes]]
) -> None:
    server.pieces = [*flood, (T0 + SECOND, b"next\n"), (T0 + 2 * SECOND, b"last\n")]
    texts = read(follower)
    assert texts[-2:] == [b"next", b"last"]
    assert max(int(request["limitBytes"]) for request in server.requests) == 1600


def test_what_has_no_time_is_no_line(server: LogServer, follower: Follower) -> None:
    server.pieces = [(T0, b"a\nunable to retrieve container logs\n\xff\n2023-99-99 loss=1\n"), (T0, b"b\n")]
    assert read(follower) == [b"a", b"b"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from([0, 0, 1, 400_000_000, 3 * SECOND]), st.integers(0, 60)), max_size=20
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_every_line_once(
    server: LogServer, monkeypatch: pytest.MonkeyPatch, growth: list[list[tuple[int, int]]], tail: bool
) -> None:
    monkeypatch.setattr(pod_logs, "MAX_CHUNK", 10**5)
    follower = Follower(server.gateway(), "n", "p", "trainer")
    server.pieces = []
    time = T0
    seen: list[bytes] = []
    for lines in growth:
        for gap, length in lines:
            time += gap
            server.pieces.append((time, b"x" * length + b"%d\n" % len(server.pieces)))
        seen += read(follower)
    if tail:
        server.pieces.append((time, b"tail"))
    seen += read(follower, ended=True)
    assert seen == [piece.rstrip(b"\n") for _, piece in server.pieces]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(follower: Follower, clock: Clock) -> LogOfPod:
    return LogOfPod(follower, DEFAULT_PATTERN, ("accuracy",), clock)


def test_metrics_of_a_growing_log(server: LogServer, log: LogOfPod) -> None:
    assert log.look() is False
    server.pieces = [(T0, b"epoch 1 loss=0.5\n"), (T0, b"\rhello\rloss=nan epoch=2\repoch 3 loss=0.25\n")]
    assert log.look() is True
    assert log.look() is False
    server.pieces += [(T0 + SECOND, b"epoch 4 loss=0.75")]
    assert log.look() is False
    log.drain()
    readings = log.readings()
    assert readings.curves == {"loss": ((1, 0.5), (3, 0.25), (4, 0.75))}
    assert (readings.metrics["loss"].min_step, readings.not_finite) == (3, frozenset({"loss"}))
    assert (readings.final, readings.reported_at, readings.note) == (None, None, "")


def test_a_drained_log_is_read_no_more(server: LogServer, log: LogOfPod) -> None:
    server.pieces = [(T0, b"loss=1\n")]
    log.drain()
    count = len(server.requests)
    log.drain()
    assert log.look() is False
    assert len(server.requests) == count
    assert log.readings().metrics["loss"].last == 1.0


def test_the_objective_is_not_crowded_out(server: LogServer, log: LogOfPod) -> None:
    names = [b"m%d" % i for i in range(70)]
    server.pieces = [(T0 + i * SECOND, b"%s=1\n" % name) for i, name in enumerate([*names, b"accuracy"])]
    log.drain()
    readings = log.readings()
    assert readings.metrics["accuracy"].last == 1.0
    assert readings.note == "of its metrics only the first 64 were taken in"


@pytest.mark.parametrize("status", [404, 400, 403])
def test_a_log_that_is_gone(server: LogServer, log: LogOfPod, status: int) -> None:
    server.pieces = [(T0, b"loss=1\n")]
    log.look()
    server.answers = [status]
    log.drain()
    readings = log.readings()
    assert readings.metrics["loss"].last == 1.0
    assert readings.note == "the end of its log could not be read: no log to be had"


def test_the_end_of_a_log_is_asked_for_again_for_a_while(
    server: LogServer, log: LogOfPod, clock: Clock
) -> None:
    server.pieces = [(T0, b"loss=1\n")]
    server.answers = [500, 503, 500]
    for wait in (1.0, PATIENCE - 2.0):
        with pytest.raises(Unavailable):
            log.drain()
        clock.now += wait
    with pytest.raises(Unavailable):
        log.drain()
    log.drain()
    assert (log.readings().metrics["loss"].last, log.readings().note) == (1.0, "")


def test_and_then_given_up(server: LogServer, log: LogOfPod, clock: Clock) -> None:
    server.answers = [500, 500]
    with pytest.raises(Unavailable):
        log.drain()
    clock.now += PATIENCE
    log.drain()
    assert log.readings().note == "the end of its log could not be read: no log to be had"


def test_an_ended_log_without_an_end(server: LogServer, follower: Follower) -> None:
    times = iter(range(0, 10**6, int(DRAIN / 3)))
    log = LogOfPod(follower, DEFAULT_PATTERN, clock=lambda: float(next(times)))
    server.pieces = [(T0 + i * SECOND, b"loss=1%s\n" % (b" " * 100)) for i in range(1000)]
    log.drain()
    assert len(server.requests) == 4
    assert log.readings().note == "its log was not read to the end: it is too long"


def test_an_expression_that_takes_too_long(
    server: LogServer, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pod_logs, "MAX_SEARCH", 0.05)
    log = LogOfPod(follower, regex.compile(r"(?P<name>(a|aa)+)=(?P<value>\d)"))
    server.pieces = [(T0, b"a=1\n"), (T0, b"a" * 100 + b"\n"), (T0, b"a=2\n")]
    assert log.look() is True
    count = len(server.requests)
    log.look()
    log.drain()
    assert len(server.requests) == count
    assert log.readings().metrics["a"].max == 1
    assert log.readings().note == "its log was searched no further: metrics.pattern takes too long"
