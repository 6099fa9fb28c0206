"""The commands that need no study run: validate, crds, samplers."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from tunewright.api.problems import InvalidInput
from tunewright.cli.failures import BAD_INPUT, print_lines


def validate_files(files: Sequence[Path], overrides: Sequence[str]) -> int:
    """Say of each file whether a run would take it. Returns the exit code."""
    from tunewright.local.study import load_study
    from tunewright.report.wording import count

    code = 0
    for file in files:
        try:
            study = load_study(file, overrides)
        except InvalidInput as error:
            print_lines(error.lines())
            code = BAD_INPUT
        else:
            parameters = count(len(study.spec.parameters), "parameter")
            click.echo(f"{file}: valid: study {study.metadata.name}, {parameters}")
    return code


def write_crds(folder: Path | None) -> None:
    """Print the two CustomResourceDefinitions, or write a file each."""
    from tunewright.api.crd import files, render

    if folder is None:
        click.echo(render(), nl=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(str(folder / name))


def list_samplers() -> None:
    """One paragraph per sampler."""
    from tunewright.search.registry import available

    for sampler in available():
        click.echo(f"{sampler.name}: {sampler.description}")
        for name, setting in sampler.settings.get("properties", {}).items():
            default = f" (default {json.dumps(setting['default'])})" if "default" in setting else ""
            click.echo(f"    {name}: {setting.get('description', '')}{default}")
