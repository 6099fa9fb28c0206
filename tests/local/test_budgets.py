"""Every budget holds, also where Tunewright is killed on the way."""

import os
import stat
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.local.studies import (
    WORKER,
    a_shell_study,
    ledger,
    left_behind,
    results,
    run,
    start,
    wait_for,
)

RUNS_ON = "echo begin >> ledger\necho accuracy=$2\nexec sleep 1000\n"


def at_once(folder: Path) -> int:
    """How many workers ran at once, at most, by the ledger."""
    running = most = 0
    for line in ledger(folder):
        running += 1 if line.startswith("begin") else -1
        most = max(most, running)
    return most


def seconds(trial: dict[str, Any]) -> float:
    """How long a trial's attempts ran."""
    return sum(
        (
            datetime.fromisoformat(attempt["endedAt"]) - datetime.fromisoformat(attempt["startedAt"])
        ).total_seconds()
        for attempt in trial["attempts"]
    )


def states(folder: Path) -> list[tuple[str, str]]:
    """Of each trial, its state and why."""
    return [(trial["state"], trial["reason"]) for trial in results(folder)["trials"]]


@pytest.mark.parametrize("parallelism", [1, 3])
def test_trials_and_parallelism(tmp_path: Path, parallelism: int) -> None:
    study = a_shell_study(
        tmp_path, WORKER, "0.1", "$(HP_X)", budget={"maxTrials": 6, "parallelism": parallelism}
    )

    done = run(study)

    assert done.returncode == 0, done.stderr
    assert len(results(tmp_path)["trials"]) == 6
    assert len(ledger(tmp_path)) == 2 * 6
    assert at_once(tmp_path) == parallelism


def test_failed_trials(tmp_path: Path) -> None:
    study = a_shell_study(
        tmp_path, "exit 3", budget={"maxTrials": 50, "parallelism": 1, "maxFailedTrials": 2}
    )

    done = run(study)

    assert done.returncode == 1
    assert "too many failed trials (3 trials failed, and maxFailedTrials is 2)" in done.stdout
    assert states(tmp_path) == [("Failed", "NonZeroExit")] * 3
    assert results(tmp_path)["phase"] == "Failed"


@pytest.mark.parametrize("attempts", [1, 4])
def test_attempts(tmp_path: Path, attempts: int) -> None:
    study = a_shell_study(tmp_path, "kill -KILL $$", budget={"maxTrials": 1, "maxAttempts": attempts})

    run(study)

    (trial,) = results(tmp_path)["trials"]
    assert (trial["state"], trial["reason"]) == ("Failed", "TooManyInterruptions")
    assert len(trial["attempts"]) == attempts


def test_a_target_that_is_reached_stops_the_rest(tmp_path: Path) -> None:
    one_wins = """\
    echo begin >> ledger
    case $TUNEWRIGHT_TRIAL in
    *-0) while [ $(wc -l < ledger) -lt 3 ]; do sleep 0.05; done; echo accuracy=0.9;;
    *) echo accuracy=0.1; exec sleep 1000;;
    esac
    """
    study = a_shell_study(
        tmp_path,
        one_wins,
        budget={"maxTrials": 50, "parallelism": 3},
        objectives=[{"metric": "accuracy", "direction": "maximize", "target": 0.8}],
    )

    done = run(study)

    assert done.returncode == 0, done.stderr
    assert "target reached" in done.stdout
    assert states(tmp_path) == [("Completed", ""), *[("Stopped", "TargetReached")] * 2]
    assert not left_behind(tmp_path)


def test_duration(tmp_path: Path) -> None:
    study = a_shell_study(
        tmp_path, RUNS_ON, trial={"gracePeriod": "1s"}, budget={"maxTrials": 50, "maxDuration": "5s"}
    )

    began = time.monotonic()
    done = run(study)

    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 5 + 3  # the command's own start and end
    assert "max duration reached" in done.stdout
    # Whoever looks at the clock first: the engine, or the supervisor of the attempt.
    assert set(states(tmp_path)) <= {("Stopped", "BudgetExhausted"), ("Stopped", "MaxDurationReached")}
    assert not left_behind(tmp_path)


def test_duration_holds_while_tunewright_is_dead_and_after_it_comes_back(tmp_path: Path) -> None:
    study = a_shell_study(
        tmp_path, RUNS_ON, trial={"gracePeriod": "1s"}, budget={"maxTrials": 50, "maxDuration": "5s"}
    )

    began = time.monotonic()
    running = start(study)
    wait_for(lambda: len(ledger(tmp_path)) == 2)
    running.kill()
    running.wait()
    wait_for(lambda: not left_behind(tmp_path), seconds=10)
    assert time.monotonic() - began < 5 + 2
    done = run(study)

    assert done.returncode == 0, done.stderr
    assert states(tmp_path) == [("Stopped", "BudgetExhausted")] * 2
    assert not left_behind(tmp_path)


def test_time_in_which_it_is_interrupted_is_not_counted(tmp_path: Path) -> None:
    waits = "echo begin >> ledger; while [ ! -e go ]; do sleep 0.05; done; echo accuracy=1"
    study = a_shell_study(
        tmp_path, waits, trial={"gracePeriod": "1s"}, budget={"maxTrials": 2, "maxDuration": "5s"}
    )
    running = start(study)
    wait_for(lambda: len(ledger(tmp_path)) == 2)
    running.terminate()
    assert running.wait(10) == 130

    time.sleep(3)  # it is time itself that is not to count
    (tmp_path / "go").touch()
    done = run(study)

    assert done.returncode == 0, done.stderr
    assert states(tmp_path) == [("Completed", "")] * 2


def test_gpu_hours(tmp_path: Path) -> None:
    """On a machine with a GPU, as far as `nvidia-smi` says so."""
    tool = tmp_path / "bin" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 'GPU 0: Pretended (UUID: GPU-11111111-2222-3333-4444-555555555555)'\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    hours = 8 / 3600
    study = a_shell_study(
        tmp_path,
        "echo device=$CUDA_VISIBLE_DEVICES >> ledger\n" + RUNS_ON,
        trial={"gracePeriod": "1s"},
        budget={"maxTrials": 50, "parallelism": 2, "maxGpuHours": hours},
    )

    variables = {"PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}"}
    running = start(study, **variables)
    wait_for(lambda: running.poll() is not None, seconds=30)

    assert running.returncode == 0
    assert "device=GPU-11111111-2222-3333-4444-555555555555" in ledger(tmp_path)
    found = results(tmp_path)["trials"]
    assert 0 < sum(seconds(trial) for trial in found) <= 8
    assert {trial["reason"] for trial in found} <= {"BudgetExhausted", "MaxGpuHoursReached"}
    assert not left_behind(tmp_path)
