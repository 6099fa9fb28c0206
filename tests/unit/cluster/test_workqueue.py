"""The work queue: no key in two hands, and none lost."""

import threading
from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tunewright.cluster.workqueue import WorkQueue

WITHIN = 10.0
KEYS = st.sampled_from("abc")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue[str]:
    return WorkQueue(clock)


def test_first_in_first_out(queue: WorkQueue[str]) -> None:
    for key in "abcab":
        queue.add(key)
    assert [queue.get() for _ in range(3)] == ["a", "b", "c"]


def test_what_is_added_while_it_is_worked_on_comes_once_more(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.get()
    queue.add("a")
    queue.add("a")
    queue.add("b")
    assert queue.get() == "b", "a is in other hands"
    queue.done("a")
    assert queue.get() == "a"
    queue.done("a")
    queue.add("c")
    assert queue.get() == "c"


def test_of_two_times_the_earlier_counts(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add_after("a", 5)
    queue.add_after("a", 9)
    queue.add_after("a", 2)
    clock.now = 2.0
    assert queue.get() == "a"
    queue.done("a")
    clock.now = 20.0
    queue.add("b")
    assert queue.get() == "b", "a was due once"


def test_what_is_due_comes_in_the_order_of_its_time(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add_after("a", 3)
    queue.add_after("b", 1)
    clock.now = 4.0
    assert [queue.get(), queue.get()] == ["b", "a"]


def test_back_off_doubles_up_to_the_longest_and_begins_anew_when_forgotten(clock: Clock) -> None:
    queue: WorkQueue[str] = WorkQueue(clock, base=1.0, longest=5.0)
    assert [queue.failed("a") for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert queue.failed("b") == 1.0
    queue.forget("a")
    assert queue.failed("a") == 1.0


def test_a_key_that_fails_for_weeks_still_has_a_back_off(queue: WorkQueue[str]) -> None:
    for _ in range(2000):
        delay = queue.failed("a")
    assert delay == 60.0


def test_a_failed_key_comes_back_after_its_back_off(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add("a")
    queue.get()
    delay = queue.failed("a")
    queue.done("a")
    queue.add("b")
    assert queue.get() == "b"
    clock.now += delay
    assert queue.get() == "a"


def test_who_asks_for_a_longer_pause_than_the_back_off_gets_it(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add("a")
    queue.get()
    assert queue.failed("a", at_least=30.0) == 30.0
    queue.done("a")
    queue.add_after("b", 29.0)
    clock.now += 29.0
    assert queue.get() == "b"
    clock.now += 1.0
    assert queue.get() == "a"


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_shutdown_tells_all_who_wait(queue: WorkQueue[str]) -> None:
    got: list[str | None] = []
    threads = [in_thread(lambda: got.append(queue.get())) for _ in range(3)]
    queue.shutdown()
    for thread in threads:
        thread.join(WITHIN)
    assert got == [None] * 3
    queue.add("a")
    assert queue.get() is None


def test_a_key_due_is_taken_by_one_who_waits_though_another_took_other_work() -> None:
    queue: WorkQueue[str] = WorkQueue()
    got: list[str | None] = []
    came = threading.Semaphore(0)

    def work() -> None:
        got.append(queue.get())
        came.release()

    threads = [in_thread(work) for _ in range(2)]
    queue.add_after("later", 0.2)
    queue.add("now")
    assert came.acquire(timeout=WITHIN)
    assert came.acquire(timeout=WITHIN)
    assert got == ["now", "later"]
    for thread in threads:
        thread.join(WITHIN)


def test_many_threads_lose_nothing_and_share_no_key() -> None:
    queue: WorkQueue[int] = WorkQueue(base=0.0001)
    asked = [0] * 5
    answered = [0] * 5
    working: set[int] = set()
    shared: list[int] = []
    settled = threading.Event()
    finished_adding = threading.Event()

    def work() -> None:
        while (key := queue.get()) is not None:
            if key in working:
                shared.append(key)
            working.add(key)
            seen = asked[key]
            answered[key] = seen
            working.discard(key)
            queue.done(key)
            if finished_adding.is_set() and answered == asked:
                settled.set()

    threads = [in_thread(work) for _ in range(4)]
    for n in range(3000):
        asked[n % 5] += 1
        queue.add(n % 5)
    finished_adding.set()
    for key in range(5):
        queue.add(key)
    assert settled.wait(WITHIN)
    queue.shutdown()
    for thread in threads:
        thread.join(WITHIN)
    assert not shared
    assert answered == asked


class Steps(RuleBasedStateMachine):
    """Any order of calls: what is owed to each key is told by a model of sets and times."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.queue: WorkQueue[str] = WorkQueue(self.clock, base=1.0, longest=8.0)
        self.wanted: set[str] = set()
        self.working: set[str] = set()
        self.due: dict[str, float] = {}

    def bring_due(self) -> None:
        for key in [key for key, due in self.due.items() if due <= self.clock.now]:
            del self.due[key]
            self.wanted.add(key)

    @rule(key=KEYS)
    def add(self, key: str) -> None:
        self.queue.add(key)
        self.wanted.add(key)

    @rule(key=KEYS, seconds=st.integers(0, 10))
    def add_after(self, key: str, seconds: int) -> None:
        self.queue.add_after(key, seconds)
        self.due[key] = min(self.due.get(key, float("inf")), self.clock.now + seconds)

    @rule(key=KEYS)
    def fail(self, key: str) -> None:
        delay = self.queue.failed(key)
        self.due[key] = min(self.due.get(key, float("inf")), self.clock.now + delay)

    @rule(seconds=st.integers(1, 5))
    def wait(self, seconds: int) -> None:
        self.clock.now += seconds

    @precondition(lambda self: self.ready())
    @rule()
    def get(self) -> None:
        self.bring_due()
        key = self.queue.get()
        assert key is not None
        assert key in self.wanted
        assert key not in self.working
        self.wanted.discard(key)
        self.working.add(key)

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.working)))
        self.queue.done(key)
        self.working.discard(key)

    def ready(self) -> bool:
        due = {key for key, at in self.due.items() if at <= self.clock.now}
        return bool((self.wanted | due) - self.working)

    def teardown(self) -> None:
        """Nothing is lost: each key that is owed can be got once all that is in hand is done with."""
        for key in self.working:
            self.queue.done(key)
        self.bring_due()
        while self.wanted:
            owed = self.queue.get()
            assert owed in self.wanted
            self.wanted.remove(owed)


TestSteps = Steps.TestCase
