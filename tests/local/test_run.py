"""What a newcomer does: run a study, run it again, give it more, and find the result."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.local.studies import (
    TUNEWRIGHT,
    WORKER,
    a_shell_study,
    a_study,
    in_a_shell,
    ledger,
    left_behind,
    results,
    run,
    start,
    tunewright,
    wait_for,
)

from tunewright.local.view import view_of

DIGITS: dict[str, Any] = {
    "apiVersion": "tunewright.dev/v1alpha1",
    "kind": "HyperparameterStudy",
    "metadata": {"name": "digits"},
    "spec": {
        "objectives": [{"metric": "validation_accuracy", "direction": "maximize"}],
        "parameters": [
            {
                "name": "learning_rate",
                "type": "float",
                "min": 0.001,
                "max": 0.1,
                "scale": "log",
                "default": 0.001,
            }
        ],
        "algorithm": {"name": "random", "seed": 1},
        "budget": {"maxTrials": 2, "parallelism": 2, "maxDuration": "5m"},
        "trial": {"trainer": {"model": "mlp", "dataset": "digits", "maxEpochs": 3}},
    },
}


@pytest.mark.slow
def test_the_built_in_trainer_comes_to_a_better_configuration_with_the_evidence(tmp_path: Path) -> None:
    (tmp_path / "digits.yaml").write_text(yaml.safe_dump(DIGITS))

    done = tunewright(tmp_path, "run", "digits.yaml", timeout=200)

    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert re.search(
        r"^\[1/2, \dm\d+s left of 5m, .*\] trial \d completed in .*s: validation_acc", done.stdout, re.M
    )
    assert "Best configuration: digits-" in done.stdout
    assert re.search(r"^ +best +default +difference$", done.stdout, re.M)
    for row in (r"validation_accuracy \(objective\)", r"test_accuracy \(held-out test\)"):
        assert re.search(rf"^{row} +0\.\d+ +0\.\d+ +\+0\.\d+, better$", done.stdout, re.M)
    assert done.stdout.endswith("Report: .tunewright/digits/report.html\n")
    assert (tmp_path / ".tunewright/digits/report.html").read_text().startswith("<!doctype html>")
    found = tunewright(tmp_path, "results", "--output", "json")
    assert '"test_accuracy"' in found.stdout
    assert not left_behind(tmp_path, ".tunewright/digits")


def test_a_study_that_is_over_is_not_run_again(tmp_path: Path) -> None:
    study = a_shell_study(tmp_path)
    first = run(study)
    ran = ledger(tmp_path)

    again = run(study)

    assert (first.returncode, again.returncode) == (0, 0)
    assert ledger(tmp_path) == ran
    assert "It was over before; nothing was run." in again.stdout
    assert summary(again.stdout) == summary(first.stdout)


def summary(shown: str) -> str:
    return shown[shown.index("shell completed") :]


def test_a_raised_budget_goes_on(tmp_path: Path) -> None:
    study = a_shell_study(tmp_path, budget={"maxTrials": 3})
    run(study)
    before = results(tmp_path)["trials"]

    done = run(study, "--set", "spec.budget.maxTrials=5")

    assert done.returncode == 0, done.stderr
    assert "5 trials, 2 at once; going on after 3" in done.stdout
    after = results(tmp_path)["trials"]
    assert [trial["name"] for trial in after[:3]] == [trial["name"] for trial in before]
    assert len(after) == 5
    assert len(ledger(tmp_path)) == 2 * 5


def test_another_study_is_refused_with_a_line_for_each_difference(tmp_path: Path) -> None:
    study = a_shell_study(tmp_path)
    run(study)
    before = results(tmp_path)
    a_shell_study(
        tmp_path,
        parameters=[{"name": "x", "type": "float", "min": 0, "max": 2}],
        algorithm={"name": "random", "seed": 2},
        budget={"maxTrials": 9},
    )

    done = run(study)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"study.yaml: spec.{field}: is {now}, but {before} in out;"
        " only the budget may change: name another --dir"
        for field, now, before in (("parameters[0].max", "2.0", "1.0"), ("algorithm.seed", "2", "1"))
    ]
    assert results(tmp_path) == before


def test_of_an_attempt_that_is_recorded_its_log_is_kept_and_not_its_observations(tmp_path: Path) -> None:
    program = (
        "import tunewright_trainer as t; print('hello'); t.report(1, accuracy=0.5); t.report(2, accuracy=1)"
    )
    study = a_study(tmp_path, ["python", "-c", program], budget={"maxTrials": 1})

    done = run(study)

    assert done.returncode == 0, done.stderr
    (attempt,) = (tmp_path / "out/attempts").iterdir()
    assert (attempt / "log.txt").read_text().startswith("hello\n")
    assert (attempt / "exit.json").exists()
    assert not list(attempt.glob("observations*"))
    with view_of(tmp_path / "out") as view:
        assert dict(view.curves) == {view.trials[0].name: {"accuracy": [(1, 0.5), (2, 1.0)]}}


def test_another_folder_starts_anew(tmp_path: Path) -> None:
    study = a_shell_study(tmp_path)
    run(study)

    done = tunewright(tmp_path, "run", study.name, "--dir", "somewhere/else")

    assert done.returncode == 0, done.stderr
    assert "going on" not in done.stdout
    assert len(ledger(tmp_path)) == 2 * 2 * 4
    assert (tmp_path / "somewhere/else/report.html").exists()


def test_a_second_run_at_the_same_time_is_refused(tmp_path: Path) -> None:
    waits = 'echo "begin" >> ledger; while [ ! -e go ]; do sleep 0.05; done; echo accuracy=1'
    study = a_shell_study(tmp_path, waits)
    running = start(study)
    wait_for(lambda: len(ledger(tmp_path)) == 2)

    second = run(study)

    assert second.returncode == 2
    assert second.stderr == (
        f"out: another `tunewright run` (process {running.pid}) works on it; wait for it or end it\n"
    )
    assert results(tmp_path)["phase"] == "Running"
    (tmp_path / "go").touch()
    assert running.wait(30) == 0
    assert len(ledger(tmp_path)) == 4


def test_a_program_runs_in_the_folder_of_its_study(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    a_shell_study(folder)

    done = tunewright(tmp_path, "run", "project/study.yaml")

    assert done.returncode == 0, done.stderr
    assert len(ledger(folder)) == 2 * 4
    assert (tmp_path / ".tunewright/shell/report.html").exists()


@pytest.mark.slow
def test_a_data_set_is_looked_for_in_the_folder_of_its_study(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    rows = [f"{x / 50},{(x * 7 % 50) / 50},{'ab'[x % 2]}" for x in range(50)]
    (folder / "points.csv").write_text("\n".join(["x,y,class", *rows]))
    spec = {**DIGITS["spec"], "budget": {"maxTrials": 1}}
    spec["trial"] = {"trainer": {"model": "mlp", "dataset": "points.csv", "maxEpochs": 1}, "finalTest": False}
    (folder / "study.yaml").write_text(yaml.safe_dump({**DIGITS, "spec": spec}))

    done = tunewright(tmp_path, "run", "project/study.yaml", timeout=100)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "no held-out test evaluation" in done.stdout


def test_when_nobody_reads_on_it_goes_on(tmp_path: Path) -> None:
    study = a_shell_study(tmp_path, WORKER, "0.2", "$(HP_X)", budget={"maxTrials": 6})

    done = in_a_shell(tmp_path, f"{TUNEWRIGHT} run {study.name} --dir out | head -n 1")

    assert done.stdout == "Study shell in out: 6 trials, 2 at once\n"
    assert not done.stderr
    assert len(ledger(tmp_path)) == 2 * 6
    assert results(tmp_path)["phase"] == "Completed"


def test_when_its_output_cannot_be_written_it_goes_on(tmp_path: Path) -> None:
    study = a_shell_study(tmp_path)

    done = in_a_shell(tmp_path, f"{TUNEWRIGHT} run {study.name} --dir out > /dev/full")

    assert (done.returncode, done.stderr) == (0, "")
    assert results(tmp_path)["phase"] == "Completed"


def test_any_text_reaches_the_trial_as_it_is(tmp_path: Path) -> None:
    values = ["weiß", "日本", "a b'c\"`d`$(e)$HOME\n;|&*", "-x", ""]
    (tmp_path / "says.py").write_text(
        "import json, os, sys\n"
        "parameters = json.loads(os.environ['TUNEWRIGHT_PARAMETERS'])\n"
        "said = [parameters['kind'], os.environ['HP_KIND'], sys.argv[1]]\n"
        "open('ledger', 'a').write(json.dumps(said) + '\\n')\n"
        "print('accuracy=1')\n"
    )
    study = a_study(
        tmp_path,
        ["python", "says.py", "$(HP_KIND)"],
        parameters=[{"name": "kind", "type": "categorical", "values": values}],
        algorithm={"name": "grid"},
        budget={"maxTrials": len(values)},
        trial={"metrics": {"source": "log"}},
    )

    done = run(study)

    assert done.returncode == 0, done.stderr
    assert sorted(map(json.loads, ledger(tmp_path))) == sorted([value] * 3 for value in values)
    assert sorted(trial["parameters"]["kind"] for trial in results(tmp_path)["trials"]) == sorted(values)
