"""The command: bad input in this process, whole runs in processes of their own."""

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.unit.trainer.conftest import Home

from tunewright_trainer.builtin.main import main
from tunewright_trainer.catalog import (
    EXIT_BAD_INPUT,
    EXIT_NOT_FINITE,
    EXIT_OUT_OF_MEMORY,
    METRICS,
    TEST_METRICS,
)
from tunewright_trainer.sdk import reporting

COMMAND = ("-m", "tunewright_trainer", "--device", "cpu")


@pytest.mark.parametrize(
    ("arguments", "parameters", "message"),
    [
        (["--model", "rnn"], None, "argument --model: invalid choice: 'rnn' (choose from 'mlp', 'cnn')"),
        (["--dataset", "mnist"], None, "--dataset: 'mnist' is neither one of digits"),
        (
            ["--model", "cnn", "--dataset", "wine"],
            None,
            "argument --model: cnn needs images, which wine",
        ),
        (["--set", "depth=0"], None, "depth: must be a whole number from 1 to 16, not 0"),
        (
            [],
            '{"depht": 1}',
            "depht: not a hyperparameter of the mlp in a classification; did you mean",
        ),
        ([], '{"depth": "two"}', "depth: must be a whole number from 1 to 16, not 'two'"),
        ([], "{", "TUNEWRIGHT_PARAMETERS: not JSON"),
        (["--dataset", "iris", "--test-fraction", "0.001"], None, "--dataset: 150 samples are too few"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str],
    parameters: str | None,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if parameters:
        monkeypatch.setenv("TUNEWRIGHT_PARAMETERS", parameters)

    assert main(arguments) == EXIT_BAD_INPUT

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"tunewright_trainer: {message}")
    assert said.err.count("\n") == 1


def test_an_objective_that_the_data_cannot_have_is_bad_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TUNEWRIGHT_OBJECTIVES", "validation_rmse")

    assert main(["--dataset", "iris"]) == EXIT_BAD_INPUT

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("tunewright_trainer: TUNEWRIGHT_OBJECTIVES: validation_rmse is not reported")
    assert said.err.count("\n") == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--device", "cuda"]) == EXIT_BAD_INPUT
    assert "argument --device: there is no CUDA device here" in capsys.readouterr().err


class Here:
    """Runs the command in this process, which has torch already, and reads its observations."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._directory = directory
        self._monkeypatch = monkeypatch
        self._runs = 0

    def run(self, *arguments: str, **variables: str) -> tuple[int, list[tuple[int, dict[str, Any]]]]:
        self._runs += 1
        observations = self._directory / f"observations-{self._runs}"
        with self._monkeypatch.context() as patch:
            patch.setattr(reporting, "_reporter", None)
            for name, value in {**variables, "TUNEWRIGHT_OBSERVATIONS": str(observations)}.items():
                patch.setenv(name, value)
            code = main(["--device", "cpu", *arguments])
        lines = observations.read_text().splitlines() if observations.exists() else []
        return code, [(line["step"], line["metrics"]) for line in map(json.loads, lines)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    return Here(tmp_path, monkeypatch)


def test_a_run_stopped_half_way_ends_as_an_uninterrupted_one(home: Home, here: Here) -> None:
    run = ("--max-epochs", "8", "--seed", "3")
    parameters = json.dumps({"dropout": 0.2, "schedule": "cosine", "width": 64, "batch_size": 4})
    process = home.start(*COMMAND, *run, TUNEWRIGHT_PARAMETERS=parameters)
    assert process.stdout is not None
    assert any(line.startswith("step 2:") for line in process.stdout)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 143
    assert 2 <= home.observations()[-1]["step"] < 8
    assert home.last_word()["final"] is False

    resumed = home.run(*COMMAND, *run, TUNEWRIGHT_PARAMETERS=parameters)
    assert (resumed.returncode, resumed.stderr) == (0, "")
    observed = [(observation["step"], observation["metrics"]) for observation in home.observations()]
    assert observed[0][1].keys() == set(METRICS["classification"])
    assert home.last_word()["final"] is True

    # From scratch, and with the final test: the same epochs, and after them the test's metrics.
    code, from_scratch = here.run(*run, TUNEWRIGHT_PARAMETERS=parameters, TUNEWRIGHT_FINAL_TEST="1")
    assert code == 0
    assert from_scratch[:-1] == observed
    assert from_scratch[-1][1].keys() == set(TEST_METRICS["classification"])
    assert from_scratch[-1][1]["test_accuracy"] > 0.9

    # From the trial's checkpoint: nothing but the test's metrics, and the same ones.
    source = {"TUNEWRIGHT_PARAMETERS": parameters, "TUNEWRIGHT_CHECKPOINT_FROM": str(home.checkpoints)}
    assert here.run(*run, **source, TUNEWRIGHT_FINAL_TEST="1") == (0, [(8, from_scratch[-1][1])])

    # An attempt that finds all epochs done repeats the last one's report.
    assert here.run(*run, **source) == (0, [observed[-1]])


def test_a_checkpoint_of_another_run_is_bad_input(
    here: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ("--dataset", "iris", "--max-epochs", "1")
    checkpoints = {"TUNEWRIGHT_CHECKPOINT_DIR": str(tmp_path / "checkpoints")}
    assert here.run(*run, **checkpoints)[0] == 0

    assert here.run(*run, "--set", "depth=3", **checkpoints) == (EXIT_BAD_INPUT, [])
    said = capsys.readouterr().err
    assert said.endswith("made with depth=2, but this run has depth=3\n")
    assert said.count("\n") == 1


def test_a_loss_that_is_not_finite_is_reported_and_ends_the_run(
    here: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generator = np.random.default_rng(0)
    path = tmp_path / "data.npz"
    np.savez(path, X=generator.normal(size=(50, 2)), y=generator.normal(size=50))

    code, reported = here.run("--dataset", str(path), "--set", "optimizer=sgd", "--set", "learning_rate=10")

    said = capsys.readouterr().err
    assert code == EXIT_NOT_FINITE
    assert isinstance(reported[-1][1]["train_loss"], str)
    assert said.startswith(f"tunewright_trainer: loss is not finite at epoch {len(reported)}: train_loss=")
    assert said.count("\n") == 1


def test_running_out_of_memory_has_its_own_exit_code(home: Home) -> None:
    program = """
import resource, sys, torch
from pathlib import Path
from tunewright_trainer.builtin.main import main
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 500_000_000, resource.RLIM_INFINITY))
sys.exit(main(["--set", "depth=16", "--set", "width=8192"]))
"""
    done = home.run("-c", program)

    assert (done.returncode, done.stderr) == (EXIT_OUT_OF_MEMORY, "tunewright_trainer: out of memory\n")
