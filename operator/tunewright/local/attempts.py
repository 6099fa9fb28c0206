"""Attempts as processes: where each one's files are, and what it is started with."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import regex

from tunewright.api.study import StudySpec
from tunewright.api.trial import Trial
from tunewright.api.trial_definition import MetricsSource
from tunewright.engine.facts import AttemptKey, Execution
from tunewright.engine.naming import job_name
from tunewright.local.attempt_files import LAST_WORD, OBSERVATIONS, AttemptFiles
from tunewright.local.disk import remove
from tunewright.local.launch import command_of, environment
from tunewright.local.processes import Processes
from tunewright.local.store import AttemptRecord
from tunewright.local.supervisor import Supervisor
from tunewright.local.watch import Launch
from tunewright.metrics.log import DEFAULT_PATTERN


class Attempts:
    """Carries out what the loop asks for.

    Args:
        spec: the study's spec.
        directory: the study's folder.
        base: the folder that attempts run in, from which relative paths start.
        processes: what runs them.
        threads: how many threads an attempt may use.
    """

    def __init__(
        self,
        spec: StudySpec,
        directory: Path,
        base: Path,
        processes: Processes,
        threads: int,
    ) -> None:
        self._spec = spec
        self._directory = directory
        self._base = base
        self._processes = processes
        self._threads = threads

    def start(self, trial: Trial, record: AttemptRecord) -> None:
        """Begin an attempt, or where it has been begun before take it up again."""
        self._processes.start(self._launch(trial, record))

    def _launch(self, trial: Trial, record: AttemptRecord) -> Launch:
        assert self._spec.trial is not None
        place = attempt_directory(self._directory, record.key)
        own = {
            "TUNEWRIGHT_ATTEMPT": str(record.key.number),
            "TUNEWRIGHT_OBSERVATIONS": str(place / OBSERVATIONS),
            "TUNEWRIGHT_LAST_WORD": str(place / LAST_WORD),
            "TUNEWRIGHT_CHECKPOINT_DIR": str(self._checkpoint(trial.name)),
        }
        if trial.spec.source is not None:
            own["TUNEWRIGHT_CHECKPOINT_FROM"] = str(self._checkpoint(trial.spec.source))
        command = command_of(self._spec, trial, own)
        metrics = self._spec.trial.metrics
        pattern = regex.compile(metrics.pattern) if metrics.pattern is not None else DEFAULT_PATTERN
        return Launch(
            key=record.key,
            command=command.arguments,
            environment=environment({**command.variables, **own}, self._threads, record.device),
            working_directory=self._base,
            directory=place,
            deadline=None if record.limit is None else record.limit / 1000,
            grace=self._spec.trial.grace_period,
            gpus=0 if record.device is None else 1,
            judging=self._spec.judging,
            reads_log=pattern if metrics.source is MetricsSource.LOG else None,
            fills=[self._checkpoint(trial.name)],
        )

    def stop(self, key: AttemptKey) -> None:
        """Ask an attempt to end."""
        self._processes.stop(key)

    def kill(self, key: AttemptKey) -> None:
        """Kill an attempt that was asked to end; its shim records the end, and sees that nothing is left."""
        process = AttemptFiles(attempt_directory(self._directory, key)).process()
        supervisor = Supervisor.find(process) if process is not None else None
        if supervisor is not None:
            supervisor.kill_children()
            supervisor.close()

    def poll(self) -> Iterable[Execution]:
        """The attempts that have changed since the last call."""
        return self._processes.poll()

    def curves(self, key: AttemptKey) -> dict[str, list[tuple[int, float]]]:
        """All that an attempt has reported: `(step, value)` by metric."""
        return self._processes.curves(key)

    def recorded(self, key: AttemptKey) -> None:
        """An attempt's end is recorded: its log is kept, its curves are in the store."""
        self._processes.forget(key)
        remove(attempt_directory(self._directory, key).glob(f"{OBSERVATIONS}*"))

    def discard_checkpoint(self, trial: str) -> None:
        """Nothing will start from a trial's checkpoint any more."""
        shutil.rmtree(self._checkpoint(trial), ignore_errors=True)

    def wait(self, timeout: float | None) -> None:
        """Wait, in seconds, until something has changed or `wake` is called."""
        self._processes.wait(timeout)

    def wake(self) -> None:
        """End the wait; may be called from any thread and from a signal handler."""
        self._processes.wake()

    def _checkpoint(self, trial: str) -> Path:
        return checkpoint_directory(self._directory, trial)


def alive_until(directory: Path, keys: Iterable[AttemptKey], now: int) -> int:
    """Until when, in milliseconds since the Unix epoch, the last of some attempts ran; 0 if none has begun.

    They go on while Tunewright is dead, and what they use of the wall-clock time is the study's.
    """
    return max(
        (_alive_until(AttemptFiles(attempt_directory(directory, key)), now) for key in keys), default=0
    )


def _alive_until(files: AttemptFiles, now: int) -> int:
    end, process = files.exit(), files.process()
    if end is not None:
        return end.ended_at
    supervisor = Supervisor.find(process) if process is not None else None
    if supervisor is None:
        return files.last_sign_of_life() or 0
    supervisor.close()
    return now


def attempt_directory(directory: Path, key: AttemptKey) -> Path:
    """Where the files of an attempt are, in the study's folder."""
    return directory / "attempts" / job_name(key.trial, key.number)


def checkpoint_directory(directory: Path, trial: str) -> Path:
    """Where a trial's attempts keep their checkpoint, in the study's folder."""
    return directory / "checkpoints" / trial
