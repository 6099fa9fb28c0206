"""`tunewright run`: a study on this machine, from its file to its report."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from rich.console import Console

from tunewright.api.problems import InvalidInput
from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import Phase
from tunewright.cli.failures import FAILED, print_lines
from tunewright.cli.inspect import write_report
from tunewright.cli.output import coloured, patient_output
from tunewright.cli.progress import progress_on
from tunewright.cli.signals import INTERRUPTED, on_signals
from tunewright.cli.studies import REPORT, ROOT
from tunewright.engine.budget import budget_of
from tunewright.local.attempts import Attempts, alive_until
from tunewright.local.devices import gpus, threads
from tunewright.local.loop import Loop
from tunewright.local.processes import Processes
from tunewright.local.store import Store
from tunewright.local.study import begin, load_study, sampler_of, take_up
from tunewright.local.view import view_of
from tunewright.local.warm_start import warm_started
from tunewright.report.summary import closing_summary
from tunewright.report.warm_start import warm_start_lines
from tunewright.search.related import RelatedStudy


def run_study(file: Path, directory: Path | None, overrides: Sequence[str]) -> int:
    """Run the study in `file` to its end, or go on with it. Returns the exit code.

    Raises:
        InvalidInput: the study, or what `directory` holds, cannot be run; nothing was started.
        StoreFullError: the disk is full; what runs goes on, and the same command takes it up again.
    """
    study = load_study(file, overrides)
    place = directory if directory is not None else ROOT / study.metadata.name
    output = patient_output()
    if not place.exists():
        warm_started(study, place, file)  # what is refused leaves no folder behind
    with Store.open(place) as store:
        study, related = warm_started(_facts(study, store, place, file), place, file)
        print("\n".join([_opening(study, place), *warm_start_lines(study.status)]), file=output)
        phase = _run(study, related, store, place, file.absolute().parent, output)
    if phase is Phase.SUSPENDED:
        print_lines([_pause(study)])
        return INTERRUPTED
    return _close(study, place, output)


def _facts(study: HyperparameterStudy, store: Store, place: Path, file: Path) -> HyperparameterStudy:
    """The study with what the store knows of it."""
    stored = store.stored()
    if stored is None:
        return begin(study)
    seen_at = max(stored.seen_at, alive_until(place, [record.key for record in store.attempts()], _clock()))
    return take_up(study, stored.study, seen_at, place, file)


def _opening(study: HyperparameterStudy, place: Path) -> str:
    budget, begun = budget_of(study.spec), study.status.trials.created
    text = f"Study {study.metadata.name} in {place}: {budget.max_trials} trials, {budget.parallelism} at once"
    return text + (f"; going on after {begun}" if begun else "")


def _run(
    study: HyperparameterStudy,
    related: Sequence[RelatedStudy],
    store: Store,
    place: Path,
    base: Path,
    output: TextIO,
) -> Phase:
    devices = gpus()
    parallelism = budget_of(study.spec).parallelism
    with Processes(place, _clock) as processes:
        attempts = Attempts(study.spec, place.absolute(), base, processes, threads(parallelism))
        progress = progress_on(Console(file=output), _clock)
        sampler = sampler_of(study)
        loop = Loop(
            study, store, attempts, sampler, _clock, devices=devices, related=related, changed=progress
        )
        with on_signals(loop.suspend, loop.kill), progress:
            return loop.run()


def _pause(study: HyperparameterStudy) -> str:
    if study.spec.suspend:
        return "Suspended: spec.suspend is true. Set it to false and run the same command to go on."
    return "Interrupted. The same command goes on where it stopped."


def _close(before: HyperparameterStudy, place: Path, output: TextIO) -> int:
    """Show the result of a study that is over. Returns the exit code.

    Args:
        before: the study as this run found it.
        place: its folder.
        output: where to show it.
    """
    with view_of(place) as view:
        status = view.study.status
        if status.completion_time == before.status.completion_time:
            print("It was over before; nothing was run.", file=output)
        print(f"\n{closing_summary(view, colour=coloured(output))}", file=output)
        try:
            write_report(view, place / REPORT)
            print(f"Report: {place / REPORT}", file=output)
        except InvalidInput as error:  # a full disk, say: the result stands all the same
            print_lines(error.lines())
    return FAILED if status.phase is Phase.FAILED else 0


def _clock() -> int:
    """Milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000
