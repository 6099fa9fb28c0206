"""The commands and their options.

Each imports what it needs when it runs, so that `--help` answers at once.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tunewright.cli.where import Where


class NonEmptyPath(click.Path):
    """Not "", which a script passes for a variable that is not set, and which would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As `click.Path` does it."""
        if value == "":
            self.fail("a path must not be empty.", param, ctx)
        return super().convert(value, param, ctx)


class ContextName(click.ParamType[str]):
    """Anything but "", as above."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As `click.ParamType` does it."""
        if not value:
            self.fail("a name must not be empty.", param, ctx)
        return str(value)


class Name(ContextName):
    """The name of an object, which is no path."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As `click.ParamType` does it."""
        name = super().convert(value, param, ctx)
        if "/" in name:
            self.fail(f"{name!r} is a path; give a name.", param, ctx)
        return name


FILE = NonEmptyPath(path_type=Path)
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
NAMESPACE = click.option(
    "--namespace", "-n", type=Name(), help="The study's namespace in a cluster; the context's if left out."
)
CONTEXT = click.option(
    "--context", type=ContextName(), help="The cluster, as kubeconfig names it; the current one if left out."
)
KUBECONFIG = click.option(
    "--kubeconfig", type=NonEmptyPath(path_type=Path), help="The kubeconfig file; as kubectl if left out."
)

Command = Callable[..., Any]


def in_a_cluster(command: Command) -> Command:
    """A command about a study in a cluster, which it is told of as `where`."""

    @NAMESPACE
    @CONTEXT
    @KUBECONFIG
    @functools.wraps(command)
    def told(namespace: str | None, context: str | None, kubeconfig: Path | None, **arguments: Any) -> Any:
        where = Where(arguments.pop("directory", None), namespace, context, kubeconfig)
        return command(where=where, **arguments)

    return told


def in_either_home(command: Command) -> Command:
    """A command about a study on this machine or in a cluster, which it is told of as `where`."""

    @DIRECTORY
    @in_a_cluster
    @functools.wraps(command)
    def told(where: Where, study: str | None, **arguments: Any) -> Any:
        _require_one_home(where)
        if where.directory is not None and study is not None:
            raise click.UsageError("--dir names a study by its folder; give that, or its name.")
        return command(where=where, study=study, **arguments)

    return told


def _require_one_home(where: Where) -> None:
    if where.directory is not None and where.in_cluster:
        raise click.UsageError("--dir is for a study on this machine; name it, or the cluster.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tunewright")
def commands() -> None:
    """Tune the hyperparameters of neural networks."""


@commands.command(short_help="Run the study in FILE on this machine, or go on with it.")
@click.argument("file", type=FILE)
@DIRECTORY
@SET
def run(file: Path, directory: Path | None, overrides: tuple[str, ...]) -> int:
    """Run the study in FILE on this machine; the same command goes on where it was interrupted.

    Exit codes: 0 done, 1 the study failed, 2 bad input, 130 interrupted.
    """
    from tunewright.cli.run import run_study

    return run_study(file, directory, overrides)


@commands.command()
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE...")
@SET
def validate(files: tuple[Path, ...], overrides: tuple[str, ...]) -> int:
    """Check study files; nothing is started."""
    from tunewright.cli.check import validate_files

    return validate_files(files, overrides)


@commands.command()
@click.argument("study", type=Name(), required=False)
@in_either_home
@click.option(
    "--output", "-o", type=click.Choice(["table", "json", "yaml", "csv"]), default="table", show_default=True
)
def results(where: Where, study: str | None, output: str) -> None:
    """Show the trials of STUDY, also while it runs.

    STUDY may be left out where there is only one: on this machine, or in the namespace.
    """
    from tunewright.cli.inspect import print_results

    print_results(where, study, output)


@commands.command()
@click.argument("trial", type=Name())
@click.option("--study", type=Name(), help="The study that TRIAL is a number of; the only one if left out.")
@in_either_home
def show(where: Where, study: str | None, trial: str) -> None:
    """Show everything about TRIAL, by its name or its number."""
    from tunewright.cli.inspect import print_trial

    print_trial(where, study, trial)


@commands.command(short_help="Tell the story of STUDY, or of its TRIAL.")
@click.argument("names", type=Name(), nargs=-1, metavar="[STUDY] [TRIAL]")
@DIRECTORY
@in_a_cluster
def explain(where: Where, names: tuple[str, ...]) -> None:
    """Tell the story of STUDY, also while it runs, or of its TRIAL, by its name or its number.

    STUDY may be left out where there is only one: on this machine, or in the namespace. With --dir, which
    names the study, what is given is the trial; so is a number that is given alone.
    """
    _require_one_home(where)
    alone = where.directory is not None or (len(names) == 1 and names[0].isdecimal())
    study, trial, *more = [None, *names, None] if alone else [*names, None, None]
    if any(more):
        raise click.UsageError("give one study, or its folder by --dir, and one trial at most.")
    from tunewright.cli.inspect import print_explanation

    print_explanation(where, study, trial)


@commands.command()
@click.argument("study", type=Name(), required=False)
@in_either_home
@click.option(
    "--output",
    "-o",
    type=NonEmptyPath(path_type=Path, dir_okay=False),
    help="The file; DIR/report.html if left out, of a study in a cluster STUDY-report.html.",
)
def report(where: Where, study: str | None, output: Path | None) -> None:
    """Write the HTML report of STUDY, also while it runs.

    STUDY may be left out where there is only one: on this machine, or in the namespace.
    """
    from tunewright.cli.inspect import print_report_path

    print_report_path(where, study, output)


@commands.command()
@click.argument("study", type=Name())
@in_a_cluster
def suspend(where: Where, study: str) -> None:
    """Suspend STUDY in a cluster.

    Running trials save a checkpoint and end, none is started, and no budget is used until it is resumed.
    """
    _require_cluster(where, "Ctrl-C suspends a run")
    from tunewright.cli.steer import suspend

    suspend(where, study)


@commands.command()
@click.argument("study", type=Name())
@in_a_cluster
def resume(where: Where, study: str) -> None:
    """Go on with STUDY, which is suspended in a cluster."""
    _require_cluster(where, "`tunewright run` goes on with a study")
    from tunewright.cli.steer import resume

    resume(where, study)


@commands.command()
@click.argument("study", type=Name())
@in_a_cluster
def cancel(where: Where, study: str) -> None:
    """Give STUDY up in a cluster.

    Running trials are stopped, and none is started or tested; what was found stays.
    """
    _require_cluster(where, "`tunewright run --set spec.cancel=true` gives a study up")
    from tunewright.cli.steer import cancel

    cancel(where, study)


def _require_cluster(where: Where, on_this_machine: str) -> None:
    if not where.in_cluster:
        raise click.UsageError(
            f"name the cluster by --namespace or --context; on this machine, {on_this_machine}."
        )


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


@commands.command(short_help="Run the operator: what the chart installs.")
@click.option(
    "--namespace",
    "namespaces",
    type=Name(),
    multiple=True,
    help="A namespace whose studies to run; may be repeated. All of the cluster if left out.",
)
@click.option("--trainer-image", default="", help="The built-in trainer's image.")
@click.option("--trainer-image-pull-policy", type=click.Choice(["Always", "IfNotPresent", "Never"]))
@click.option(
    "--job-ttl",
    type=click.IntRange(min=60),
    default=3600,
    show_default=True,
    help="Seconds that an ended Job, and with it the pod's log, is kept.",
)
@click.option(
    "--scrape-interval",
    type=click.FloatRange(min=1),
    default=10,
    show_default=True,
    help="Seconds between two looks at a running trial's metrics.",
)
@click.option(
    "--sampler-workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Processes that samplers run in.",
)
@click.option(
    "--sampler-timeout",
    type=click.FloatRange(min=1),
    default=300,
    show_default=True,
    help="Seconds after which a sampler has failed.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=4, show_default=True, help="Studies stepped at once."
)
@click.option("--lease-namespace", type=Name(), help="Where the operator's Lease is; its own if left out.")
@click.option("--lease-name", type=Name(), default="tunewright-operator", show_default=True)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Of /healthz, /readyz and /metrics.",
)
@click.option("--log-format", type=click.Choice(["json", "text"]), default="json", show_default=True)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
)
@CONTEXT
@KUBECONFIG
def operator(
    trainer_image: str,
    trainer_image_pull_policy: str | None,
    job_ttl: int,
    kubeconfig: Path | None,
    **options: Any,
) -> int:
    """Run the operator, until SIGTERM.

    Exit codes: 0 asked to end, 1 it lost its lease or a part of it died, 2 bad input.
    """
    from tunewright.cluster.job_defaults import JobDefaults
    from tunewright.cluster.operator import Options, run_operator

    path = None if kubeconfig is None else str(kubeconfig)
    defaults = JobDefaults(trainer_image, trainer_image_pull_policy, job_ttl)
    return run_operator(Options(defaults=defaults, kubeconfig=path, **options))
