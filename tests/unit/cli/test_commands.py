"""What the command line refuses before it looks anywhere."""

import subprocess
import sys
from pathlib import Path

import pytest


def tunewright(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tunewright.cli.main", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["results", "digits", "--dir", "out"], "--dir names a study by its folder; give that, or its name."),
        (
            ["show", "3", "--study", "digits", "--dir", "out"],
            "--dir names a study by its folder; give that, or its name.",
        ),
        (
            ["report", "--dir", "out", "-n", "team-a"],
            "--dir is for a study on this machine; name it, or the cluster.",
        ),
        (
            ["explain", "digits", "3", "4"],
            "give one study, or its folder by --dir, and one trial at most.",
        ),
        (
            ["explain", "digits", "3", "--dir", "out"],
            "give one study, or its folder by --dir, and one trial at most.",
        ),
        (
            ["explain", "--dir", "out", "-n", "team-a"],
            "--dir is for a study on this machine; name it, or the cluster.",
        ),
        (["results", "-n", ""], "Invalid value for '--namespace' / '-n': a name must not be empty."),
        (["results", ""], "Invalid value for '[STUDY]': a name must not be empty."),
        (
            ["results", "examples/a.yaml"],
            "Invalid value for '[STUDY]': 'examples/a.yaml' is a path; give a name.",
        ),
        (["show", "3", "-n", "a/b"], "Invalid value for '--namespace' / '-n': 'a/b' is a path; give a name."),
        (["cancel", "-n", "team-a"], "Missing argument 'STUDY'."),
        (
            ["suspend", "digits"],
            "name the cluster by --namespace or --context; on this machine, Ctrl-C suspends a run.",
        ),
        (
            ["resume", "digits"],
            "name the cluster by --namespace or --context; on this machine, "
            "`tunewright run` goes on with a study.",
        ),
        (
            ["cancel", "digits"],
            "name the cluster by --namespace or --context; on this machine, "
            "`tunewright run --set spec.cancel=true` gives a study up.",
        ),
    ],
)
def test_a_command_line_that_is_ambiguous(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = tunewright(tmp_path, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    name = arguments[0]
    assert done.stderr == f"tunewright {name}: {says} See tunewright {name} --help\n"


def test_help_needs_neither_home(tmp_path: Path) -> None:
    """Each takes a while to import."""
    program = (
        "import sys\nfrom tunewright.cli.commands import commands\n"
        "commands.main(['results', '--help'], standalone_mode=False)\n"
        "print(*sys.modules, file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )

    imported = done.stderr.split()
    assert "tunewright.cli.commands" in imported
    slow = ("kubernetes", "kopf", "numpy", "pydantic", "tunewright.cluster", "tunewright.local")
    assert [name for name in imported if name in slow] == []
