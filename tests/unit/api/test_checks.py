"""What a study needs to run: a budget, and a trial definition that can be followed."""

from typing import Any

import pytest
from tests.builders import a_study

from tunewright.api.checks import check
from tunewright.api.trainer import trainer_defaults
from tunewright_trainer.catalog import DATASETS, HYPERPARAMETERS, METRICS, MODELS


def problems(**spec: Any) -> list[str]:
    spec.setdefault("objectives", [{"metric": "validation_accuracy", "direction": "maximize"}])
    return [str(problem) for problem in check(a_study(**spec))]


def on(model: str = "mlp", dataset: str = "digits", **trainer: Any) -> dict[str, Any]:
    return {"trial": {"trainer": {"model": model, "dataset": dataset, **trainer}}}


def searching(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"parameters": list(parameters)}


def a_float(name: str, low: float, high: float, **fields: Any) -> dict[str, Any]:
    return {"name": name, "type": "float", "min": low, "max": high, **fields}


def an_int(name: str, low: int, high: int, **fields: Any) -> dict[str, Any]:
    return {"name": name, "type": "int", "min": low, "max": high, **fields}


def a_choice(name: str, *values: object, **fields: Any) -> dict[str, Any]:
    return {"name": name, "type": "categorical", "values": list(values), **fields}


def test_a_study_that_can_run() -> None:
    assert problems() == []


def test_what_is_required_to_run() -> None:
    assert problems(budget=None, trial=None) == [
        "spec.budget: required to run, such as budget: {maxTrials: 20}",
        "spec.trial: required to run; give trainer or template below it",
    ]


class TestRoomInTheBudget:
    @staticmethod
    def found(grace: str, **budget: object) -> list[str]:
        trial = {"trainer": {"model": "mlp", "dataset": "digits"}, "gracePeriod": grace}
        return problems(trial=trial, budget={"maxTrials": 10, **budget})

    def test_a_duration_of_the_grace_period_leaves_no_time(self) -> None:
        assert self.found("10s", maxDuration="12s") == []
        assert self.found("10s", maxDuration="11s") == [
            "spec.budget.maxDuration: leaves no time to train: it keeps back gracePeriod, 10s, to stop what"
            " runs; give at least 12s"
        ]

    def test_gpu_hours_of_the_grace_period_leave_no_time(self) -> None:
        assert self.found("34s", maxGpuHours=0.01) == []
        assert self.found("35s", maxGpuHours=0.01) == [
            "spec.budget.maxGpuHours: leaves no GPU time to train: it keeps back gracePeriod, 35s, to stop"
            " what runs; give at least 0.0103"
        ]


class TestSizeOfAConfiguration:
    @staticmethod
    def found(count: int, text: str) -> list[str]:
        container = {"name": "main", "command": ["true"]}
        template = {"spec": {"template": {"spec": {"containers": [container]}}}}
        return problems(
            trial={"template": template},
            **searching(*(a_choice(f"text_{index}", "short", text) for index in range(count))),
        )

    def test_one_that_an_environment_variable_can_hold(self) -> None:
        assert self.found(99, "x" * 1000) == []

    @pytest.mark.parametrize(("count", "text"), [(102, "x" * 1000), (60, "é" * 1000), (20, "\x01" * 1000)])
    def test_one_that_it_cannot_hold(self, count: int, text: str) -> None:
        [problem] = self.found(count, text)
        assert problem.startswith("spec.parameters: a configuration can be ")
        assert problem.endswith(" bytes of JSON, and may be at most 102400; shorten the listed texts")


class TestTrainer:
    @pytest.mark.parametrize("model", MODELS)
    @pytest.mark.parametrize("dataset", [*DATASETS, "data.npz", "/data/table.csv"])
    def test_every_model_on_every_data_set_it_can_read(self, model: str, dataset: str) -> None:
        task = DATASETS[dataset].task if dataset in DATASETS else "classification"
        metric = METRICS[task][1]
        found = problems(
            **on(model, dataset),
            **searching(an_int("depth", 1, 3)),
            objectives=[{"metric": metric, "direction": "minimize"}],
        )
        has_images = DATASETS[dataset].images if dataset in DATASETS else dataset.endswith(".npz")
        if MODELS[model].needs_images and not has_images:
            assert found == [f"spec.trial.trainer.dataset: {dataset} has no images, which {model} needs"]
        else:
            assert found == []

    @pytest.mark.parametrize(
        ("spec", "lines"),
        [
            (
                on(model="mpl", dataset="digit"),
                [
                    "spec.trial.trainer.model: no model is named mpl; did you mean mlp? "
                    "Choose one of mlp, cnn",
                    "spec.trial.trainer.dataset: no data set is named digit; did you mean digits? "
                    "Choose one of digits, breast_cancer, wine, iris, diabetes, "
                    "a path that ends in .npz or .csv",
                ],
            ),
            (on(target="y"), ["spec.trial.trainer.target: only for a .csv file; remove it"]),
            (on(dataset="a.npz", target="y"), ["spec.trial.trainer.target: only for a .csv file; remove it"]),
            (on(dataset="a.csv", target="y"), []),
        ],
    )
    def test_model_and_data(self, spec: dict[str, Any], lines: list[str]) -> None:
        assert problems(**spec) == lines

    @pytest.mark.parametrize(
        ("dataset", "metric", "line"),
        [
            ("digits", "validation_loss", None),
            (
                "digits",
                "accuracy",
                "no metric of the built-in trainer is named accuracy; did you mean train_accuracy?",
            ),
            (
                "digits",
                "validation_acc",
                "no metric of the built-in trainer is named validation_acc; did you mean ",
            ),
            ("digits", "validation_r2", "no metric of the built-in trainer is named validation_r2; "),
            ("diabetes", "validation_r2", None),
            (
                "diabetes",
                "validation_accuracy",
                "no metric of the built-in trainer is named validation_accuracy; ",
            ),
            ("a.csv", "validation_r2", None),
            ("a.csv", "validation_accuracy", None),
            (
                "digits",
                "test_accuracy",
                "test_accuracy is for the final evaluation alone; choose a validation metric",
            ),
        ],
    )
    def test_objectives(self, dataset: str, metric: str, line: str | None) -> None:
        found = problems(
            **on(dataset=dataset),
            **searching(an_int("depth", 1, 3)),
            objectives=[{"metric": metric, "direction": "minimize"}],
        )
        if line is None:
            assert found == []
        else:
            [said] = found
            assert said.startswith(f"spec.objectives[0].metric: {line}")

    @pytest.mark.parametrize(
        ("metric", "line"),
        [
            ("generalization_gap", None),
            ("validation_loss", None),
            ("test_loss", "test_loss is for the final evaluation alone; choose a validation metric"),
            ("latency", "no metric of the built-in trainer is named latency"),
        ],
    )
    def test_constraints(self, metric: str, line: str | None) -> None:
        found = problems(**searching(an_int("depth", 1, 3)), constraints=[{"metric": metric, "max": 1}])
        if line is None:
            assert found == []
        else:
            [said] = found
            assert said.startswith(f"spec.constraints[0].metric: {line}")

    @pytest.mark.parametrize(
        "parameter",
        [
            a_float("learning_rate", 1e-8, 10),
            an_int("gradient_clip", 0, 3),
            an_int("batch_size", 2, 65_536),
            a_choice("batch_size", 16, 32.0),
            {"name": "batch_size", "type": "ordinal", "values": [16, 32]},
            a_choice("dropout", 0, 0.5),
            a_choice("normalization", "none", "layer"),
            {"name": "nesterov", "type": "bool"},
            a_choice("nesterov", True),
        ],
    )
    def test_parameters_that_it_takes(self, parameter: dict[str, Any]) -> None:
        assert problems(**searching(a_choice("optimizer", "sgd"), parameter)) == []

    @pytest.mark.parametrize(
        ("parameter", "line"),
        [
            (
                a_float("learning_rat", 0, 1),
                "name: no hyperparameter of mlp on digits is named learning_rat; did you mean learning_rate?",
            ),
            (
                a_choice("kernel_size", 3),
                "name: no hyperparameter of mlp on digits is named kernel_size; choose ",
            ),
            (a_float("learning_rate", 0, 1), "min: must be a number from 1e-08 to 10, not 0.0"),
            (a_float("learning_rate", 1, 11), "max: must be a number from 1e-08 to 10, not 11.0"),
            (an_int("batch_size", 1, 64), "min: must be a whole number from 2 to 65536, not 1"),
            (
                a_float("batch_size", 16, 64),
                "type: must be int: batch_size is a whole number from 2 to 65536",
            ),
            (a_choice("batch_size", 16, 32.5), "values[1]: must be a whole number from 2 to 65536, not 32.5"),
            (
                a_choice("optimizer", "sgd", "adma"),
                "values[1]: must be one of sgd, adam, adamw, rmsprop, not 'adma'",
            ),
            (a_choice("dropout", 0.5, "none"), "values[1]: must be a number from 0 to 0.95, not 'none'"),
            (an_int("activation", 1, 2), "type: must be categorical: activation is one of relu, gelu, "),
            ({"name": "depth", "type": "bool"}, "type: must be a whole number from 1 to 16, not False"),
            (a_choice("nesterov", 0, 1), "values[0]: must be true or false, not 0"),
        ],
    )
    def test_parameters_that_it_does_not_take(self, parameter: dict[str, Any], line: str) -> None:
        said = problems(**searching(parameter))[0]
        assert said.startswith(f"spec.parameters[0].{line}")

    def test_hyperparameters_of_another_task(self) -> None:
        found = problems(
            **on(dataset="diabetes"),
            **searching(a_float("label_smoothing", 0, 0.1)),
            objectives=[{"metric": "validation_loss", "direction": "minimize"}],
        )
        assert found[0].startswith(
            "spec.parameters[0].name: no hyperparameter of mlp on diabetes is named label_smoothing; "
        )

    @pytest.mark.parametrize(
        ("others", "when", "line"),
        [
            ([], {}, "momentum acts only where optimizer is sgd; here it is adam"),
            (
                [a_choice("optimizer", "adam", "adamw")],
                {},
                "momentum acts only where optimizer is sgd; here it is adam, adamw",
            ),
            (
                [a_choice("optimizer", "sgd", "adam")],
                {"optimizer": ["adam"]},
                "momentum acts only where optimizer is sgd; here it is adam",
            ),
            ([a_choice("optimizer", "sgd", "adam")], {"optimizer": ["sgd"]}, None),
            ([a_choice("optimizer", "sgd", "adam")], {}, None),
        ],
    )
    def test_a_parameter_that_would_never_act(
        self, others: list[dict[str, Any]], when: dict[str, Any], line: str | None
    ) -> None:
        found = problems(**searching(a_float("momentum", 0, 0.9, when=when), *others))
        assert found == ([] if line is None else [f"spec.parameters[0]: {line}"])

    @pytest.mark.parametrize("model", MODELS)
    def test_its_defaults(self, model: str) -> None:
        defaults = trainer_defaults(a_study(**on(model)).spec)
        assert defaults["learning_rate"] == HYPERPARAMETERS["learning_rate"].default
        assert ("kernel_size" in defaults) is (model == "cnn")

    def test_a_template_has_none(self) -> None:
        assert trainer_defaults(a_study(trial={"template": {}}).spec) == {}
        assert trainer_defaults(a_study(trial=None).spec) == {}


CONTAINERS = "spec.trial.template.spec.template.spec.containers"


def a_template(*containers: object, **trial: Any) -> dict[str, Any]:
    return {
        "trial": {"template": {"spec": {"template": {"spec": {"containers": list(containers)}}}}, **trial}
    }


def a_container(name: str = "train", **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": "i", **fields}


class TestTemplate:
    @pytest.mark.parametrize(
        "spec",
        [
            a_template(a_container()),
            a_template(a_container(command=["a", "$(HP_LEARNING_RATE)", "$$(HP_X)", "$(HOME)"], args=[])),
            a_template(
                a_container(
                    env=[{"name": "HP_X", "value": "1"}, {"name": "B", "valueFrom": {}}], args=["$(HP_X)"]
                )
            ),
            a_template(a_container(), metricsContainer="train"),
            a_template(a_container(), a_container("log"), metricsContainer="log"),
        ],
    )
    def test_one_that_can_run(self, spec: dict[str, Any]) -> None:
        assert problems(**spec) == []

    @pytest.mark.parametrize(
        ("template", "line"),
        [
            ({}, "spec: required; a Job template has its containers under spec.template.spec.containers"),
            ({"spec": []}, "spec: must be an object with fields"),
            (
                {"spec": {"containers": []}},
                "spec.template: required; a Job template has its containers under ",
            ),
            ({"spec": {"template": {"spec": "x"}}}, "spec.template.spec: must be an object with fields"),
            (
                {"spec": {"template": {"spec": {}}}},
                "spec.template.spec.containers: must be a list of at least one container",
            ),
        ],
    )
    def test_the_way_to_the_containers(self, template: dict[str, Any], line: str) -> None:
        [said] = problems(trial={"template": template})
        assert said.startswith(f"spec.trial.template.{line}")

    @pytest.mark.parametrize(
        ("container", "line"),
        [
            ("train", "[0]: must be an object with fields"),
            ({}, "[0].name: required, and must be a text"),
            (a_container(command="python train.py"), "[0].command: must be a list"),
            (a_container(args=None), "[0].args: must be a list"),
            (a_container(args=["--epochs", 3]), "[0].args[1]: must be a text; put it in quotes"),
            (
                a_container(command=["train", "$(HP_LERNING_RATE)"]),
                "[0].command[1]: no variable is named HP_LERNING_RATE; did you mean HP_LEARNING_RATE? "
                "Choose one of HP_LEARNING_RATE, HP_MOMENTUM, HP_OPTIMIZER",
            ),
            (a_container(env={"A": "b"}), "[0].env: must be a list"),
            (a_container(env=["A=b"]), "[0].env[0]: must be an object with a name, and a value or valueFrom"),
            (
                a_container(env=[{"value": "b"}]),
                "[0].env[0]: must be an object with a name, and a value or valueFrom",
            ),
            (
                a_container(env=[{"name": "A=", "value": "b"}]),
                "[0].env[0]: must be an object with a name, and a value",
            ),
            (
                a_container(env=[{"name": "A", "value": 1}]),
                "[0].env[0].value: must be a text; put it in quotes",
            ),
            (
                a_container(env=[{"name": "HP_MOMENTUM", "value": "1"}]),
                "[0].env[0].name: HP_MOMENTUM is set by Tunewright; choose another name",
            ),
            (
                a_container(env=[{"name": "TUNEWRIGHT_TRIAL", "value": "1"}]),
                "[0].env[0].name: TUNEWRIGHT_TRIAL is set by Tunewright; choose another name",
            ),
        ],
    )
    def test_containers(self, container: object, line: str) -> None:
        [said] = problems(**a_template(container))
        assert said.startswith(f"{CONTAINERS}{line}")

    @pytest.mark.parametrize(
        ("names", "chosen", "line"),
        [
            (["a", "b"], None, "required with several containers; choose one of a, b"),
            (["train"], "trian", "no container is named trian; did you mean train? Choose one of train"),
        ],
    )
    def test_which_container_trains(self, names: list[str], chosen: str | None, line: str) -> None:
        found = problems(**a_template(*map(a_container, names), metricsContainer=chosen))
        assert found == [f"spec.trial.metricsContainer: {line}"]

    def test_every_problem_is_told(self) -> None:
        found = problems(**a_template(a_container(args=[1, 2]), {}))
        assert len(found) == 3

    @pytest.mark.parametrize(
        ("field", "value", "line"),
        [
            ("spec.completions", 2, "must be 1 or left out: an attempt is one pod"),
            ("spec.parallelism", 2, "must be 1 or left out: an attempt is one pod"),
            ("spec.completionMode", "Indexed", "must be NonIndexed or left out: an attempt is one pod"),
            ("spec.backoffLimit", 6, "must be 0 or left out: spec.budget.maxAttempts bounds how often"),
            ("spec.podReplacementPolicy", "TerminatingOrFailed", "must be Failed or left out: an attempt"),
            ("spec.podFailurePolicy", {"rules": []}, "remove it: how a trial ended is told from its pod"),
            ("spec.activeDeadlineSeconds", 60, "remove it: it runs on while the pod waits; give it below"),
            ("spec.suspend", True, "must be false or left out: spec.suspend suspends the study"),
            ("spec.selector", {}, "remove it: Kubernetes chooses it"),
            ("spec.manualSelector", True, "must be false or left out: Kubernetes chooses the selector"),
            ("spec.ttlSecondsAfterFinished", 0, "must be at least 60: a Job that is gone at once takes"),
            ("spec.ttlSecondsAfterFinished", "1h", "must be at least 60: a Job that is gone at once takes"),
            ("spec.template.spec.restartPolicy", "OnFailure", "must be Never or left out: an attempt's"),
            ("spec.template.spec.terminationGracePeriodSeconds", 9, "remove it: give spec.trial.gracePeriod"),
            ("spec.template.spec.activeDeadlineSeconds", "1h", "must be a whole number, at least 1"),
        ],
    )
    def test_what_is_not_a_templates_to_say(self, field: str, value: object, line: str) -> None:
        spec = a_template(a_container())
        *way, last = field.split(".")
        holder = spec["trial"]["template"]
        for part in way:
            holder = holder[part]
        holder[last] = value

        [said] = problems(**spec)
        assert said.startswith(f"spec.trial.template.{field}: {line}")

    def test_what_tunewright_sets_itself_may_be_named(self) -> None:
        spec = a_template(a_container())
        job = spec["trial"]["template"]["spec"]
        job |= {"completions": 1, "parallelism": 1, "backoffLimit": 0, "ttlSecondsAfterFinished": 60}
        job["template"]["spec"]["restartPolicy"] = "Never"

        assert problems(**spec) == []

    @pytest.mark.parametrize(
        ("container", "line"),
        [
            (a_container(volumeMounts={}), "[0].volumeMounts: must be a list"),
            (a_container(volumeMounts=[{"mountPath": 1}]), "[0].volumeMounts[0].mountPath: must be a text"),
            (a_container(ports=["80"]), "[0].ports[0]: must be an object with fields"),
            (a_container(resources=[]), "[0].resources: must be an object with fields"),
            (a_container(resources={"limits": None}), "[0].resources.limits: must be an object with fields"),
            (a_container(securityContext="none"), "[0].securityContext: must be an object with fields"),
            (
                a_container(securityContext={"capabilities": {"add": "ALL"}}),
                "[0].securityContext.capabilities.add: must be a list",
            ),
            (
                a_container(resources={"limits": {"nvidia.com/gpu": "one"}}),
                "[0].resources.limits.nvidia.com/gpu: must be a whole number, such as 1",
            ),
            (
                a_container(resources={"requests": {"nvidia.com/gpu": 0.5}}),
                "[0].resources.limits.nvidia.com/gpu: must be a whole number, such as 1",
            ),
        ],
    )
    def test_the_form_of_what_is_added_to(self, container: object, line: str) -> None:
        [said] = problems(**a_template(container))
        assert said.startswith(f"{CONTAINERS}{line}")

    @pytest.mark.parametrize(
        ("level", "field", "value", "line"),
        [
            ((), "metadata", [], "metadata: must be an object with fields"),
            ((), "metadata", {"labels": {"a": 1}}, "metadata.labels.a: must be a text; put it in quotes"),
            (
                ("spec", "template"),
                "metadata",
                {"annotations": []},
                "spec.template.metadata.annotations: must",
            ),
            (("spec", "template", "spec"), "volumes", {}, "spec.template.spec.volumes: must be a list"),
            (
                ("spec", "template", "spec"),
                "initContainers",
                [1],
                "spec.template.spec.initContainers[0]: must",
            ),
            (
                ("spec", "template", "spec"),
                "initContainers",
                [{}],
                "spec.template.spec.initContainers[0].name",
            ),
        ],
    )
    def test_the_form_of_the_rest(self, level: tuple[str, ...], field: str, value: object, line: str) -> None:
        spec = a_template(a_container())
        holder = spec["trial"]["template"]
        for part in level:
            holder = holder[part]
        holder[field] = value

        [said] = problems(**spec)
        assert said.startswith(f"spec.trial.template.{line}")


class TestTrainerAndTemplate:
    def test_the_template_is_checked_too(self) -> None:
        trial = {**on()["trial"], "template": {}}
        [said] = problems(trial=trial)
        assert said.startswith("spec.trial.template.spec: required")

    @pytest.mark.parametrize("field", ["command", "args"])
    def test_the_trainer_is_what_its_container_runs(self, field: str) -> None:
        spec = a_template({"name": "side", "command": ["a"]}, {"name": "train", field: ["a"]})
        trial = {**spec["trial"], **on()["trial"], "metricsContainer": "train"}

        path = "spec.trial.template.spec.template.spec.containers[1]"
        assert problems(trial=trial) == [f"{path}.{field}: spec.trial.trainer runs here; remove one of them"]

    def test_one_that_can_run(self) -> None:
        spec = a_template({"name": "train", "resources": {"limits": {"nvidia.com/gpu": 2}}})
        assert problems(trial={**spec["trial"], **on()["trial"]}) == []
