"""The commands and their options.

Each imports what it needs when it runs, so that `--help` answers at once.
"""

from pathlib import Path
from typing import Any

import click


class NonEmptyPath(click.Path):
    """Not "", which a script passes for a variable that is not set, and which would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As `click.Path` does it."""
        if value == "":
            self.fail("a path must not be empty.", param, ctx)
        return super().convert(value, param, ctx)


DIRECTORY = click.option(
    "--dir",
    "directory",
    type=NonEmptyPath(path_type=Path),
    help="Where the study lives; .tunewright/<study> if left out.",
)
SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Replace one field of the study, such as spec.budget.maxTrials=8. May be repeated.",
)
STUDY = NonEmptyPath(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tunewright")
def commands() -> None:
    """Tune the hyperparameters of neural networks."""


@commands.command(short_help="Run STUDY on this machine, or go on with it.")
@click.argument("study", type=STUDY)
@DIRECTORY
@SET
def run(study: Path, directory: Path | None, overrides: tuple[str, ...]) -> int:
    """Run STUDY on this machine; the same command goes on where it was interrupted.

    Exit codes: 0 done, 1 the study failed, 2 bad input, 130 interrupted.
    """
    from tunewright.cli.run import run_study

    return run_study(study, directory, overrides)


@commands.command()
@click.argument("files", type=STUDY, nargs=-1, required=True, metavar="FILE...")
@SET
def validate(files: tuple[Path, ...], overrides: tuple[str, ...]) -> int:
    """Check study files; nothing is started."""
    from tunewright.cli.check import validate_files

    return validate_files(files, overrides)


@commands.command()
@DIRECTORY
@click.option(
    "--output", "-o", type=click.Choice(["table", "json", "yaml", "csv"]), default="table", show_default=True
)
def results(directory: Path | None, output: str) -> None:
    """Show the trials of a study, also while it runs."""
    from tunewright.cli.inspect import print_results

    print_results(directory, output)


@commands.command()
@click.argument("trial")
@DIRECTORY
def show(trial: str, directory: Path | None) -> None:
    """Show everything about TRIAL, by its name or its number."""
    from tunewright.cli.inspect import print_trial

    print_trial(directory, trial)


@commands.command()
@DIRECTORY
@click.option(
    "--output",
    "-o",
    type=NonEmptyPath(path_type=Path, dir_okay=False),
    help="The file; DIR/report.html if left out.",
)
def report(directory: Path | None, output: Path | None) -> None:
    """Write the HTML report of a study, also while it runs."""
    from tunewright.cli.inspect import print_report_path

    print_report_path(directory, output)


@commands.command()
@click.option(
    "--output",
    "-o",
    type=NonEmptyPath(path_type=Path, file_okay=False),
    help="A folder to write one file per kind into; standard output if left out.",
)
def crds(output: Path | None) -> None:
    """Print the CustomResourceDefinitions."""
    from tunewright.cli.check import write_crds

    write_crds(output)


@commands.command()
def samplers() -> None:
    """List the samplers and their settings."""
    from tunewright.cli.check import list_samplers

    list_samplers()
