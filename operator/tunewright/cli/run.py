"""`tunewright run`: a study on this machine, from its file to its report."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from tunewright.api.study import HyperparameterStudy, Phase
from tunewright.cli.failures import INTERRUPTED
from tunewright.cli.inspect import ROOT, write_report
from tunewright.cli.progress import progress_on, wall_clock
from tunewright.local.attempts import Attempts
from tunewright.local.devices import gpus, threads
from tunewright.local.loop import Loop
from tunewright.local.processes import Processes
from tunewright.local.store import Store
from tunewright.local.study import begin, load_study, sampler_of, take_up
from tunewright.local.view import view_of
from tunewright.report.summary import closing_summary

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_study(file: Path, directory: Path | None, overrides: Sequence[str]) -> int:
    """Run the study in `file` to its end, or go on with it. Returns the exit code.

    Raises:
        InvalidInput: the study, or what `directory` holds, cannot be run; nothing was started.
    """
    study = load_study(file, overrides)
    place = directory if directory is not None else ROOT / study.metadata.name
    with Store.open(place) as store:
        phase = _run(_facts(study, store, place), store, place, file.absolute().parent)
    if phase is Phase.SUSPENDED:
        click.echo("Interrupted. The same command goes on where it stopped.", err=True)
        return INTERRUPTED
    report = write_report(place, None)
    click.echo(closing_summary(view_of(place), colour=sys.stdout.isatty()), nl=False)
    click.echo(f"\nReport: {report}")
    return 1 if phase is Phase.FAILED else 0


def _facts(study: HyperparameterStudy, store: Store, place: Path) -> HyperparameterStudy:
    """The study with what the store knows of it."""
    stored = store.stored()
    if stored is None:
        return begin(study)
    return take_up(study, stored.study, stored.seen_at, place)


def _run(study: HyperparameterStudy, store: Store, place: Path, base: Path) -> Phase:
    assert study.spec.budget is not None
    devices = gpus()
    with Processes(place, wall_clock) as processes:
        attempts = Attempts(
            study.spec, place.absolute(), base, processes, devices, threads(study.spec.budget.parallelism)
        )
        with progress_on(Console(), wall_clock) as progress:
            loop = Loop(
                study,
                store,
                attempts,
                sampler_of(study),
                wall_clock,
                gpus=min(1, len(devices)),
                changed=progress,
            )
            with _stopped_by_signals(loop):
                return loop.run()


@contextmanager
def _stopped_by_signals(loop: Loop) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal let running attempts save a checkpoint; asking again changes nothing."""

    def stop(number: int, frame: FrameType | None) -> None:
        loop.suspend()

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
