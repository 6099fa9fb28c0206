"""Constraints, with programs that are read from their log: from what they print to what the user reads."""

from pathlib import Path
from typing import Any

from tests.local.studies import a_shell_study, results, run, tunewright

# More metrics than are taken in, before the ones that count; the greatest model is not timed.
PROGRAM = """\
for i in $(seq 100); do echo "m$i=1"; done
test $1 = 4 || echo "latency=$(($1 * 20))"
echo "accuracy=0.$1"
"""


def a_bound_study(folder: Path, most: float) -> Path:
    spec: dict[str, Any] = {
        "constraints": [{"metric": "latency", "max": most}],
        "parameters": [{"name": "x", "type": "ordinal", "values": [1, 2, 3, 4]}],
        "algorithm": {"name": "grid"},
        "initial": {"default": False},
    }
    return a_shell_study(folder, PROGRAM, "$(HP_X)", **spec)


def test_the_best_is_the_best_of_those_that_keep_them(tmp_path: Path) -> None:
    done = run(a_bound_study(tmp_path, 50))

    assert done.returncode == 0, done.stderr
    found = results(tmp_path)
    assert found["best"]["parameters"] == {"x": 2}
    assert found["best"]["metrics"]["latency"] == 40
    by_value = sorted(found["trials"], key=lambda trial: trial["parameters"]["x"])
    assert [trial["feasible"] for trial in by_value] == [True, True, False, False]
    assert [trial["violations"] for trial in by_value] == [{}, {}, {"latency": 10}, {}]
    assert by_value[3]["reason"] == "ConstraintNotReported"
    assert "it never reported latency" in done.stdout
    assert "accuracy 0.3, latency 60, breaks latency by 10" in done.stdout
    assert "2 of 4 trials feasible; excluded: 2 by latency at most 50 (1 did not report it)" in done.stdout
    assert "latency (constraint)" in done.stdout
    table = tunewright(tmp_path, "results", "--dir", "out").stdout
    assert "Completed (breaks latency by 10)" in table
    assert "Completed (latency not reported)" in table


def test_a_study_without_a_feasible_trial_has_failed_and_names_the_nearest(tmp_path: Path) -> None:
    done = run(a_bound_study(tmp_path, 10))

    assert done.returncode == 1
    assert "failed: no feasible trial (no trial keeps every constraint; shell-" in done.stdout
    assert "No configuration is feasible; the nearest: shell-" in done.stdout
    found = results(tmp_path)
    assert (found["phase"], found["best"]["parameters"]) == ("Failed", {"x": 1})
    assert found["best"]["violations"] == {"latency": 10}
