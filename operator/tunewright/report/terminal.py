"""Text laid out by rich, with or without colour; how wide it becomes is the tables' own affair."""

import io

from rich.console import Console, RenderableType
from rich.table import Table

GAP = 2
"""Blanks between two columns of a table."""

_UNLIMITED = 100_000


def layout(*parts: RenderableType, colour: bool) -> str:
    """The parts below one another, nothing wrapped that does not wrap itself, without trailing blanks."""
    console = _console(colour)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return "".join(line.rstrip() + "\n" for line in capture.get().splitlines())


def plain_table(*headings: str, show_header: bool = True) -> Table:
    """A table without rules whose cells never wrap; a heading that begins with `>` is right-aligned."""
    table = Table(
        box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", show_header=show_header
    )
    for heading in headings:
        table.add_column(
            heading.removeprefix(">"), justify="right" if heading.startswith(">") else "left", no_wrap=True
        )
    return table


def natural_width(table: Table) -> int:
    """How many columns of a terminal the table takes."""
    return _console(colour=False).measure(table).maximum


def _console(colour: bool) -> Console:
    return Console(
        file=io.StringIO(),
        width=_UNLIMITED,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
