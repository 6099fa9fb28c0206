"""The commands beside `run`, and what they all have in common."""

import csv
import io
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.local.studies import (
    TUNEWRIGHT,
    a_shell_study,
    in_a_shell,
    ledger,
    run,
    start,
    tunewright,
    wait_for,
)

ROOT = Path(__file__).parents[2]
COMMANDS = [
    "cancel",
    "crds",
    "explain",
    "operator",
    "report",
    "results",
    "resume",
    "run",
    "samplers",
    "show",
    "suspend",
    "validate",
]

# The second trial fails.
SCRIPT = """\
case $TUNEWRIGHT_TRIAL in
*-1) echo 'no such layer: conv9'; exit 3;;
*) echo accuracy=$2; echo loss=0.25;;
esac
"""
PARAMETERS = [
    {"name": "x", "type": "float", "min": 0, "max": 1},
    {"name": "kind", "type": "categorical", "values": ["schön", "日本"]},
    {"name": "slope", "type": "float", "min": 0, "max": 1, "when": {"kind": ["日本"]}},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds a study that is over."""
    folder = tmp_path_factory.mktemp("over")
    done = run(a_shell_study(folder, SCRIPT, parameters=PARAMETERS, budget={"parallelism": 1}))
    assert done.returncode == 0, done.stderr
    return folder


def said(folder: Path, *arguments: str) -> str:
    """What a command prints that succeeds, and says nothing on standard error."""
    done = tunewright(folder, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refuse_constant(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def test_results_as_json(folder: Path) -> None:
    found = json.loads(said(folder, "results", "--dir", "out", "-o", "json"), parse_constant=refuse_constant)

    assert list(found) == ["study", "phase", "best", "trials"]
    assert (found["study"], found["phase"]) == ("shell", "Completed")
    assert [trial["index"] for trial in found["trials"]] == [0, 1, 2, 3]
    assert [trial["state"] for trial in found["trials"]] == ["Completed", "Failed", "Completed", "Completed"]
    failed = found["trials"][1]
    assert (failed["reason"], failed["message"]) == (
        "NonZeroExit",
        "it exited with code 3: no such layer: conv9",
    )
    for trial in found["trials"]:
        assert {"name", "state", "parameters", "metrics", "attempts"} <= trial.keys()
        assert ("slope" in trial["parameters"]) == (trial["parameters"]["kind"] == "日本")
    best = max(
        (trial for trial in found["trials"] if trial["metrics"]),
        key=lambda trial: trial["metrics"]["accuracy"],
    )
    assert found["best"]["name"] == best["name"]
    assert found["best"]["metrics"] == best["metrics"]
    assert best["metrics"]["loss"] == 0.25


def test_results_as_yaml_and_csv_and_a_table(folder: Path) -> None:
    found = json.loads(said(folder, "results", "--dir", "out", "-o", "json"))

    assert yaml.safe_load(said(folder, "results", "--dir", "out", "-o", "yaml")) == found
    rows = list(csv.DictReader(io.StringIO(said(folder, "results", "--dir", "out", "-o", "csv"))))
    assert [row["name"] for row in rows] == [trial["name"] for trial in found["trials"]]
    assert [row["parameter.kind"] for row in rows] == [t["parameters"]["kind"] for t in found["trials"]]
    assert [row["metric.loss"] for row in rows] == ["0.25", "", "0.25", "0.25"]
    header, *lines = said(folder, "results", "--dir", "out").splitlines()
    assert header.split() == ["trial", "state", "accuracy", "x", "kind", "slope"]
    assert [line.lstrip("* ").split()[0] for line in lines] == [trial["name"] for trial in found["trials"]]
    assert sum(line.startswith("*") for line in lines) == 1


def test_show_by_name_and_by_number(folder: Path) -> None:
    name = json.loads(said(folder, "results", "--dir", "out", "-o", "json"))["trials"][1]["name"]

    shown = said(folder, "show", name, "--dir", "out")

    assert said(folder, "show", "1", "--dir", "out") == shown
    assert shown.startswith(f"{name}: failed, NonZeroExit: it exited with code 3: no such layer: conv9\n")
    (log,) = re.findall(r"out/attempts/\S+", shown)
    assert (folder / log).read_text() == "no such layer: conv9\n"


def test_explain_a_study_and_a_trial_by_name_and_by_number(folder: Path) -> None:
    assert said(folder, "explain", "--dir", "out").startswith("shell completed: ")
    name = json.loads(said(folder, "results", "--dir", "out", "-o", "json"))["trials"][1]["name"]
    told = said(folder, "explain", "--dir", "out", name)
    assert told.startswith(f"{name}: ")
    assert said(folder, "explain", "--dir", "out", "1") == told


def test_explain_takes_a_number_alone_for_a_trial(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "out", tmp_path / ".tunewright" / "shell")
    told = said(tmp_path, "explain", "1")
    assert told == said(tmp_path, "explain", "shell", "1") == said(folder, "explain", "--dir", "out", "1")


def test_show_of_no_trial(folder: Path) -> None:
    done = tunewright(folder, "show", "99", "--dir", "out")

    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        r".*no trial named '99'; its trials go from shell-\w+-0 to shell-\w+-3\n", done.stderr
    )


def test_only_a_report_reads_the_curves(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "out", tmp_path / "out")
    with sqlite3.connect(tmp_path / "out/study.db") as database:
        database.execute("UPDATE curves SET document = 'unread'")
    database.close()

    assert said(tmp_path, "results", "--dir", "out") == said(folder, "results", "--dir", "out")
    assert said(tmp_path, "show", "0", "--dir", "out") == said(folder, "show", "0", "--dir", "out")


def test_a_report_is_replaced_as_a_whole(folder: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.html"
    before.write_text("before")
    (tmp_path / "report.html").hardlink_to(before)

    said(folder, "report", "--dir", "out", "-o", str(tmp_path / "report.html"))

    assert before.read_text() == "before"
    assert (tmp_path / "report.html").read_text() == (folder / "out/report.html").read_text()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_report_can_be_written_to_what_is_no_file(folder: Path) -> None:
    line = f"{TUNEWRIGHT} report --dir out -o /dev/fd/3 3>&1 >/dev/null | head -c 15"
    assert in_a_shell(folder, line).stdout == "<!doctype html>"


@pytest.mark.parametrize("arguments", [["run", "study.yaml"], ["results"], ["report"]])
def test_an_empty_path_is_refused(folder: Path, arguments: list[str]) -> None:
    done = tunewright(folder, *arguments, "--dir", "")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"tunewright {arguments[0]}: Invalid value for '--dir': a path must not be empty."
        f" See tunewright {arguments[0]} --help\n"
    )


@pytest.mark.parametrize(
    "command",
    ["results --dir out", "show 0 --dir out", "explain --dir out", "--help", "run --dir out study.yaml"],
)
def test_output_that_is_closed_is_no_error(folder: Path, command: str) -> None:
    done = in_a_shell(folder, f"{TUNEWRIGHT} {command} >&-")

    assert (done.returncode, done.stderr) == (0, "")


def test_report(folder: Path) -> None:
    assert said(folder, "report", "--dir", "out") == "out/report.html\n"
    assert said(folder, "report", "--dir", "out", "-o", "here.html") == "here.html\n"
    page = (folder / "here.html").read_text()
    assert page == (folder / "out/report.html").read_text()
    assert "日本" in page
    refused = tunewright(folder, "report", "--dir", "out", "-o", "no/such/folder.html")
    assert refused.returncode == 2
    assert refused.stderr == "no/such/folder.html: cannot be written: No such file or directory\n"


def test_while_it_runs(tmp_path: Path) -> None:
    waits = "echo begin >> ledger; echo accuracy=0.5; while [ ! -e go ]; do sleep 0.05; done"
    running = start(a_shell_study(tmp_path, waits))
    wait_for(lambda: len(ledger(tmp_path)) == 2)

    found = json.loads(said(tmp_path, "results", "--dir", "out", "-o", "json"))

    assert (found["phase"], found["best"]) == ("Running", None)
    assert len(found["trials"]) == 2
    assert len(said(tmp_path, "results", "--dir", "out").splitlines()) == 1 + 2
    assert said(tmp_path, "show", "0", "--dir", "out").startswith("shell-")
    assert said(tmp_path, "report", "--dir", "out") == "out/report.html\n"
    (tmp_path / "go").touch()
    assert running.wait(30) == 0


def test_of_several_studies_one_is_to_be_named(tmp_path: Path) -> None:
    study = a_shell_study(tmp_path, budget={"maxTrials": 1})
    assert tunewright(tmp_path, "run", study.name).returncode == 0
    assert said(tmp_path, "results").count("Completed") == 1
    assert tunewright(tmp_path, "run", study.name, "--dir", ".tunewright/second").returncode == 0

    done = tunewright(tmp_path, "results")

    assert done.returncode == 2
    assert done.stderr == (
        ".tunewright: several studies here; choose with --dir one of .tunewright/second, .tunewright/shell\n"
    )
    assert said(tmp_path, "results", "--dir", ".tunewright/second").count("Completed") == 1


def test_crds_are_those_of_the_repository(tmp_path: Path) -> None:
    files = sorted((ROOT / "crds").iterdir())

    written = said(tmp_path, "crds", "--output", "made")

    assert written == "".join(f"made/{file.name}\n" for file in files)
    for file in files:
        assert (tmp_path / "made" / file.name).read_text() == file.read_text()
    kinds = [document["metadata"]["name"] for document in yaml.safe_load_all(said(tmp_path, "crds"))]
    assert kinds == ["hyperparameterstudies.tunewright.dev", "trials.tunewright.dev"]


def test_samplers(tmp_path: Path) -> None:
    listed = said(tmp_path, "samplers")

    names = re.findall(r"^(\w+): \S", listed, re.M)
    assert names == sorted(names)
    assert {"auto", "gp", "grid", "random", "sobol", "tpe"} <= set(names)
    assert re.search(r"^    startupTrials: \S", listed, re.M)


@pytest.mark.parametrize("example", sorted(path.name for path in (ROOT / "examples").glob("*.yaml")))
def test_the_examples_are_valid(example: str) -> None:
    assert re.fullmatch(
        rf"examples/{example}: valid: study \w+, \d+ parameters\n",
        said(ROOT, "validate", f"examples/{example}"),
    )


def test_validate_of_good_and_bad(tmp_path: Path) -> None:
    a_shell_study(tmp_path).rename(tmp_path / "good.yaml")
    (tmp_path / "bad.yaml").write_text("kind: Pod\n")

    done = tunewright(tmp_path, "validate", "good.yaml", "bad.yaml", "--set", "spec.budget.maxTrials=7")

    assert done.returncode == 2
    assert done.stdout == "good.yaml: valid: study shell, 1 parameter\n"
    assert {line.split(":")[0].split(" ")[0] for line in done.stderr.splitlines()} == {"bad.yaml"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.yaml", "good.yaml", "worker.sh"]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(tmp_path: Path, command: str) -> None:
    shown = said(tmp_path, *filter(None, [command]), "--help")

    assert shown.startswith(f"Usage: tunewright {command}".rstrip())
    assert max(map(len, shown.splitlines())) <= 100
    assert "..." not in shown.replace("[ARGS]...", "").replace("FILE...", "")


def test_version(tmp_path: Path) -> None:
    assert re.fullmatch(r"tunewright, version \d+\.\d+\.\d+\n", said(tmp_path, "--version"))


@pytest.mark.parametrize("command", ["samplers", "crds", "results --dir out -o csv", "show 0 --dir out"])
def test_a_reader_that_goes_away(folder: Path, command: str) -> None:
    done = in_a_shell(folder, f"{TUNEWRIGHT} {command} | head -c 1")

    assert len(done.stdout) == 1
    assert done.stderr == ""


def test_output_that_cannot_be_written(folder: Path) -> None:
    done = in_a_shell(folder, f"{TUNEWRIGHT} results --dir out > /dev/full")

    assert done.returncode == 1
    assert done.stderr == "tunewright: [Errno 28] No space left on device\n"


@pytest.fixture
def terminal() -> Iterator[Any]:
    """Runs a line of sh on a pseudo-terminal, and returns what appears on it."""
    import pty

    def show(folder: Path, line: str, **variables: str) -> str:
        pid, descriptor = pty.fork()
        if pid == 0:
            os.chdir(folder)
            os.environ.update({"TERM": "xterm", **variables})
            os.execvp("sh", ["sh", "-c", line])
        shown = b""
        while True:
            try:
                part = os.read(descriptor, 4096)
            except OSError:  # how Linux tells of the end
                break
            if not part:
                break
            shown += part
        os.close(descriptor)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        return shown.decode()

    yield show


def test_colours_where_they_are_shown_and_wanted(folder: Path, terminal: Any) -> None:
    line = f"{TUNEWRIGHT} results --dir out"
    assert "\x1b[" in terminal(folder, line)
    assert "\x1b[" not in terminal(folder, line, NO_COLOR="1")
    assert "\x1b[" not in terminal(folder, line, TERM="dumb")
    assert "\x1b[" not in said(folder, "results", "--dir", "out")
