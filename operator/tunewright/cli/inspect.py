"""The commands that read a study: results, show, explain, report."""

import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tunewright.api.problems import InvalidInput, Problem
from tunewright.cli.output import coloured
from tunewright.cli.studies import find
from tunewright.cli.where import Where

if TYPE_CHECKING:
    from tunewright.report.view import StudyView


def print_results(where: Where, study: str | None, output: str) -> None:
    """The trials, in one of the formats."""
    from tunewright.report.records import as_csv, as_json, as_yaml
    from tunewright.report.tables import as_table

    with find(where, study).view() as view:
        if output == "table":
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            text = as_table(view, width=width, colour=coloured(sys.stdout))
        else:
            text = {"json": as_json, "yaml": as_yaml, "csv": as_csv}[output](view)
    click.echo(text, nl=False)


def print_trial(where: Where, study: str | None, trial: str) -> None:
    """Everything about one trial; a bare number means the trial with that index."""
    from tunewright.report.details import details

    with find(where, study, trial).view() as view:
        text = details(view, _name_of(view, trial), colour=coloured(sys.stdout))
    click.echo(text, nl=False)


def print_explanation(where: Where, study: str | None, trial: str | None) -> None:
    """The story of a study, or of one of its trials, by its name or its number."""
    with find(where, study, trial or "").view() as view:
        if trial is None:
            from tunewright.report.story import story

            text = story(view, colour=coloured(sys.stdout))
        else:
            from tunewright.report.trial_story import trial_story

            text = trial_story(view, _name_of(view, trial), colour=coloured(sys.stdout))
    click.echo(text, nl=False)


def _name_of(view: "StudyView", trial: str) -> str:
    """A bare number means the trial with that index."""
    by_index = {str(each.spec.index): each.name for each in view.searched}
    return by_index.get(trial, trial)


def print_report_path(where: Where, study: str | None, output: Path | None) -> None:
    """Write the HTML report, and say where it is."""
    found = find(where, study)
    target = output if output is not None else found.report
    with found.view() as view:
        write_report(view, target)
    click.echo(target)


def write_report(view: "StudyView", target: Path) -> None:
    """Write the HTML report: whole, or not at all.

    Raises:
        InvalidInput: the file cannot be written.
    """
    from tunewright.report.page import render

    page = render(view)
    try:
        if target.exists() and not target.is_file():  # a pipe or a device is not to be replaced
            target.write_text(page, encoding="utf-8")
        else:
            _replace(target.resolve(), page)
    except OSError as error:
        raise InvalidInput([Problem("", f"cannot be written: {error.strerror}")], str(target)) from None


def _replace(target: Path, text: str) -> None:
    draft = target.with_name(f"{target.name}.tmp")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
