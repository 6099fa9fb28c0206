"""Reports: metrics at a step, told to whoever asked to hear them."""

from __future__ import annotations

import atexit
import operator
import os
import re
import sys
import threading
import time
from collections.abc import Mapping
from typing import SupportsFloat, SupportsIndex

from tunewright_trainer.sdk import last_word
from tunewright_trainer.sdk.environment import Environment
from tunewright_trainer.sdk.last_word import LastWordFile
from tunewright_trainer.sdk.observations import ObservationsFile
from tunewright_trainer.sdk.record import Record
from tunewright_trainer.sdk.stopping import the_stop_request

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]{0,62}", re.ASCII)
"""A metric's name, as a study can have it for an objective."""

_STEPS = 2**53


class Reporter:
    """Sends each report to the observations file, the last word, the /metrics page, and standard output."""

    def __init__(self, environment: Environment) -> None:
        self._judging = list(dict.fromkeys([*environment.objectives, *environment.constraints]))
        if environment.trial:
            print(f"trial {environment.trial}, attempt {environment.attempt}", flush=True)
        self._record = Record(environment.milestones)
        self._lock = threading.RLock()  # a signal handler of the program's own may report as well
        self._observations = environment.observations and ObservationsFile(environment.observations)
        self._last_word = environment.last_word and LastWordFile(environment.last_word)
        if environment.metrics_port is not None:
            # Imported here: a program that serves no page needs no prometheus_client.
            from tunewright_trainer.sdk import exposition

            exposition.serve(self._record, self._lock, environment)

    def report(self, step: int, metrics: Mapping[str, float]) -> None:
        with self._lock:
            self._record.add(step, metrics)
            if self._observations:
                self._observations.append(step, time.time(), metrics)
            self._write_last_word(final=False)
        values = " ".join(f"{name}={value:.6g}" for name, value in metrics.items())
        print(f"step {step}: {values}", flush=True)  # may block: a scrape must not wait for it

    def conclude(self) -> None:
        """Says that the last word is final."""
        with self._lock:
            self._write_last_word(final=True)

    def _write_last_word(self, final: bool) -> None:
        if self._last_word:
            self._last_word.write(last_word.compose(self._record, self._judging, final))


_process = os.getpid()
"""The program's own: one that was forked from it afterwards is not the attempt."""
_reporter: Reporter | None = None
_creation = threading.Lock()


def report(step: SupportsIndex, /, **metrics: SupportsFloat) -> None:
    """Reports values of metrics at a step: the epoch, or whatever you count; never lower than the one before.

    In a child forked after the SDK was imported it does nothing. After SIGTERM it runs what `on_stop`
    registered and raises SystemExit(143).

    Raises ValueError for a step that goes back, one below 0 or from 2**53 on, no metrics, more than 64 metric
    names, a name that no objective can have, or a value that is no number; TypeError for a step that is no
    whole number.
    """
    if os.getpid() != _process:
        return
    stop_request = the_stop_request()
    _the_reporter().report(_whole(step), _floats(metrics))
    stop_request.end_if_requested()


def _the_reporter() -> Reporter:
    global _reporter
    with _creation:
        if _reporter is None:
            _reporter = Reporter(Environment.read())
            atexit.register(_conclude, _reporter)
        return _reporter


def _whole(step: SupportsIndex) -> int:
    whole = operator.index(step)
    if whole < 0:
        raise ValueError(f"report: step {whole} is negative")
    if whole >= _STEPS:
        raise ValueError("report: the step is 2**53 or more, which neither JSON nor Prometheus keeps exact")
    return whole


def _floats(metrics: Mapping[str, SupportsFloat]) -> dict[str, float]:
    if not metrics:
        raise ValueError("report: no metrics; give at least one, as in report(step, loss=0.1)")
    floats = {}
    for name, value in metrics.items():
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"report: metric {name!r}: a metric's name starts with a letter or _ and holds letters,"
                " digits, _ . / and - only, at most 63"
            )
        try:
            floats[name] = float(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"report: metric {name!r}: not one number: {error}") from None
    return floats


def _conclude(reporter: Reporter) -> None:
    """At exit: a stop request, or an exception that nobody handled, leaves the last word open."""
    unhandled = getattr(sys, "last_value", None) is not None
    if os.getpid() == _process and not unhandled and not the_stop_request().requested:
        reporter.conclude()
