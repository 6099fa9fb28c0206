"""A study that is killed at any moment, and run again, comes out as if it had never been."""

import random
import signal
import subprocess
from pathlib import Path

import pytest
from tests.local.studies import WORKER, a_shell_study, ledger, left_behind, results, run, start, wait_for

KILLS = 20
TRIALS = 120


@pytest.mark.slow
def test_of_a_study_killed_twenty_times_no_trial_is_lost_repeated_or_left_behind(tmp_path: Path) -> None:
    study = a_shell_study(tmp_path, WORKER, "0.5", "$(HP_X)", budget={"maxTrials": TRIALS, "parallelism": 4})
    moments = random.Random(7)

    for _ in range(KILLS):
        running = start(study)
        with pytest.raises(subprocess.TimeoutExpired):  # it must not end before it is killed
            running.wait(timeout=moments.uniform(0.05, 1.8))
        running.kill()
        assert running.wait() == -signal.SIGKILL
    done = run(study)

    assert done.returncode == 0, done.stderr
    found = results(tmp_path)
    assert [trial["index"] for trial in found["trials"]] == list(range(TRIALS))
    assert {trial["state"] for trial in found["trials"]} == {"Completed"}
    assert all(len(trial["attempts"]) == 1 for trial in found["trials"])
    lines = ledger(tmp_path)
    expected = {f"{word} {trial['name']} 1" for trial in found["trials"] for word in ("begin", "end")}
    assert sorted(lines) == sorted(expected)
    assert not left_behind(tmp_path)


def test_trials_that_die_with_the_machine_are_tried_again(tmp_path: Path) -> None:
    once = """\
echo "begin $TUNEWRIGHT_TRIAL $TUNEWRIGHT_ATTEMPT" >> ledger
[ $TUNEWRIGHT_ATTEMPT -gt 1 ] || sleep 1000
echo accuracy=$2
"""
    study = a_shell_study(tmp_path, once, budget={"maxTrials": 3, "parallelism": 3})

    running = start(study)
    wait_for(lambda: len(ledger(tmp_path)) == 3)
    running.kill()
    running.wait()
    for process in left_behind(tmp_path):
        process.kill()
    wait_for(lambda: not left_behind(tmp_path))
    done = run(study)

    assert done.returncode == 0, done.stderr
    trials = results(tmp_path)["trials"]
    assert [trial["state"] for trial in trials] == ["Completed"] * 3
    assert [[attempt["outcome"] for attempt in trial["attempts"]] for trial in trials] == [
        ["interrupted", "completed"]
    ] * 3
    assert not left_behind(tmp_path)
