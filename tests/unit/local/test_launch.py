"""Tests of what an attempt is started with, and of what a local run refuses."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.builders import a_study, a_trial

from tunewright.api.problems import Problem
from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Purpose
from tunewright.local.launch import Command, check_local, command_of, environment

POD = "spec.trial.template.spec.template.spec"


def a_template(
    *, pod: dict[str, Any] | None = None, job: dict[str, Any] | None = None, **container: Any
) -> Any:
    main = {"name": "main", "image": "none", "command": ["train"], **container}
    return {"spec": {"template": {"spec": {"containers": [main], **(pod or {})}}, **(job or {})}}


def with_template(**fields: Any) -> HyperparameterStudy:
    return a_study(trial={"template": a_template(**fields)})


def command(study: HyperparameterStudy, **parameters: Any) -> Command:
    return command_of(study.spec, a_trial(parameters=parameters), {})


class TestCommand:
    def test_parameters_are_expanded_in_command_and_args(self) -> None:
        study = with_template(
            command=["train", "--lr=$(HP_LEARNING_RATE)"],
            args=["$(HP_OPTIMIZER)", "$$(HP_MOMENTUM)", "$HOME $(no)"],
        )

        arguments = command(study, learning_rate=1e-05, optimizer="a b;`c`").arguments

        assert arguments == ["train", "--lr=1e-05", "a b;`c`", "$(HP_MOMENTUM)", "$HOME $(no)"]

    def test_an_inactive_parameter_is_empty(self) -> None:
        study = with_template(args=["--momentum=$(HP_MOMENTUM)"])

        assert command(study, learning_rate=0.1, optimizer="adam").arguments == ["train", "--momentum="]

    def test_variables_of_the_template_follow_those_of_the_trial_and_may_use_them(self) -> None:
        study = with_template(
            env=[
                {"name": "RATE", "value": "rate $(HP_LEARNING_RATE)"},
                {"name": "TWICE", "value": "$(RATE), $(RATE)"},
                {"name": "EMPTY"},
            ],
            args=["$(TWICE)"],
        )

        found = command(study, learning_rate=0.5, optimizer="adam")

        assert found.arguments == ["train", "rate 0.5, rate 0.5"]
        assert (found.variables["TWICE"], found.variables["EMPTY"]) == ("rate 0.5, rate 0.5", "")

    def test_variables_of_the_attempt_are_expanded_everywhere(self) -> None:
        study = with_template(
            command=["train", "$(TUNEWRIGHT_ATTEMPT)"],
            args=["--out=$(TUNEWRIGHT_CHECKPOINT_DIR)", "$(SAVED)"],
            env=[{"name": "SAVED", "value": "$(TUNEWRIGHT_CHECKPOINT_DIR)/best"}],
        )
        own = {"TUNEWRIGHT_ATTEMPT": "2", "TUNEWRIGHT_CHECKPOINT_DIR": "/c"}

        found = command_of(study.spec, a_trial(), own)

        assert found.arguments == ["train", "2", "--out=/c", "/c/best"]
        assert found.variables["TUNEWRIGHT_ATTEMPT"] == "2"

    def test_the_trial_is_told_what_it_is(self) -> None:
        variables = command(with_template(), learning_rate=0.5, optimizer="sgd", momentum=0.9).variables

        assert variables["TUNEWRIGHT_TRIAL"] == "digits-0"
        assert json.loads(variables["TUNEWRIGHT_PARAMETERS"]) == {
            "learning_rate": 0.5,
            "optimizer": "sgd",
            "momentum": 0.9,
        }
        assert variables["TUNEWRIGHT_OBJECTIVES"] == "accuracy"
        assert "TUNEWRIGHT_FINAL_TEST" not in variables

    def test_a_final_test_is_told_so(self) -> None:
        found = command_of(with_template().spec, a_trial(purpose=Purpose.FINAL_TEST), {})

        assert found.variables["TUNEWRIGHT_FINAL_TEST"] == "1"

    def test_of_several_containers_the_named_one_runs(self) -> None:
        template = a_template()
        template["spec"]["template"]["spec"]["containers"].insert(0, {"name": "side", "command": ["serve"]})
        study = a_study(trial={"template": template, "metricsContainer": "main"})

        assert command(study).arguments == ["train"]

    def test_the_built_in_trainer_runs_with_this_python(self) -> None:
        trainer = {"model": "mlp", "dataset": "data/d.csv", "target": "-y", "maxEpochs": 7, "seed": 3}
        study = a_study(trial={"trainer": trainer})

        python, dash, module, *options = command(study).arguments

        assert (python, dash, module) == (sys.executable, "-m", "tunewright_trainer")
        assert options == [
            "--model=mlp",
            "--dataset=data/d.csv",
            "--max-epochs=7",
            "--seed=3",
            "--validation-fraction=0.2",
            "--test-fraction=0.2",
            "--target=-y",
        ]


class TestEnvironment:
    def test_what_the_user_has_set_is_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TOKEN", "secret")

        assert environment({}, 1, None)["TOKEN"] == "secret"

    def test_the_trials_own_variables_win(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HP_X", "left over")

        assert environment({"HP_X": "1", "OMP_NUM_THREADS": "7"}, 2, None) == environment({}, 2, None) | {
            "HP_X": "1",
            "OMP_NUM_THREADS": "7",
        }

    def test_threads_are_bounded_and_devices_given_out(self) -> None:
        found = environment({}, 3, "GPU-1")

        assert {found[f"{library}_NUM_THREADS"] for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")} == {"3"}
        assert found["CUDA_VISIBLE_DEVICES"] == "GPU-1"
        assert environment({}, 3, None)["CUDA_VISIBLE_DEVICES"] == ""

    def test_python_is_the_one_that_runs_this(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/usr/bin")
        assert environment({}, 1, None)["PATH"] == f"{Path(sys.executable).parent}:/usr/bin"


class TestWhatALocalRunRefuses:
    def test_nothing_of_a_plain_template(self, tmp_path: Path) -> None:
        study = with_template(
            job={"backoffLimit": 0, "ttlSecondsAfterFinished": 60},
            pod={"restartPolicy": "Never"},
            args=["a"],
            env=[{"name": "A", "value": "b"}],
            imagePullPolicy="Always",
            resources={"limits": {"nvidia.com/gpu": 1}},
        )

        assert check_local(study, tmp_path) == []

    @pytest.mark.parametrize(
        ("fields", "path"),
        [
            ({"job": {"completions": 3}}, "spec.trial.template.spec.completions"),
            ({"pod": {"volumes": []}}, f"{POD}.volumes"),
            ({"pod": {"initContainers": []}}, f"{POD}.initContainers"),
            ({"workingDir": "/src"}, f"{POD}.containers[0].workingDir"),
            ({"envFrom": []}, f"{POD}.containers[0].envFrom"),
            ({"env": [{"name": "A", "valueFrom": {}}]}, f"{POD}.containers[0].env[0].valueFrom"),
            ({"command": []}, f"{POD}.containers[0].command"),
        ],
    )
    def test_by_its_path(self, tmp_path: Path, fields: dict[str, Any], path: str) -> None:
        (problem,) = check_local(with_template(**fields), tmp_path)

        assert problem.path == path

    def test_a_second_container(self, tmp_path: Path) -> None:
        template = a_template()
        template["spec"]["template"]["spec"]["containers"].insert(0, {"name": "side", "workingDir": "/"})
        study = a_study(trial={"template": template, "metricsContainer": "main"})

        message = "a local run has one container; remove it, or run this study on a cluster"
        assert check_local(study, tmp_path) == [Problem(f"{POD}.containers[0]", message)]

    def test_a_data_file_that_is_not_there(self, tmp_path: Path) -> None:
        study = a_study(trial={"trainer": {"model": "mlp", "dataset": "d.csv"}})

        (problem,) = check_local(study, tmp_path)
        assert problem.path == "spec.trial.trainer.dataset"
        assert str(tmp_path / "d.csv") in problem.message
        (tmp_path / "d.csv").touch()
        assert check_local(study, tmp_path) == []

    def test_nothing_of_the_template_of_the_trainers_pod(self, tmp_path: Path) -> None:
        template = a_template(pod={"nodeSelector": {"a": "b"}, "volumes": []}, envFrom=[])
        trial = {
            "trainer": {"model": "mlp", "dataset": "digits"},
            "template": template,
            "checkpoints": {"claim": "shared"},
        }
        study = a_study(trial=trial)

        assert check_local(study, tmp_path) == []
        assert command(study).arguments == command(a_study()).arguments

    def test_nothing_of_a_built_in_data_set(self, tmp_path: Path) -> None:
        assert check_local(a_study(), tmp_path) == []
