"""Tests of the loop with attempts that do what a test wants."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.builders import a_study

from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import Phase
from tunewright.api.trial import MetricSummary, Trial
from tunewright.engine.facts import AttemptKey, Execution, Exit
from tunewright.local.loop import SEEN_EVERY, Loop
from tunewright.local.store import AttemptRecord, Store
from tunewright.local.study import begin, sampler_of

MINUTE = 60_000


class Attempts:
    """Attempts that run until `during`, called for each wait, ends them."""

    def __init__(self, during: Callable[["Attempts"], None]) -> None:
        self.now = 1_000_000
        self.running: dict[AttemptKey, Execution] = {}
        self.stopped: list[AttemptKey] = []
        self.devices: list[tuple[AttemptKey, str | None]] = []
        self._during = during
        self._changed: list[Execution] = []

    def end(self, key: AttemptKey, value: float = 0.5) -> None:
        """The attempt has reported a value, and ended."""
        summary = MetricSummary(last=value, last_step=1, min=value, min_step=1, max=value, max_step=1)
        execution = self.running.pop(key)
        end = Exit(ended_at=self.now, code=0, final=True)
        self._changed.append(replace(execution, metrics={"accuracy": summary}, exit=end))

    def pass_time(self, milliseconds: int) -> None:
        """Time goes on."""
        self.now += milliseconds

    def start(self, trial: Trial, record: AttemptRecord) -> None:
        self.devices.append((record.key, record.device))
        self.running[record.key] = Execution(record.key, started_at=self.now)
        self._changed.append(self.running[record.key])

    def stop(self, key: AttemptKey) -> None:
        self.stopped.append(key)
        self._changed.append(replace(self.running.pop(key), exit=Exit(ended_at=self.now, code=143)))

    def kill(self, key: AttemptKey) -> None:
        pass

    def poll(self) -> Iterable[Execution]:
        changed, self._changed = self._changed, []
        return changed

    def curves(self, key: AttemptKey) -> dict[str, list[tuple[int, float]]]:
        return {}

    def recorded(self, key: AttemptKey) -> None:
        pass

    def discard_checkpoint(self, trial: str) -> None:
        pass

    def wait(self, timeout: float | None) -> None:
        self._during(self)

    def wake(self) -> None:
        pass


def a_loop(study: HyperparameterStudy, store: Store, attempts: Attempts, **options: Any) -> Loop:
    return Loop(
        study,
        store,
        attempts,
        sampler_of(study),
        lambda: attempts.now,
        **options,
    )


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Loop]]:
    """Runs a study of one trial to its end; returns its loop."""

    def run(during: Callable[[Attempts], None], **trial: Any) -> Loop:
        definition = {"trainer": {"model": "mlp", "dataset": "digits"}, "finalTest": False, **trial}
        study = begin(a_study(budget={"maxTrials": 1}, trial=definition, algorithm={"name": "random"}))
        attempts = Attempts(during)
        with Store.open(tmp_path) as store:
            loop = a_loop(study, store, attempts)
            loop.run()
        return loop

    yield run


def state_of(loop: Loop) -> tuple[Phase, str, str]:
    (trial,) = loop.state.trials.values()
    return loop.state.study.status.phase, trial.status.state, trial.status.reason


def scripted(*steps: Callable[[Attempts], None]) -> Callable[[Attempts], None]:
    """One step for each wait, the last one for all that follow."""
    left = list(steps)

    def during(attempts: Attempts) -> None:
        step = left.pop(0) if len(left) > 1 else left[0]
        step(attempts)

    return during


def end_all(attempts: Attempts) -> None:
    for key in list(attempts.running):
        attempts.end(key)


def wait(attempts: Attempts) -> None:
    """As long as the loop waits at most."""
    attempts.pass_time(SEEN_EVERY)


def stand_still(attempts: Attempts) -> None:
    """The machine sleeps, or all of its processes are frozen."""
    attempts.pass_time(600 * MINUTE)


def test_one_that_is_silent_for_too_long_hangs(run: Callable[..., Loop]) -> None:
    loop = run(wait, progressDeadline="10m")

    assert state_of(loop) == (Phase.FAILED, "Failed", "Hung")


def test_one_that_is_silent_while_the_machine_stands_still_does_not(run: Callable[..., Loop]) -> None:
    loop = run(scripted(stand_still, end_all), progressDeadline="10m")

    assert state_of(loop) == (Phase.COMPLETED, "Completed", "")


def test_one_that_is_silent_after_the_machine_stood_still_hangs(run: Callable[..., Loop]) -> None:
    loop = run(scripted(stand_still, wait), progressDeadline="10m")

    assert state_of(loop) == (Phase.FAILED, "Failed", "Hung")


def test_after_a_crash_it_is_known_which_device_each_attempt_holds(tmp_path: Path) -> None:
    study = begin(
        a_study(
            budget={"maxTrials": 4, "parallelism": 2},
            trial={"trainer": {"model": "mlp", "dataset": "digits"}, "finalTest": False},
            algorithm={"name": "random"},
        )
    )

    def end_the_first_then_crash(attempts: Attempts) -> None:
        if len(attempts.devices) == 2 and len(attempts.running) == 2:
            attempts.end(attempts.devices[0][0])
        if len(attempts.devices) == 3:
            raise SystemExit

    def end_the_first(attempts: Attempts) -> None:
        if len(attempts.running) == 2 or len(attempts.devices) == 3:
            attempts.end(next(iter(attempts.running)))

    before, after = Attempts(end_the_first_then_crash), Attempts(end_the_first)
    with Store.open(tmp_path) as store, pytest.raises(SystemExit):
        a_loop(study, store, before, devices=["a", "b"]).run()
    with Store.open(tmp_path) as store:
        a_loop(store.study(), store, after, devices=["a", "b"]).run()

    assert [device for _, device in before.devices] == ["a", "b", "a"]
    assert after.devices[:2] == before.devices[1:]
    assert [device for _, device in after.devices] == ["b", "a", "b"]
