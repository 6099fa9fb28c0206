"""The commands that read a study: results, show, report."""

import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tunewright.api.problems import InvalidInput, Problem
from tunewright.cli.output import coloured

if TYPE_CHECKING:
    from tunewright.report.view import StudyView

ROOT = Path(".tunewright")
REPORT = "report.html"


def print_results(directory: Path | None, output: str) -> None:
    """The trials, in one of the formats."""
    from tunewright.local.view import view_of
    from tunewright.report.records import as_csv, as_json, as_yaml
    from tunewright.report.tables import as_table

    with view_of(study_directory(directory)) as view:
        if output == "table":
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            text = as_table(view, width=width, colour=coloured(sys.stdout))
        else:
            text = {"json": as_json, "yaml": as_yaml, "csv": as_csv}[output](view)
    click.echo(text, nl=False)


def print_trial(directory: Path | None, trial: str) -> None:
    """Everything about one trial; a bare number means the trial with that index."""
    from tunewright.local.view import view_of
    from tunewright.report.details import details

    with view_of(study_directory(directory)) as view:
        by_index = {str(each.spec.index): each.name for each in view.searched}
        text = details(view, by_index.get(trial, trial), colour=coloured(sys.stdout))
    click.echo(text, nl=False)


def print_report_path(directory: Path | None, output: Path | None) -> None:
    """Write the HTML report, and say where it is."""
    from tunewright.local.view import view_of

    place = study_directory(directory)
    target = output if output is not None else place / REPORT
    with view_of(place) as view:
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


def study_directory(directory: Path | None) -> Path:
    """The study that is meant: the given folder, else the only one under .tunewright.

    Raises:
        InvalidInput: there is none, or several.
    """
    if directory is not None:
        return directory
    found = sorted(each.parent for each in ROOT.glob("*/study.db"))
    if not found:
        raise InvalidInput([Problem("", "no study here; name its folder with --dir")], str(ROOT))
    if len(found) > 1:
        message = f"several studies here; choose with --dir one of {', '.join(map(str, found))}"
        raise InvalidInput([Problem("", message)], str(ROOT))
    return found[0]
