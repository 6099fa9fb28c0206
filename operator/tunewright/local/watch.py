"""Watches one attempt: starts its shim or finds the living one, reads its reports, and learns of its end."""

import json
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import regex

from tunewright.api.problems import one_line
from tunewright.engine.facts import AttemptKey, Cause, Execution, Exit
from tunewright.local import shim
from tunewright.local.attempt_files import AttemptFiles, ExitRecord, ProcessRecord
from tunewright.local.reports import Reports
from tunewright.local.supervisor import Supervisor
from tunewright.metrics.curves import Point

DIRECTORY_VARIABLE = "TUNEWRIGHT_ATTEMPT_DIR"
"""Set for each process of an attempt, so that they can be found when nothing else leads to them."""

_ROUNDS = 100
_PATIENCE = 0.05
_MAX_MESSAGE = 400


@dataclass(frozen=True)
class Launch:
    """How an attempt runs.

    Attributes:
        key: which attempt it is.
        command: the program and its arguments.
        environment: the whole of it.
        working_directory: where it runs.
        directory: the attempt's own; absolute.
        deadline: seconds of run time after which it is stopped; None: no such limit.
        grace: seconds between asking it to stop and killing it.
        gpus: how many GPUs it holds.
        judging: metrics that are taken in however many it reports.
        reads_log: finds metrics in its log, by the groups `name` and `value`; None: it uses the SDK.
        fills: directories beside its own that it writes into, such as its checkpoints'.
    """

    key: AttemptKey
    command: Sequence[str]
    environment: Mapping[str, str]
    working_directory: Path
    directory: Path
    deadline: float | None
    grace: float
    gpus: int = 0
    judging: Sequence[str] = ()
    reads_log: regex.Pattern[str] | None = None
    fills: Sequence[Path] = ()


class Watch:
    """One attempt, begun at most once, however often and by however many it is started.

    Attributes:
        launch: how it runs.
        execution: what is known of it.
        supervisor: its shim; None while that is not known, and once it has ended.
        killed: whether it was to be killed.
    """

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.execution = Execution(launch.key, gpus=launch.gpus)
        self.supervisor: Supervisor | None = None
        self.killed = False
        self._files = AttemptFiles(launch.directory)
        self._reports = Reports(self._files, launch.judging, launch.reads_log)
        self._process: ProcessRecord | None = None
        self._end: ExitRecord | None = None
        self._seen_alive = False
        self._signals: list[signal.Signals] = []

    def start(self, now: int) -> None:
        """Begin the attempt, unless it was begun before; `now` in milliseconds since the Unix epoch."""
        launch = self.launch
        document = {
            "command": list(launch.command),
            "environment": {**launch.environment, DIRECTORY_VARIABLE: str(launch.directory)},
            "working_directory": str(launch.working_directory),
            "deadline": launch.deadline,
            "grace": launch.grace,
        }
        try:
            launch.directory.mkdir(parents=True, exist_ok=True)
            if not self._files.begun():
                self.supervisor = Supervisor.start(
                    launch.directory, json.dumps(document).encode(), self._files.log
                )
        except OSError as error:  # the machine's fault, not the attempt's
            message = f"its supervising process could not be started: {error.strerror}"
            self._end = ExitRecord(now, cause=Cause.DISRUPTED, message=message)

    def stop(self) -> None:
        """Have the attempt asked to end, now or as soon as it runs."""
        self._signals.append(signal.SIGTERM)

    def kill(self) -> None:
        """Have the attempt killed, because it fills the disk."""
        self.killed = True
        self._signals.append(signal.SIGUSR1)

    @property
    def ended(self) -> bool:
        """Whether its end is known."""
        return self.execution.exit is not None

    def behind(self) -> bool:
        """Whether it has reported more than was read."""
        return not self.ended and self._reports.behind()

    def look(self, now: int) -> bool:
        """Learn what is new, and whether anything is; `now` in milliseconds since the Unix epoch."""
        if self.ended:
            return False
        if self._end is None:
            self._find_process()
            # Before the reading, so that nothing written before the end is missed.
            self._end = self._find_end(now)
        started_at = self._process.started_at if self._process else None
        began = started_at or now
        self._reports.read(began, now)
        end = None
        if self._end is not None and not self._reports.behind():
            final = self._reports.finish(began, now)
            end = self._exit(self._end, final)
        before, self.execution = (
            self.execution,
            Execution(
                key=self.launch.key,
                started_at=started_at,
                # What is not read yet may hold a report: nobody is silent because we are slow.
                reported_at=now if self._reports.behind() else self._reports.reported_at,
                gpus=self.launch.gpus,
                metrics=self._reports.metrics,
                not_finite=self._reports.not_finite,
                exit=end,
            ),
        )
        return self.execution != before

    def curves(self) -> dict[str, list[Point]]:
        """What it has reported: steps and values, by metric."""
        return self._reports.curves()

    def close(self) -> None:
        """Watch no more; the attempt goes on."""
        if self.supervisor is not None:
            self.supervisor.close()
            self.supervisor = None

    def _find_process(self) -> None:
        if self.supervisor is not None and self.supervisor.ended():
            self.close()
        if self._process is None:
            self._process = self._files.process()
        if self._process is None:
            return  # before its record is there, a shim does not listen to signals
        if self.supervisor is None:
            self.supervisor = Supervisor.find(self._process)
        if self.supervisor is not None:
            self._seen_alive = True
            while self._signals:
                self.supervisor.send(self._signals.pop(0))

    def _find_end(self, now: int) -> ExitRecord | None:
        """How the attempt ended; None while it goes on."""
        if self.supervisor is not None:
            return None
        try:
            lock = shim.exclusive_lock(self._files.lock)
        except OSError:
            return self._lost(now)
        if lock is None:  # there is a shim, which has not said yet who it is, or is about to vanish
            return None
        try:
            return self._files.exit() or self._lost(now)
        finally:
            os.close(lock)

    def _lost(self, now: int) -> ExitRecord:
        _kill_leftovers(self.launch.directory)
        started_at = self._process.started_at if self._process else now
        sign = now if self._seen_alive else self._files.last_sign_of_life() or now
        ended_at = min(max(sign, started_at), now)
        return self._files.record_loss(ended_at, "its supervising process vanished")

    def _exit(self, end: ExitRecord, final: bool | None) -> Exit:
        message = end.message
        if not message and end.cause is None and end.code is not None and end.code > 0:
            last = self._files.last_logged_line()
            message = f"it exited with code {end.code}" + (f": {last}" if last else "")
        message = "; ".join(filter(None, (message, self._reports.note())))
        return Exit(end.ended_at, end.code, end.cause, final, one_line(message, _MAX_MESSAGE))


def _kill_leftovers(directory: Path) -> None:
    """Kill what still runs of an attempt, by the variable that each of its processes has."""
    for _ in range(_ROUNDS):
        found = [process for process in psutil.process_iter() if _belongs(process, directory)]
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        if not found:
            return
        psutil.wait_procs(found, timeout=_PATIENCE)  # not longer: a zombie that nobody reaps stays one


def _belongs(process: psutil.Process, directory: Path) -> bool:
    try:
        return process.environ().get(DIRECTORY_VARIABLE) == str(directory)
    except (psutil.Error, OSError):
        return False
