"""Runs a study on this machine: the engine's plans, carried out as processes and recorded in the store."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from tunewright.api.problems import one_line
from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import Phase
from tunewright.api.trial import Trial
from tunewright.engine.actions import (
    Action,
    CreateTrial,
    Plan,
    Propose,
    RecordTrial,
    StartAttempt,
    StopAttempt,
)
from tunewright.engine.evaluation import best_trials, tested_trials
from tunewright.engine.facts import AttemptKey, Execution
from tunewright.engine.plan import plan
from tunewright.engine.state import State
from tunewright.local.sampling import Sampling
from tunewright.local.store import AttemptRecord, Store
from tunewright.search.related import RelatedStudy
from tunewright.search.sampler import Sampler

Clock = Callable[[], int]
"""Milliseconds since the Unix epoch."""

SEEN_EVERY = 5_000
"""How often the store notes that the study lives, in milliseconds: what a crash may cost of `maxDuration`."""

PAUSED = 2 * SEEN_EVERY
"""For how long, in milliseconds, a loop must have noticed nothing that has stood still."""


class Runner(Protocol):
    """Carries attempts out; `local.attempts` does so as processes."""

    def start(self, trial: Trial, record: AttemptRecord) -> None:
        """Begin an attempt, or where it has been begun before take it up again."""

    def stop(self, key: AttemptKey) -> None:
        """Ask an attempt to end."""

    def kill(self, key: AttemptKey) -> None:
        """Kill an attempt that was asked to end."""

    def poll(self) -> Iterable[Execution]:
        """The attempts that have changed since the last call."""

    def curves(self, key: AttemptKey) -> dict[str, list[tuple[int, float]]]:
        """All that an attempt has reported: `(step, value)` by metric."""

    def recorded(self, key: AttemptKey) -> None:
        """An attempt's end is recorded."""

    def discard_checkpoint(self, trial: str) -> None:
        """Nothing will start from a trial's checkpoint any more."""

    def wait(self, timeout: float | None) -> None:
        """Wait, in seconds, until something has changed or `wake` is called."""

    def wake(self) -> None:
        """End the wait; may be called from any thread and from a signal handler."""


class Loop:
    """One study, run to its end or until it is asked to stop.

    Args:
        study: the study, as stored or new.
        store: where its facts are; open for writing.
        runner: what carries attempts out.
        sampler: what proposes configurations.
        clock: the time.
        devices: the CUDA devices of this machine; an attempt holds one, if there is any.
        related: what the sampler is told of other studies.
        changed: told of the state after each round, and of the trials recorded since the last one.
    """

    def __init__(
        self,
        study: HyperparameterStudy,
        store: Store,
        runner: Runner,
        sampler: Sampler,
        clock: Clock,
        *,
        devices: Sequence[str] = (),
        related: Sequence[RelatedStudy] = (),
        changed: Callable[[State, Sequence[Trial]], None] = lambda *_: None,
    ) -> None:
        self._store = store
        self._runner = runner
        self._clock = clock
        self._noticed_at = clock()
        self._awake_since = 0
        self._changed = changed
        self._devices = devices
        self._sampling = Sampling(sampler, runner.wake)
        self._records: dict[AttemptKey, AttemptRecord] = {}
        self._stopping: set[AttemptKey] = set()
        self._spec = study.spec
        self._suspend = False
        self._kill = False
        self._seen_at = 0
        self.state = State.of(study, store.trials(), gpus=min(1, len(devices)), related=related)
        self._with_checkpoint = set(self.state.trials)

    def _take_up(self) -> None:
        """Go on with the attempts begun before a crash: some live, some have ended, some never began."""
        for record in self._store.attempts():
            self._records[record.key] = record
            self.state.execution_changed(Execution(record.key, gpus=self.state.gpus, limit=record.limit))
            self._runner.start(self.state.trials[record.key.trial], record)

    def suspend(self) -> None:
        """Ask for the end: running attempts save a checkpoint, and nothing begins.

        May be called by a signal handler.
        """
        self._suspend = True
        self._runner.wake()

    def kill(self) -> None:
        """After `suspend`: let nothing that is asked to end have the time for it.

        May be called by a signal handler.
        """
        self._kill = True
        self._runner.wake()

    def run(self) -> Phase:
        """Run until the study is over, or suspended and at rest. Returns its phase then."""
        self._take_up()
        while True:
            self._notice()
            last, recorded = self._carry_out()
            if self._kill:
                for key in self._stopping:
                    self._runner.kill(key)
            self._changed(self.state, recorded)
            phase = last.status.phase
            if phase.terminal or (phase is Phase.SUSPENDED and not self.state.executions):
                return phase
            self._runner.wait(self._patience(last))

    def _notice(self) -> None:
        """Take in what has happened."""
        self._notice_pause()
        if self._suspend and not self.state.study.spec.suspend:
            study = self.state.study
            self.state.study_changed(
                study.model_copy(update={"spec": study.spec.model_copy(update={"suspend": True})})
            )
        for execution in self._runner.poll():
            self._take_in(execution)
        try:
            response = self._sampling.take()
        except BaseException as error:  # whatever a sampler raises ends the study, and not the loop
            self.state.sampler_failed(one_line(f"{type(error).__name__}: {error}"))
        else:
            if response is not None:
                self.state.sampler_answered(response)

    def _notice_pause(self) -> None:
        """Nobody is taken to hang for having been silent while the machine slept, or was frozen."""
        now = self._clock()
        before, self._noticed_at = self._noticed_at, now
        if now - before >= PAUSED:
            self._awake_since = now
            for execution in list(self.state.executions.values()):
                self._take_in(execution)

    def _take_in(self, execution: Execution) -> None:
        record = self._records.get(execution.key)
        if record is not None:
            self.state.execution_changed(
                replace(
                    execution,
                    reported_at=max(execution.reported_at or 0, self._awake_since) or None,
                    gpus=self.state.gpus,
                    limit=record.limit,
                    stopping=execution.key in self._stopping,
                )
            )

    def _carry_out(self) -> tuple[Plan, list[Trial]]:
        """Plan and act until there is nothing more to do now; what a round writes is written at once.

        Returns the last plan, and the trials recorded on the way.
        """
        recorded: list[Trial] = []
        while True:
            now = self._clock()
            decided = plan(self.state, now)
            study = self.state.study.model_copy(update={"status": decided.status})
            changed = study.status != self.state.study.status
            if decided.actions or changed or now - self._seen_at >= SEEN_EVERY:
                self._seen_at = now
                self._store.write(partial(self._write, decided, now))
            if changed:
                self.state.study_changed(study)
            for action in decided.actions:
                self._act(action)
            recorded += [action.trial for action in decided.actions if isinstance(action, RecordTrial)]
            if not decided.actions:
                return decided, recorded

    def _write(self, decided: Plan, now: int) -> None:
        """What a plan's actions and the study's status leave in the store."""
        for action in decided.actions:
            if isinstance(action, CreateTrial | RecordTrial):
                self._store.put_trial(action.trial)
                for key in self._recorded(action.trial):
                    self._store.put_curves(key, self._runner.curves(key))
                    self._store.drop_attempt(key)
            elif isinstance(action, StartAttempt):
                if action.key not in self._records:  # on a full disk this is called twice
                    self._records[action.key] = AttemptRecord(action.key, action.limit, self._free_device())
                self._store.put_attempt(self._records[action.key])
        study = self.state.study.model_copy(update={"spec": self._spec, "status": decided.status})
        self._store.put_study(study, seen_at=now)

    def _free_device(self) -> str | None:
        """The device that fewest attempts hold; several share one where there are more of them."""
        holders = Counter(record.device for record in self._records.values())
        return min(self._devices, key=lambda device: holders[device], default=None)

    def _recorded(self, trial: Trial) -> list[AttemptKey]:
        """The attempts whose end stands in the trial, and which are still known as begun."""
        keys = [AttemptKey(trial.name, attempt.number) for attempt in trial.status.attempts]
        return [key for key in keys if key in self._records]

    def _act(self, action: Action) -> None:
        """Carry out what is written."""
        if isinstance(action, CreateTrial):
            self.state.trial_changed(action.trial)
        elif isinstance(action, RecordTrial):
            recorded = self._recorded(action.trial)
            self.state.trial_changed(action.trial)
            for key in recorded:
                del self._records[key]
                self._stopping.discard(key)
                self._runner.recorded(key)
            self._discard_checkpoints()
        elif isinstance(action, StartAttempt):
            record = self._records[action.key]
            self.state.execution_changed(Execution(action.key, gpus=self.state.gpus, limit=action.limit))
            self._with_checkpoint.add(action.trial.name)
            self._runner.start(action.trial, record)
        elif isinstance(action, StopAttempt):
            self._stopping.add(action.key)
            self._take_in(self.state.executions[action.key])
            self._runner.stop(action.key)
        elif isinstance(action, Propose):
            self.state.sampler_asked(action)
            self._sampling.ask(action.request)

    def _discard_checkpoints(self) -> None:
        """Keep those of open trials, and of the trials that a test evaluation may start from."""
        kept = {trial.name for trial in [*tested_trials(self.state), *best_trials(self.state)]}
        ended = [name for name in self._with_checkpoint if name not in self.state.open and name not in kept]
        for name in ended:
            self._runner.discard_checkpoint(name)
            self._with_checkpoint.discard(name)

    def _patience(self, last: Plan) -> float:
        """For how many seconds nothing has to be done."""
        now = self._clock()
        at_most = self._seen_at + SEEN_EVERY - now
        return max(0, min(at_most, at_most if last.wake_at is None else last.wake_at - now)) / 1000
