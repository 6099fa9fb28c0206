"""Reports, in real processes: what they leave however the process ends."""

import json
import signal
import time
from typing import Any

import pytest
from tests.unit.trainer.conftest import Home

from tunewright_trainer import report
from tunewright_trainer.sdk.record import MAX_METRICS

REPORT_TWICE = "from tunewright_trainer import report; report(1, loss=0.5); report(2, loss=0.25, accuracy=1)"


def test_by_hand_a_report_is_a_plain_line(home: Home) -> None:
    bare = dict.fromkeys(("TUNEWRIGHT_OBSERVATIONS", "TUNEWRIGHT_LAST_WORD", "TUNEWRIGHT_CHECKPOINT_DIR"), "")
    done = home.run("-c", REPORT_TWICE, **bare)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "step 1: loss=0.5\nstep 2: loss=0.25 accuracy=1\n"
    assert list(home.directory.iterdir()) == []


def test_the_sdk_imports_nothing_heavy(home: Home) -> None:
    heavy = "{'torch', 'numpy', 'sklearn', 'prometheus_client', 'tunewright'}"
    done = home.run("-c", f"{REPORT_TWICE}; import sys; print(sorted({heavy} & sys.modules.keys()))")

    assert done.stdout.splitlines()[-1] == "[]"


def test_a_proper_end_makes_the_last_word_final(home: Home) -> None:
    before = time.time()
    done = home.run("-c", REPORT_TWICE, TUNEWRIGHT_TRIAL="digits-ab-3", TUNEWRIGHT_ATTEMPT="2")

    assert done.stdout.startswith("trial digits-ab-3, attempt 2\n")
    assert [(o["step"], o["metrics"]) for o in home.observations()] == [
        (1, {"loss": 0.5}),
        (2, {"loss": 0.25, "accuracy": 1.0}),
    ]
    assert all(before <= observation["time"] <= time.time() for observation in home.observations())
    assert home.last_word() == {
        "v": 2,
        "final": True,
        "metrics": {"loss": [[2, 0.25], None, [1, 0.5]], "accuracy": [[2, 1.0], None, None]},
        "curve": {"loss": [[1, 0.5], [2, 0.25]]},
    }


MANY = f"""
from tunewright_trainer import report
others = {{f"{{i:02}}".rjust(60, "m"): i / 7 for i in range({MAX_METRICS - 2})}}
report(1, **others, latency=9.0, accuracy=0.5)
"""


def test_what_a_trial_is_judged_by_has_its_place_in_the_last_word(home: Home) -> None:
    home.run("-c", MANY, TUNEWRIGHT_OBJECTIVES="accuracy", TUNEWRIGHT_CONSTRAINTS="latency,accuracy")

    metrics = home.last_word()["metrics"]
    assert list(metrics)[:2] == ["accuracy", "latency"]
    assert len(metrics) < MAX_METRICS


@pytest.mark.parametrize(
    ("ending", "returncode"),
    [
        ("import os; os._exit(0)", 0),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("raise RuntimeError", 1),
        ("raise KeyboardInterrupt", -signal.SIGINT),
        ("import os; os.kill(os.getpid(), 15)", 0),
    ],
)
def test_any_other_end_leaves_it_open(home: Home, ending: str, returncode: int) -> None:
    done = home.run("-c", f"{REPORT_TWICE}\n{ending}")

    assert done.returncode == returncode
    assert home.last_word()["final"] is False
    assert home.last_word()["metrics"] == {
        "loss": [[2, 0.25], None, [1, 0.5]],
        "accuracy": [[2, 1.0], None, None],
    }


@pytest.mark.parametrize("lines", [50, 300, 700])
def test_a_kill_tears_at_most_the_last_line(home: Home, lines: int) -> None:
    program = """
from itertools import count
from tunewright_trainer import report
for step in count():
    report(step, **{f"metric_{i}": step + i / 3 for i in range(step % 40 + 1)})
"""
    process = home.start("-c", program)
    home.await_lines(process, lines)
    process.kill()
    process.communicate()

    whole, _, rest = home.observations_path.read_text().rpartition("\n")
    steps = [json.loads(line)["step"] for line in whole.splitlines()]
    assert steps == list(range(len(steps)))
    assert len(steps) >= lines
    assert rest == "" or rest.startswith('{"step"')
    assert home.last_word()["metrics"]["metric_0"][0][0] in (steps[-1], steps[-1] - 1)


def test_forked_children_write_nothing(home: Home) -> None:
    program = """
import multiprocessing, os, sys
from tunewright_trainer import report

def work():
    report(99, loss=0)
    sys.exit()

report(1, loss=1)
child = os.fork()
if child == 0:
    report(98, loss=0)
    sys.exit()  # runs the exit handlers
os.waitpid(child, 0)
worker = multiprocessing.get_context("fork").Process(target=work)
worker.start()
worker.join()
os._exit(0)
"""
    done = home.run("-c", program)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "step 1: loss=1\n"
    assert [observation["step"] for observation in home.observations()] == [1]
    word = home.last_word()
    assert (word["metrics"], word["final"]) == ({"loss": [[1, 1.0], None, None]}, False)


@pytest.mark.parametrize("use", ["pass", "tunewright_trainer.parameters()"])
def test_a_forked_child_is_not_the_program_though_only_it_reports(home: Home, use: str) -> None:
    program = f"""
import multiprocessing
import tunewright_trainer
{use}
def work():
    tunewright_trainer.report(1, loss=0)
worker = multiprocessing.get_context("fork").Process(target=work)
worker.start()
worker.join()
"""
    done = home.run("-c", program)

    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    assert list(home.directory.iterdir()) == []


def test_a_metric_may_be_named_step(home: Home) -> None:
    home.run("-c", "from tunewright_trainer import report; report(3, step=7)")

    assert home.observations()[0]["metrics"] == {"step": 7.0}


@pytest.mark.parametrize(
    ("step", "metrics", "message"),
    [
        (1, {"": 1}, "metric '': a metric's name starts with a letter or _"),
        (1, {"top 1": 1}, "metric 'top 1': a metric's name starts with a letter or _"),
        (1, {"é": 1}, "at most 63"),
        (1, {"loss\n": 1}, "at most 63"),
        (1, {"m" * 64: 1}, f"metric '{'m' * 64}': .* at most 63"),
        (1, {}, "no metrics"),
        (-1, {"loss": 1}, "step -1 is negative"),
        (2**53, {"loss": 1}, "the step is 2\\*\\*53 or more"),
        (1, {"loss": "high"}, "metric 'loss': not one number"),
        (1, {"loss": [1, 2]}, "metric 'loss': not one number"),
        (1, {f"m{i}": 0 for i in range(65)}, "more than 64 different metric names"),
    ],
)
def test_a_wrong_report_says_what_is_wrong(step: int, metrics: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        report(step, **metrics)


def test_a_step_is_a_whole_number() -> None:
    with pytest.raises(TypeError):
        report(1.5, loss=1)  # type: ignore[arg-type]
