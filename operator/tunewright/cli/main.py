"""The entry point: how every command begins and ends."""

import sys

from tunewright.cli.output import ensure_standard_streams
from tunewright.cli.signals import exit_on_signals


def main() -> None:
    """The process's whole work."""
    exit_on_signals()
    ensure_standard_streams()
    raise SystemExit(run())


def run() -> int:
    """Run the command that the process was started with. Returns the exit code."""
    # Imported here: it takes a while, in which a signal may come.
    import click
    from click.exceptions import NoArgsIsHelpError

    from tunewright.cli.commands import commands
    from tunewright.cli.failures import BAD_INPUT, code_of, print_lines

    try:
        code: int | None = commands.main(prog_name="tunewright", standalone_mode=False)
        sys.stdout.flush()
        return code or 0
    except NoArgsIsHelpError as wanted:
        wanted.show()
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx is not None else "tunewright"
        print_lines([f"{command}: {error.format_message()} See {command} --help"])
    except Exception as error:
        return code_of(error)
    return BAD_INPUT


if __name__ == "__main__":
    main()
