"""The observer, with pages and logs that are really served."""

import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.unit.cluster.log_server import SECOND, LogServer
from tests.unit.cluster.pages import CountedPage, a_pod, served

from tunewright.api.trial_definition import MetricsSource
from tunewright.cluster import observer as observer_module
from tunewright.cluster import scraping
from tunewright.cluster.gateway import Unavailable
from tunewright.cluster.observer import THREADS, Observer, PodKey
from tunewright.cluster.workqueue import WorkQueue
from tunewright.metrics.readings import NONE
from tunewright_trainer.sdk.record import Record

NAME = "digits-ab-3-2-x"
T0 = 1_700_000_000 * SECOND


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> queue.Queue[tuple[str, str]]:
    """The pods of which something was told."""
    return queue.Queue()


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogServer]:
    monkeypatch.setenv("NO_PROXY", "*")
    with LogServer() as server:
        yield server


def observer_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("observer-")]


Make = Callable[..., Observer]


@pytest.fixture
def make(
    clock: Clock,
    told: queue.Queue[tuple[str, str]],
    logs: LogServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Make]:
    """Makes an observer that looks all the time."""
    monkeypatch.setattr(observer_module, "LONGEST_INTERVAL", 0.01)
    with ExitStack() as ending:

        def made(changed: Callable[[str, str], None] | None = None) -> Observer:
            observer = Observer(
                logs.gateway(), clock, 0.001, changed or (lambda namespace, pod: told.put((namespace, pod)))
            )
            ending.callback(observer.stop)
            observer.start()
            return observer

        yield made
    for thread in observer_threads():
        thread.join(timeout=10)


def watch(observer: Observer, port: int, **spec: object) -> None:
    observer.watch(a_pod(port, **spec), "trainer", MetricsSource.SDK, None)  # type: ignore[arg-type]


class TestPages:
    def test_who_must_know_is_told_once(self, make: Make, told: queue.Queue[tuple[str, str]]) -> None:
        record = Record()
        page = CountedPage(record)
        with served(page) as port:
            observer = make()
            watch(observer, port)
            page.await_looks()
            assert told.empty()
            record.add(1, {"loss": 0.5})
            assert told.get(timeout=10) == ("n", NAME)
            record.add(2, {"loss": 0.25, "accuracy": 0.5})
            page.await_looks()
            assert told.empty()
            record.add(3, {"accuracy": float("nan")})
            assert told.get(timeout=10) == ("n", NAME)
            record.add(4, {"accuracy": float("inf"), "loss": 0.125})
            page.await_looks()
            assert told.empty()
            readings = observer.readings("n", NAME)
            assert (readings.metrics["loss"].last, readings.not_finite) == (0.125, frozenset({"accuracy"}))
            assert readings.curves["loss"][-1] == (4, 0.125)

    def test_it_is_silent_for_as_long_as_was_seen(self, make: Make, clock: Clock) -> None:
        record = Record()
        page = CountedPage(record)
        with served(page) as port:
            observer = make()
            watch(observer, port)
            page.await_looks()
            clock.now += 5_000
            page.await_looks()
            assert observer.readings("n", NAME).reported_at == clock.now - 5_000
            record.add(1, {"loss": 0.5})
            page.await_looks()
            assert observer.readings("n", NAME).reported_at == clock.now
            clock.now += 3_000
            page.await_looks()
            assert observer.readings("n", NAME).reported_at == clock.now - 3_000
        # From here on nothing can be seen: how long it has been silent is not known to be longer.
        clock.now += 60_000
        assert observer.readings("n", NAME).reported_at == clock.now - 3_000
        assert observer.readings("n", NAME).metrics["loss"].last == 0.5

    def test_one_that_cannot_be_seen_is_never_silent(self, make: Make, clock: Clock) -> None:
        seen = CountedPage(Record())
        with served(seen) as port:
            observer = make()
            watch(observer, port, hostNetwork=True, name="hidden")
            watch(observer, port)
            clock.now += 10**9
            seen.await_looks(10)
            assert observer.readings("n", "hidden").reported_at == clock.now
            assert observer.readings("n", NAME).reported_at == clock.now - 10**9

    def test_a_page_that_comes_back_tells_what_was_missed(self, make: Make, clock: Clock) -> None:
        record = Record()
        record.add(1, {"loss": 0.5})
        page = CountedPage(record)
        with served(page) as port:
            observer = make()
            watch(observer, port)
            page.await_looks()
        clock.now += 7_000
        with served(page, port=port):
            page.await_looks()
            assert observer.readings("n", NAME).reported_at == clock.now - 7_000

    def test_slow_pods_do_not_delay_the_others(
        self, make: Make, told: queue.Queue[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = Record()
        record.add(1, {"loss": 0.5})
        with socket.create_server(("127.0.0.1", 0)) as silent, served(CountedPage(record)) as port:
            observer = make()
            for number in range(THREADS - 1):
                watch(observer, silent.getsockname()[1], name=f"slow-{number}")
            with ExitStack() as held:
                for _ in range(THREADS - 1):
                    held.enter_context(silent.accept()[0])  # each of them holds a thread
                watch(observer, port)
                assert told.get(timeout=1.5) == ("n", NAME)

    def test_forgotten(self, make: Make) -> None:
        record = Record()
        record.add(1, {"loss": 0.5})
        page = CountedPage(record)
        with served(page) as port:
            observer = make()
            watch(observer, port)
            page.await_looks()
            observer.forget("n", NAME)
            assert observer.readings("n", NAME) == NONE
            observer.last_look("n", NAME)
            watch(observer, port)
            page.await_looks()
            assert observer.readings("n", NAME).metrics["loss"].last == 0.5

    def test_watched_twice_is_watched_once(self, make: Make, clock: Clock) -> None:
        page = CountedPage(Record())
        with served(page) as port:
            observer = make()
            watch(observer, port)
            clock.now += 1_000
            watch(observer, port)
            page.await_looks()
            assert observer.readings("n", NAME).reported_at == clock.now - 1_000

    def test_a_pod_that_gets_its_address_later(self, make: Make) -> None:
        page = CountedPage(Record())
        with served(page) as port:
            observer = make()
            watch(observer, port, address=None)
            assert observer.readings("n", NAME) == NONE
            watch(observer, port)
            page.await_looks()

    def test_pods_that_do_not_answer_are_asked_less_often(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits: queue.Queue[tuple[str, float]] = queue.Queue()
        add_after = WorkQueue.add_after

        def noted(self: WorkQueue[PodKey], key: PodKey, seconds: float) -> None:
            waits.put((key.name, seconds))
            add_after(self, key, seconds)

        monkeypatch.setattr(WorkQueue, "add_after", noted)
        monkeypatch.setattr(observer_module, "LONGEST_INTERVAL", 0.003)
        monkeypatch.setattr(scraping, "TIMEOUT", 0.05)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            observer = make()
            watch(observer, silent.getsockname()[1], name="silent")
            watch(observer, 1, name="refused")
            seen: dict[str, list[float]] = {"silent": [], "refused": []}
            while min(map(len, seen.values())) < 5:
                name, seconds = waits.get(timeout=10)
                seen[name].append(seconds)
        assert seen["silent"][1:5] == [0.001, 0.002, 0.003, 0.003]
        assert set(seen["refused"][1:]) == {0.001}

    def test_a_listener_that_fails_stops_nothing(self, make: Make, caplog: pytest.LogCaptureFixture) -> None:
        record = Record()
        record.add(1, {"loss": 0.5})
        page = CountedPage(record)

        def fail(namespace: str, pod: str) -> None:
            raise RuntimeError("no")

        with served(page) as port:
            observer = make(fail)
            watch(observer, port)
            page.await_looks()
            record.add(2, {"loss": 0.25})
            page.await_looks()
            assert observer.readings("n", NAME).metrics["loss"].last == 0.25
        assert "nobody could be told of its metrics" in caplog.text

    def test_after_a_stop_nothing_is_looked_at(self, make: Make) -> None:
        page = CountedPage(Record())
        with served(page) as port:
            observer = make()
            watch(observer, port)
            page.await_looks()
            threads = observer_threads()
            assert len(threads) == THREADS
            observer.stop()
            for thread in threads:
                thread.join(timeout=10)
                assert not thread.is_alive()


class TestLogs:
    def follow(self, observer: Observer, pattern: str | None = None, **options: object) -> None:
        observer.watch(a_pod(1), "trainer", MetricsSource.LOG, pattern, **options)  # type: ignore[arg-type]

    def test_a_log(self, make: Make, logs: LogServer, told: queue.Queue[tuple[str, str]]) -> None:
        observer = make()
        logs.pieces = [(T0, b"epoch 1 loss=0.5\n")]
        self.follow(observer)
        assert told.get(timeout=10) == ("n", NAME)
        logs.pieces.append((T0 + SECOND, b"epoch 2 loss=nan"))
        observer.last_look("n", NAME)
        readings = observer.readings("n", NAME)
        assert (readings.metrics["loss"].last, readings.not_finite) == (0.5, frozenset({"loss"}))
        assert logs.requests[0]["container"] == "trainer"

    def test_a_pattern(self, make: Make, logs: LogServer) -> None:
        observer = make()
        logs.pieces = [(T0, b"the loss is 0.5\n")]
        self.follow(observer, r"the (?P<name>\w+) is (?P<value>\S+)")
        observer.last_look("n", NAME)
        assert observer.readings("n", NAME).metrics["loss"].last == 0.5

    def test_a_metric_that_trials_are_judged_by_has_its_place(self, make: Make, logs: LogServer) -> None:
        observer = make()
        logs.pieces = [(T0, b" ".join(b"m%02d=1" % i for i in range(70)) + b" accuracy=1\n")]
        self.follow(observer, judging=["accuracy"])
        observer.last_look("n", NAME)
        assert "accuracy" in observer.readings("n", NAME).metrics

    def test_the_end_of_a_log_cannot_be_had_now(self, make: Make, logs: LogServer) -> None:
        observer = make()
        logs.answers = [503] * 1000
        self.follow(observer)
        with pytest.raises(Unavailable):
            observer.last_look("n", NAME)
        logs.answers = []
        logs.pieces = [(T0, b"loss=0.5\n")]
        observer.last_look("n", NAME)
        assert observer.readings("n", NAME).metrics["loss"].last == 0.5
