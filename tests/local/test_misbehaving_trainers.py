"""A study whose trainers do whatever trainers do: each ends as docs/rules.md says, and the others go on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.local.full_disk import MIB, small_disk
from tests.local.studies import a_study, left_behind, programs, results, run

Trials = dict[str, dict[str, Any]]

GOOD = "#!/bin/sh\necho accuracy=0.5\n"

SCRIPTS = {
    "good-1": GOOD,
    "never-reports": "#!/bin/sh\necho all is well\n",
    "reports-something-else": "#!/bin/sh\necho loss=0.5\n",
    "prints-binary": "#!/bin/sh\nhead -c 1000000 /dev/urandom; echo; echo accuracy=0.5\n",
    "prints-long-lines": """\
        #!/bin/sh
        for i in 1 2 3 4 5; do head -c 1000000 /dev/zero | tr '\\0' x; echo; done
        echo accuracy=0.5
        """,
    "prints-without-end-of-line": """\
        #!/bin/sh
        head -c 1000000 /dev/zero | tr '\\0' x
        printf '\\raccuracy=0.5'
        """,
    "prints-a-million-lines": "#!/bin/sh\nyes | head -n 1000000; echo accuracy=0.5\n",
    "reports-100000-times": "#!/bin/sh\nyes accuracy=0.4 | head -n 100000; echo accuracy=0.5\n",
    "good-2": GOOD,
    "nan": "#!/bin/sh\necho accuracy=0.5; echo accuracy=nan; exec sleep 1000\n",
    "nan-at-the-end": "#!/bin/sh\necho accuracy=nan\n",
    "infinite": "#!/bin/sh\necho accuracy=0.5; echo accuracy=-inf; exec sleep 1000\n",
    "hangs-at-once": "#!/bin/sh\nexec sleep 1000\n",
    "hangs-later": "#!/bin/sh\necho accuracy=0.5; exec sleep 1000\n",
    "hangs-stopped": "#!/bin/sh\nkill -STOP $$\n",
    "hangs-and-ignores-sigterm": "#!/bin/sh\ntrap '' TERM; while :; do sleep 1000; done\n",
    "good-3": GOOD,
    "leaves-a-daemon": "#!/bin/sh\nsetsid sh -c 'trap \"\" TERM HUP; sleep 1000' &\necho accuracy=0.5\n",
    "is-always-killed": "#!/bin/sh\nkill -KILL $$\n",
    "is-always-terminated": "#!/bin/sh\nkill -TERM $$\n",
    "is-killed-once": "#!/bin/sh\n[ $TUNEWRIGHT_ATTEMPT -gt 1 ] || kill -KILL $$\necho accuracy=0.5\n",
    "exits-with-3": "#!/bin/sh\necho accuracy=0.5; echo 'no such layer: conv9' >&2; exit 3\n",
    "cannot-be-executed": GOOD,
    "is-missing": GOOD,
    "is-no-program": "echo accuracy=0.5\n",
    "takes-too-much-memory": """\
        #!/bin/sh
        ulimit -v 200000
        exec python -c 'x = bytearray(2**30)'
        """,
    "reports-steps-backwards": "#!/bin/sh\necho epoch=5 accuracy=0.5; echo epoch=3 accuracy=0.25\n",
    "reports-thousands-of-metrics": """\
        #!/bin/sh
        seq 3000 | sed 's/.*/metric&=&/'
        echo accuracy=0.5
        """,
    "good-4": GOOD,
}


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Trials:
    """The trials of one study of them all, by what their trainer does."""
    folder = tmp_path_factory.mktemp("log")
    study = a_study(
        folder,
        ["./$(HP_PROGRAM)"],
        budget={"maxTrials": len(SCRIPTS), "parallelism": 4},
        trial={"metrics": {"source": "log"}, "progressDeadline": "2s", "gracePeriod": "1s"},
        **programs(folder, SCRIPTS),
    )
    (folder / "cannot-be-executed").chmod(0o644)
    (folder / "is-missing").unlink()
    done = run(study)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert not left_behind(folder)
    return by_program(folder)


def by_program(folder: Path) -> Trials:
    found = results(folder)
    assert found["phase"] == "Completed"
    return {trial["parameters"]["program"]: trial for trial in found["trials"]}


@pytest.mark.parametrize(
    "program",
    [
        "good-1",
        "good-2",
        "good-3",
        "good-4",
        "prints-binary",
        "prints-long-lines",
        "prints-without-end-of-line",
        "prints-a-million-lines",
        "reports-100000-times",
        "leaves-a-daemon",
        "reports-steps-backwards",
        "reports-thousands-of-metrics",
    ],
)
def test_completed(trials: Trials, program: str) -> None:
    trial = trials[program]
    assert (trial["state"], trial["reason"]) == ("Completed", "")
    assert trial["metrics"]["accuracy"] == 0.5
    assert [attempt["outcome"] for attempt in trial["attempts"]] == ["completed"]


@pytest.mark.parametrize(
    ("program", "reason", "message"),
    [
        ("never-reports", "NoObjective", "it ended without reporting every objective"),
        ("reports-something-else", "NoObjective", "it ended without reporting every objective"),
        ("nan", "NotANumber", "accuracy was NaN or infinite"),
        ("nan-at-the-end", "NotANumber", "accuracy was NaN or infinite"),
        ("infinite", "NotANumber", "accuracy was NaN or infinite"),
        ("hangs-at-once", "Hung", "it reported nothing for 2 s"),
        ("hangs-later", "Hung", "it reported nothing for 2 s"),
        ("hangs-stopped", "Hung", "it reported nothing for 2 s"),
        ("hangs-and-ignores-sigterm", "Hung", "it reported nothing for 2 s"),
        ("exits-with-3", "NonZeroExit", "it exited with code 3: no such layer: conv9"),
        ("cannot-be-executed", "CannotStart", "cannot start './cannot-be-executed': Permission denied"),
        ("is-missing", "CannotStart", "cannot start './is-missing': No such file or directory"),
        ("is-no-program", "CannotStart", "cannot start './is-no-program': Exec format error"),
        ("takes-too-much-memory", "NonZeroExit", "it exited with code 1: MemoryError"),
    ],
)
def test_failed_at_the_first_attempt(trials: Trials, program: str, reason: str, message: str) -> None:
    trial = trials[program]
    assert (trial["state"], trial["reason"], trial["message"]) == ("Failed", reason, message)
    assert [(attempt["outcome"], attempt["reason"]) for attempt in trial["attempts"]] == [("failed", reason)]


@pytest.mark.parametrize(
    ("program", "reason"), [("is-always-killed", "Killed"), ("is-always-terminated", "Terminated")]
)
def test_failed_after_every_attempt_was_interrupted(trials: Trials, program: str, reason: str) -> None:
    trial = trials[program]
    assert (trial["state"], trial["reason"]) == ("Failed", "TooManyInterruptions")
    assert [(attempt["outcome"], attempt["reason"]) for attempt in trial["attempts"]] == [
        ("interrupted", reason)
    ] * 3


def test_completed_by_its_second_attempt(trials: Trials) -> None:
    trial = trials["is-killed-once"]
    assert (trial["state"], trial["metrics"]) == ("Completed", {"accuracy": 0.5})
    assert [attempt["outcome"] for attempt in trial["attempts"]] == ["interrupted", "completed"]


def test_of_thousands_of_metrics_the_objective_and_some_are_kept(trials: Trials) -> None:
    assert 1 < len(trials["reports-thousands-of-metrics"]["metrics"]) < 100


SDK_SCRIPTS = {
    "good": "report(1, accuracy=0.5)",
    "never-reports": "pass",
    "reports-something-else": "report(1, loss=0.5)",
    "raises": "report(1, accuracy=0.5)\nraise RuntimeError('no such layer: conv9')",
    "nan": "report(1, accuracy=0.5)\nreport(2, accuracy=math.nan)\ntime.sleep(1000)",
    "infinite": "report(1, accuracy=math.inf)",
    "reports-steps-backwards": "report(5, accuracy=0.5)\nreport(3, accuracy=0.5)",
    "reports-thousands-of-metrics": "report(1, accuracy=0.5, **{f'm{i}': 0.0 for i in range(3000)})",
    "vanishes": "report(1, accuracy=0.5)\nos._exit(0)",
    "writes-garbage": """
report(1, accuracy=0.5)
for name in ("OBSERVATIONS", "LAST_WORD"):
    with open(os.environ["TUNEWRIGHT_" + name], "ab") as file:
        file.write(os.urandom(100_000) + b"\\n")
report(2, accuracy=0.75)
""",
}


@pytest.fixture(scope="module")
def sdk_trials(tmp_path_factory: pytest.TempPathFactory) -> Trials:
    """The trials of one study of programs that use the SDK."""
    folder = tmp_path_factory.mktemp("sdk")
    head = "#!/usr/bin/env python\nimport math, os, time\nfrom tunewright_trainer import report\n"
    study = a_study(
        folder,
        ["./$(HP_PROGRAM)"],
        budget={"maxTrials": len(SDK_SCRIPTS), "parallelism": 4, "maxAttempts": 2},
        **programs(folder, {name: head + script for name, script in SDK_SCRIPTS.items()}),
    )
    done = run(study)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert not left_behind(folder)
    return by_program(folder)


@pytest.mark.parametrize(
    ("program", "state", "reason", "message"),
    [
        ("good", "Completed", "", ""),
        ("never-reports", "Failed", "NoObjective", "it ended without reporting every objective"),
        ("reports-something-else", "Failed", "NoObjective", "it ended without reporting every objective"),
        ("raises", "Failed", "NonZeroExit", "RuntimeError: no such layer: conv9"),
        ("nan", "Failed", "NotANumber", "accuracy was NaN or infinite"),
        ("infinite", "Failed", "NotANumber", "accuracy was NaN or infinite"),
        (
            "reports-steps-backwards",
            "Failed",
            "NonZeroExit",
            "step 3 comes after step 5; steps must not go back",
        ),
        ("reports-thousands-of-metrics", "Failed", "NonZeroExit", "more than 64 different metric names"),
        ("vanishes", "Failed", "TooManyInterruptions", "it ended without saying that it was final"),
        ("writes-garbage", "Completed", "", ""),
    ],
)
def test_with_the_sdk(sdk_trials: Trials, program: str, state: str, reason: str, message: str) -> None:
    trial = sdk_trials[program]
    assert (trial["state"], trial["reason"]) == (state, reason)
    assert message in trial["message"]


def test_what_was_reported_between_garbage_counts(sdk_trials: Trials) -> None:
    assert sdk_trials["writes-garbage"]["metrics"] == {"accuracy": 0.75}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a small disk."""
    with small_disk(tmp_path / "disk", 96 * MIB) as place:
        yield place


def test_one_that_fills_the_disk_fails_and_the_others_go_on(disk: Path) -> None:
    scripts = {
        "good": "#!/bin/sh\nsleep 1; echo accuracy=0.5\n",
        # Slowly: what fills a disk at once is told that it is full before anyone can look.
        "greedy": """\
            #!/bin/sh
            echo accuracy=0.9
            mkdir -p $TUNEWRIGHT_CHECKPOINT_DIR
            for i in $(seq 200); do head -c 1M /dev/zero > $TUNEWRIGHT_CHECKPOINT_DIR/$i; sleep 0.01; done
            exec sleep 1000
            """,
        "good-after-it": GOOD,
    }
    study = a_study(
        disk,
        ["./$(HP_PROGRAM)"],
        budget={"maxTrials": 3},
        trial={"metrics": {"source": "log"}},
        **programs(disk, scripts),
    )

    done = run(study)

    assert done.returncode == 0, done.stderr
    assert {name: (trial["state"], trial["reason"]) for name, trial in by_program(disk).items()} == {
        "good": ("Completed", ""),
        "greedy": ("Failed", "DiskFull"),
        "good-after-it": ("Completed", ""),
    }
    assert not left_behind(disk)
