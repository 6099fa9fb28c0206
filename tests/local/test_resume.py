"""A study that is interrupted stops cleanly, and the same command goes on with it."""

import os
import pty
import signal
import subprocess
import textwrap
from pathlib import Path

import pytest
from tests.local.full_disk import MIB, fill, small_disk
from tests.local.studies import (
    COMMAND,
    a_shell_study,
    a_study,
    ledger,
    left_behind,
    printed,
    results,
    run,
    start,
    wait_for,
)

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
PATIENCE = 30

# Runs until it is asked to stop, unless there is a file named `go`.
WAITS_TO_BE_STOPPED = """\
trap 'echo "asked $TUNEWRIGHT_TRIAL $TUNEWRIGHT_ATTEMPT" >> ledger; exit 143' TERM
echo "begin $TUNEWRIGHT_TRIAL $TUNEWRIGHT_ATTEMPT" >> ledger
[ -e go ] || { sleep 1000 & wait; }
echo accuracy=$2
echo "end $TUNEWRIGHT_TRIAL $TUNEWRIGHT_ATTEMPT" >> ledger
"""


def written(folder: Path, word: str) -> int:
    """How many lines of the ledger begin with it."""
    return sum(line.startswith(word) for line in ledger(folder))


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_stops_it_cleanly_and_the_same_command_goes_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    study = a_shell_study(tmp_path, WAITS_TO_BE_STOPPED, budget={"maxAttempts": 1, "maxFailedTrials": 0})
    running = start(study)
    wait_for(lambda: written(tmp_path, "begin") == 2)

    running.send_signal(number)

    assert running.wait(PATIENCE) == 130
    assert written(tmp_path, "asked") == 2
    assert not left_behind(tmp_path)
    assert printed(tmp_path).splitlines()[-1] == "Interrupted. The same command goes on where it stopped."
    assert "Traceback" not in printed(tmp_path)
    suspended = results(tmp_path)
    assert suspended["phase"] == "Suspended"
    assert [trial["state"] for trial in suspended["trials"]] == ["Pending"] * 2

    (tmp_path / "go").touch()
    done = run(study)

    assert done.returncode == 0, done.stderr
    assert "going on after 2" in done.stdout
    attempts = [
        [(attempt["outcome"], attempt["reason"]) for attempt in trial["attempts"]]
        for trial in results(tmp_path)["trials"]
    ]
    went_on, straight_through = [("stopped", "Suspended"), ("completed", "")], [("completed", "")]
    assert attempts == [went_on, went_on, straight_through, straight_through]
    assert written(tmp_path, "end") == 4
    assert not left_behind(tmp_path)


def test_a_terminal_that_is_closed_stops_it_like_a_signal(tmp_path: Path) -> None:
    study = a_shell_study(tmp_path, WAITS_TO_BE_STOPPED)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and stays so
        os.execv(COMMAND[0], [*COMMAND, "run", study.name, "--dir", "out"])
    wait_for(lambda: written(tmp_path, "begin") == 2)

    os.close(terminal)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    assert written(tmp_path, "asked") == 2
    assert results(tmp_path)["phase"] == "Suspended"
    assert not left_behind(tmp_path)


def test_a_second_signal_that_is_not_ctrl_c_changes_nothing(tmp_path: Path) -> None:
    slow_to_stop = """\
    trap 'echo asked >> ledger; while [ ! -e go ]; do sleep 0.05; done; exit 143' TERM
    echo begin >> ledger
    sleep 1000 & wait
    """
    study = a_shell_study(tmp_path, slow_to_stop, trial={"gracePeriod": "60s"})
    running = start(study)
    wait_for(lambda: written(tmp_path, "begin") == 2)

    running.send_signal(signal.SIGINT)
    wait_for(lambda: written(tmp_path, "asked") == 2)
    running.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(timeout=0.5)
    (tmp_path / "go").touch()

    assert running.wait(PATIENCE) == 130
    assert (
        "Stopping: what runs saves a checkpoint, and has 1m for it; press Ctrl-C again to kill it."
        in printed(tmp_path)
    )
    assert "Traceback" not in printed(tmp_path)
    assert {trial["state"] for trial in results(tmp_path)["trials"]} == {"Pending"}
    assert not left_behind(tmp_path)


def test_a_second_ctrl_c_kills_what_runs_at_once(tmp_path: Path) -> None:
    deaf = """\
    trap 'echo asked >> ledger' TERM
    (trap '' TERM; exec sleep 1000) &
    echo begin >> ledger
    while :; do wait; done
    """
    study = a_shell_study(tmp_path, deaf, trial={"gracePeriod": "10m"})
    running = start(study)
    wait_for(lambda: written(tmp_path, "begin") == 2)

    running.send_signal(signal.SIGINT)
    wait_for(lambda: written(tmp_path, "asked") == 2)
    running.send_signal(signal.SIGINT)

    assert running.wait(PATIENCE) == 130
    assert "Traceback" not in printed(tmp_path)
    attempts = [attempt for trial in results(tmp_path)["trials"] for attempt in trial["attempts"]]
    assert [(attempt["outcome"], attempt["reason"]) for attempt in attempts] == [("stopped", "Suspended")] * 2
    assert not left_behind(tmp_path)


def test_one_that_ignores_the_request_is_killed_after_its_grace_period(tmp_path: Path) -> None:
    deaf = "trap '' TERM\necho begin >> ledger\nwhile :; do sleep 1000; done\n"
    study = a_shell_study(tmp_path, deaf, trial={"gracePeriod": "1s"})
    running = start(study)
    wait_for(lambda: written(tmp_path, "begin") == 2)

    running.send_signal(signal.SIGINT)

    assert running.wait(PATIENCE) == 130
    attempts = [attempt for trial in results(tmp_path)["trials"] for attempt in trial["attempts"]]
    assert [attempt["reason"] for attempt in attempts] == ["Suspended"] * 2
    assert not left_behind(tmp_path)


def test_with_checkpoints_no_step_is_lost_or_done_twice(tmp_path: Path) -> None:
    (tmp_path / "steps.py").write_text(
        textwrap.dedent(
            """
            import os, time
            from pathlib import Path
            from tunewright_trainer import checkpoint, on_stop, report, stop_requested

            def note(word):
                with open("ledger", "a") as ledger:
                    ledger.write(f"{word} {os.environ['TUNEWRIGHT_TRIAL']}\\n")

            @on_stop
            def save():
                with checkpoint.saving() as directory:
                    (directory / "step").write_text(str(step))

            step = 0
            latest = checkpoint.latest()
            if latest is not None:
                step = int((latest / "step").read_text())
            while step < 6:
                step += 1
                note(f"step {step} of")
                report(step, accuracy=step / 6)
                while step == 3 and not Path("go").exists() and not stop_requested():
                    time.sleep(0.01)
            """
        )
    )
    study = a_study(tmp_path, ["python", "steps.py"], budget={"maxTrials": 2})
    running = start(study)
    wait_for(lambda: written(tmp_path, "step 3") == 2)

    running.send_signal(signal.SIGINT)
    assert running.wait(PATIENCE) == 130
    assert written(tmp_path, "step 4") == 2
    assert written(tmp_path, "step 5") == 0
    (tmp_path / "go").touch()
    done = run(study)

    assert done.returncode == 0, done.stderr
    trials = results(tmp_path)["trials"]
    assert sorted(ledger(tmp_path)) == sorted(
        f"step {step} of {trial['name']}" for trial in trials for step in range(1, 7)
    )
    assert [trial["metrics"] for trial in trials] == [{"accuracy": 1.0}] * 2


def test_hangup_is_ignored_where_nohup_wants_it(tmp_path: Path) -> None:
    waits = "echo begin >> ledger; while [ ! -e go ]; do sleep 0.05; done; echo accuracy=1"
    study = a_shell_study(tmp_path, waits)
    running = start(study, before=["nohup"])
    wait_for(lambda: written(tmp_path, "begin") == 2)

    running.send_signal(signal.SIGHUP)
    (tmp_path / "go").touch()

    assert running.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("number", "module"),
    [
        (signal.SIGINT, "click"),
        (signal.SIGINT, "rich"),
        (signal.SIGINT, "slow_sampler"),
        (signal.SIGTERM, "rich"),
        (signal.SIGHUP, "slow_sampler"),
    ],
)
def test_a_signal_while_it_loads_ends_it_at_once(tmp_path: Path, number: signal.Signals, module: str) -> None:
    loading = "import pathlib, time\npathlib.Path('loading').touch()\ntime.sleep(1000)\n"
    (tmp_path / f"{module}.py").write_text(loading)
    offer_sampler(tmp_path)
    study = a_shell_study(tmp_path, algorithm={"name": "slow"})
    running = start(study, PYTHONPATH=first_on_the_path(tmp_path))
    wait_for((tmp_path / "loading").exists)

    running.send_signal(number)

    assert running.wait(PATIENCE) == 130
    assert printed(tmp_path) == ""
    assert not (tmp_path / "out").exists()


def first_on_the_path(folder: Path) -> str:
    return os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])


def offer_sampler(folder: Path) -> None:
    """Makes the class `Slow` in the module `slow_sampler` a sampler where the folder is on the path."""
    package = folder / "slow-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[tunewright.samplers]\nslow = slow_sampler:Slow\n")


def test_a_signal_is_answered_while_a_sampler_thinks(tmp_path: Path) -> None:
    (tmp_path / "slow_sampler.py").write_text(
        textwrap.dedent(
            """
            import pathlib, time
            from tunewright.search.sampler import Sampler

            class Slow(Sampler):
                description = "slow"

                def propose(self, request):
                    pathlib.Path("thinking").touch()
                    time.sleep(1000)
            """
        )
    )
    offer_sampler(tmp_path)
    study = a_shell_study(tmp_path, algorithm={"name": "slow"})
    running = start(study, PYTHONPATH=first_on_the_path(tmp_path))
    wait_for(lambda: (tmp_path / "thinking").exists() and written(tmp_path, "end") == 1)

    running.send_signal(signal.SIGINT)

    assert running.wait(PATIENCE) == 130
    assert "Traceback" not in printed(tmp_path)
    assert [trial["state"] for trial in results(tmp_path)["trials"]] == ["Completed"]


def test_a_sampler_that_failed_and_was_mended_is_asked_again(tmp_path: Path) -> None:
    module = textwrap.dedent(
        """
        from tunewright.search.samplers.random import RandomSampler

        class Slow(RandomSampler):
            def propose(self, request):
                BODY
        """
    )
    (tmp_path / "slow_sampler.py").write_text(module.replace("BODY", "raise ValueError('not my day')"))
    offer_sampler(tmp_path)
    study = a_shell_study(tmp_path, algorithm={"name": "slow"}, budget={"maxTrials": 3})
    running = start(study, PYTHONPATH=first_on_the_path(tmp_path))
    assert running.wait(PATIENCE) == 1
    assert "not my day" in printed(tmp_path)

    (tmp_path / "slow_sampler.py").write_text(module.replace("BODY", "return super().propose(request)"))
    again = start(study, PYTHONPATH=first_on_the_path(tmp_path))

    assert again.wait(PATIENCE) == 0
    assert len(results(tmp_path)["trials"]) == 3


def test_a_suspended_study_waits_until_it_is_told_to_go_on(tmp_path: Path) -> None:
    study = a_shell_study(tmp_path, suspend=True)

    done = run(study)

    assert done.returncode == 130
    assert (
        done.stderr == "Suspended: spec.suspend is true. Set it to false and run the same command to go on.\n"
    )
    assert not ledger(tmp_path)
    assert run(study, "--set", "spec.suspend=false").returncode == 0
    assert {trial["state"] for trial in results(tmp_path)["trials"]} == {"Completed"}


def test_a_disk_that_others_fill_ends_it_in_a_line_and_the_same_command_goes_on(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 16 * MIB) as disk:
        study = a_shell_study(disk, budget={"maxTrials": 1000})
        running = start(study)
        wait_for(lambda: written(disk, "end") >= 2)
        while running.poll() is None:  # what it gives up for its last words is taken as well
            others = fill(disk)
        assert running.returncode == 1
        refused = run(study)
        others.unlink()
        done = run(study, "--set", "spec.budget.maxTrials=4")

        assert (refused.returncode, refused.stdout.count("\n")) == (1, 1)
        message = "out/study.db: the disk is full; make room, and run the same command again"
        assert refused.stderr == f"tunewright: {message}\n"

        assert done.returncode == 0, done.stderr
        assert results(disk)["phase"] == "Completed"
        assert not left_behind(disk)
