"""The commands that read a study: results, show, report."""

import shutil
import sys
from pathlib import Path

import click

from tunewright.api.problems import InvalidInput, Problem
from tunewright.cli.output import coloured

ROOT = Path(".tunewright")


def print_results(directory: Path | None, output: str) -> None:
    """The trials, in one of the formats."""
    from tunewright.local.view import view_of
    from tunewright.report.records import as_csv, as_json, as_yaml
    from tunewright.report.tables import as_table

    view = view_of(study_directory(directory))
    if output == "table":
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        click.echo(as_table(view, width=width, colour=coloured(sys.stdout)), nl=False)
    else:
        click.echo({"json": as_json, "yaml": as_yaml, "csv": as_csv}[output](view), nl=False)


def print_trial(directory: Path | None, trial: str) -> None:
    """Everything about one trial; a bare number means the trial with that index."""
    from tunewright.local.view import view_of
    from tunewright.report.details import details

    view = view_of(study_directory(directory))
    by_index = {str(each.spec.index): each.name for each in view.searched}
    click.echo(details(view, by_index.get(trial, trial), colour=coloured(sys.stdout)), nl=False)


def write_report(directory: Path | None, output: Path | None) -> Path:
    """Write the HTML report. Returns its path."""
    from tunewright.local.view import view_of
    from tunewright.report.page import render

    place = study_directory(directory)
    target = output if output is not None else place / "report.html"
    page = render(view_of(place))
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InvalidInput([Problem("", f"cannot be written: {error.strerror}")], str(target)) from None
    return target


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
