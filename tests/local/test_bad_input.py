"""Bad input: a line for each problem that names the file and the field, exit code 2, and nothing is begun."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.local.studies import a_shell_study, tunewright

Document = dict[str, Any]


def a_document() -> Document:
    """A study that can be run: with the built-in trainer."""
    return {
        "apiVersion": "tunewright.dev/v1alpha1",
        "kind": "HyperparameterStudy",
        "metadata": {"name": "digits"},
        "spec": {
            "objectives": [{"metric": "validation_accuracy", "direction": "maximize"}],
            "parameters": [
                {"name": "learning_rate", "type": "float", "min": 0.001, "max": 0.1},
                {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam"]},
                {"name": "momentum", "type": "float", "min": 0, "max": 0.9, "when": {"optimizer": ["sgd"]}},
            ],
            "algorithm": {"name": "random"},
            "budget": {"maxTrials": 2},
            "trial": {"trainer": {"model": "mlp", "dataset": "digits"}},
        },
    }


def at(path: str, value: Any) -> Callable[[Document], None]:
    """Sets the field of a document at a path such as `spec.parameters.0.min`."""
    *parents, last = [int(word) if word.isdigit() else word for word in path.split(".")]

    def change(document: Any) -> None:
        for word in parents:
            document = document[word]
        document[last] = value

    return change


def without(path: str) -> Callable[[Document], None]:
    """Removes the field of a document at a path."""
    *parents, last = path.split(".")

    def change(document: Document) -> None:
        for word in parents:
            document = document[word]
        del document[last]

    return change


def template(**fields: Any) -> Callable[[Document], None]:
    """Has the study run a template instead, with these fields in its container."""
    container = {"name": "main", "image": "none", "command": ["true"], **fields}

    def change(document: Document) -> None:
        document["spec"]["trial"] = {
            "template": {"spec": {"template": {"spec": {"containers": [container]}}}}
        }

    return change


POD = "spec.trial.template.spec.template.spec"
CONTAINER = f"{POD}.containers[0]"


def with_a_sidecar(document: Document) -> None:
    containers = document["spec"]["trial"]["template"]["spec"]["template"]["spec"]["containers"]
    containers.append({"name": "sidecar", "image": "none"})
    document["spec"]["trial"]["metricsContainer"] = "main"


def with_a_secret() -> dict[str, Any]:
    return {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}


A_CIRCLE = [
    at("spec.parameters.1.when", {"nesterov": [True]}),
    at("spec.parameters.2", {"name": "nesterov", "type": "bool", "when": {"optimizer": ["sgd"]}}),
]
TPE = {"name": "tpe", "settings": {"startupTrials": "many"}}
OUT_OF_RANGE = {"configurations": [{"learning_rate": 7}]}

# What is done to a good study, and of each line that is printed the field's path and some of what is right.
CASES: dict[str, tuple[list[Callable[[Document], None]], list[tuple[str, str]]]] = {
    "wrong-field": ([at("spec.budget.maxTrails", 3)], [("spec.budget.maxTrails", "maxTrials?")]),
    "not-built-yet": ([at("spec.earlyStopping", {})], [("spec.earlyStopping", "not built yet")]),
    "impossible-range": ([at("spec.parameters.0.min", 0.5)], [("spec.parameters[0].min", "0.5 > 0.1")]),
    "nan-bound": ([at("spec.parameters.0.max", float("nan"))], [("spec.parameters[0].max", "finite")]),
    "infinite-bound": ([at("spec.parameters.0.max", float("inf"))], [("spec.parameters[0].max", "finite")]),
    "log-scale-from-zero": (
        [at("spec.parameters.0.min", 0), at("spec.parameters.0.scale", "log")],
        [("spec.parameters[0].min", "must be greater than 0 for scale log")],
    ),
    "unknown-scale": (
        [at("spec.parameters.0.scale", "cubic")],
        [("spec.parameters[0].scale", "one of linear, log, reverseLog")],
    ),
    "unknown-sampler": ([at("spec.algorithm.name", "randm")], [("spec.algorithm.name", "mean random?")]),
    "unknown-setting": (
        [at("spec.algorithm.settings", {"depth": 3})],
        [("spec.algorithm.settings.depth", "no field is named depth")],
    ),
    "setting-of-wrong-type": (
        [at("spec.algorithm", TPE)],
        [("spec.algorithm.settings.startupTrials", "must be a whole number")],
    ),
    "continuous-grid": (
        [at("spec.algorithm.name", "grid")],
        [("spec.parameters[0].step", "give a step"), ("spec.parameters[2].step", "give a step")],
    ),
    "condition-on-nothing": (
        [at("spec.parameters.2.when", {"optimiser": ["sgd"]})],
        [("spec.parameters[2].when.optimiser", "did you mean optimizer?")],
    ),
    "condition-on-no-value": (
        [at("spec.parameters.2.when", {"optimizer": ["lion"]})],
        [("spec.parameters[2].when.optimizer[0]", "choose one of sgd, adam")],
    ),
    "circle": (A_CIRCLE, [("spec.parameters", "optimizer -> nesterov -> optimizer")]),
    "name-twice": ([at("spec.parameters.1.name", "learning_rate")], [("spec.parameters[1].name", "twice")]),
    "names-collide": (
        [at("spec.parameters.1.name", "learning-rate")],
        [("spec.parameters[1].name", "both become the variable HP_LEARNING_RATE")],
    ),
    "shell-characters": (
        [at("spec.parameters.1.name", "$(reboot)")],
        [("spec.parameters[1].name", "letters, digits, _ . and - only")],
    ),
    "no-objectives": ([at("spec.objectives", [])], [("spec.objectives", "at least 1")]),
    "objectives-missing": ([without("spec.objectives")], [("spec.objectives", "required")]),
    "unknown-metric": (
        [at("spec.objectives.0.metric", "accuracy")],
        [("spec.objectives[0].metric", "validation_accuracy")],
    ),
    "test-metric": (
        [at("spec.objectives.0.metric", "test_accuracy")],
        [("spec.objectives[0].metric", "choose a validation metric")],
    ),
    "no-trials": ([at("spec.budget.maxTrials", 0)], [("spec.budget.maxTrials", "must be at least 1")]),
    "no-budget": ([without("spec.budget")], [("spec.budget", "maxTrials: 20")]),
    "no-trial": ([without("spec.trial")], [("spec.trial", "give trainer or template")]),
    "empty-template": ([at("spec.trial.template", {})], [("spec.trial.template.spec", "required")]),
    "no-duration": ([at("spec.budget.maxDuration", "soon")], [("spec.budget.maxDuration", "1h30m")]),
    "unknown-model": ([at("spec.trial.trainer.model", "mpl")], [("spec.trial.trainer.model", "mean mlp?")]),
    "unknown-data-set": (
        [at("spec.trial.trainer.dataset", "didgits")],
        [("spec.trial.trainer.dataset", "did you mean digits?")],
    ),
    "missing-data-file": (
        [at("spec.trial.trainer.dataset", "data/missing.csv")],
        [("spec.trial.trainer.dataset", "a path starts from the study file's folder")],
    ),
    "unknown-hyperparameter": (
        [at("spec.parameters.0.name", "learnrate")],
        [("spec.parameters[0].name", "did you mean learning_rate?")],
    ),
    "several-problems": (
        [at("spec.budget.maxTrials", 0), at("spec.parameters.0.min", 0.5), at("spec.algorithm.seed", -1)],
        [
            ("spec.parameters[0].min", "0.5 > 0.1"),
            ("spec.algorithm.seed", "must be at least 0"),
            ("spec.budget.maxTrials", "must be at least 1"),
        ],
    ),
    "another-kind": ([at("kind", "Trial")], [("kind", "must be HyperparameterStudy")]),
    "another-version": ([at("apiVersion", "tunewright.dev/v9")], [("apiVersion", "tunewright.dev/v1alpha1")]),
    "bad-name": ([at("metadata.name", "My Study")], [("metadata.name", "must be a-z, 0-9")]),
    "volume": ([template(), at(f"{POD}.volumes", [])], [(f"{POD}.volumes", "run this study on a cluster")]),
    "secret": ([template(env=[with_a_secret()])], [(f"{CONTAINER}.env[0].valueFrom", "give a value")]),
    "no-command": ([template(command=[])], [(f"{CONTAINER}.command", "required for a local run")]),
    "working-directory": ([template(workingDir="/src")], [(f"{CONTAINER}.workingDir", "run this study on")]),
    "sidecar": ([template(), with_a_sidecar], [(f"{POD}.containers[1]", "has one container")]),
    "unknown-variable": (
        [template(args=["--lr=$(HP_LEARN_RATE)"])],
        [(f"{CONTAINER}.args[0]", "did you mean HP_LEARNING_RATE?")],
    ),
    "initial-out-of-range": (
        [at("spec.initial", OUT_OF_RANGE)],
        [("spec.initial.configurations[0].learning_rate", "a number from 0.001 to 0.1")],
    ),
}

A_BOMB = "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))

# Files that are no study at all, and some of the line that is printed.
FILES = {
    "empty": (b"", "empty"),
    "binary": (bytes(range(256)), "binary"),
    "huge": (b"# a comment\n" * 200_000, "larger than"),
    "no-yaml": (b"spec: [1, 2\n", "line 2, column 1: not YAML"),
    "a-text": (b"tune it\n", "not a mapping"),
    "bomb": (A_BOMB.encode(), "aliases written out"),
    "tag": (b"a: !!python/object/apply:os.system ['touch touched']\n", "the tag"),
}


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """The folder of all these files, and the lines that `validate` prints for each."""
    folder = tmp_path_factory.mktemp("bad")
    for name, (changes, _) in CASES.items():
        document = a_document()
        for change in changes:
            change(document)
        (folder / name).write_text(yaml.safe_dump(document))
    for name, (content, _) in FILES.items():
        (folder / name).write_bytes(content)
    files = sorted([*CASES, *FILES])

    done = tunewright(folder, "validate", *files, "missing")

    assert done.returncode == 2
    assert done.stdout == ""
    assert sorted(path.name for path in folder.iterdir()) == files
    lines: dict[str, list[str]] = {}
    for line in done.stderr.splitlines():
        name, _, said = line.partition(": ")
        lines.setdefault(name, []).append(said)
    return folder, lines


Validated = tuple[Path, dict[str, list[str]]]


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_study(validated: Validated, name: str) -> None:
    lines, expected = validated[1][name], CASES[name][1]
    assert len(lines) == len(expected)
    for line, (path, hint) in zip(lines, expected, strict=True):
        assert line.startswith(f"{path}: ")
        assert hint in line


@pytest.mark.parametrize("name", FILES)
def test_no_study(validated: Validated, name: str) -> None:
    (line,) = validated[1][name]
    assert FILES[name][1] in line


def test_no_file(validated: Validated) -> None:
    assert validated[1]["missing"] == ["no such file"]


@pytest.mark.parametrize("name", ["continuous-grid", "unknown-sampler", "missing-data-file", "binary"])
def test_a_run_starts_nothing_and_says_the_same(validated: Validated, name: str) -> None:
    folder, lines = validated
    before = sorted(folder.iterdir())

    done = tunewright(folder, "run", name)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [f"{name}: {line}" for line in lines[name]]
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["nonsense"], "--set nonsense: must be a path and a value, such as spec.budget.maxTrials=8"),
        (
            ["spec.budget.maxTrials=0"],
            "study.yaml --set spec.budget.maxTrials=0: spec.budget.maxTrials: must be",
        ),
        (
            ["spec.budget.trials=2"],
            "study.yaml --set spec.budget.trials=2: spec.budget.trials: no field is named",
        ),
    ],
)
def test_a_bad_override_is_named(tmp_path: Path, overrides: list[str], line: str) -> None:
    study = a_shell_study(tmp_path)

    done = tunewright(tmp_path, "run", study.name, *(f"--set={each}" for each in overrides))

    assert (done.returncode, done.stdout) == (2, "")
    (said,) = done.stderr.splitlines()
    assert said.startswith(line)
    assert not (tmp_path / ".tunewright").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["tune"], "tunewright: No such command 'tune'. See tunewright --help"),
        (["run"], "tunewright run: Missing argument 'FILE'. See tunewright run --help"),
        (["run", "a.yaml", "--fast"], "tunewright run: No such option '--fast'."),
        (
            ["results", "-o", "xml"],
            "tunewright results: Invalid value for '--output' / '-o': 'xml' is not one of",
        ),
        (["results"], ".tunewright: no study here; name its folder with --dir"),
        (["report", "--dir", "nowhere"], "nowhere: no study here; `tunewright run` makes one"),
        (["show", "3", "--dir", "a-file"], "a-file: no study here"),
        (["run", "study.yaml", "--dir", "a-file"], "a-file: cannot be used"),
        (["run", "study.yaml", "--dir", "/proc/none"], "/proc/none: cannot be used"),
    ],
)
def test_a_bad_command_line(tmp_path: Path, arguments: list[str], line: str) -> None:
    a_shell_study(tmp_path)
    (tmp_path / "a-file").touch()
    before = sorted(tmp_path.iterdir())

    done = tunewright(tmp_path, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    (said,) = done.stderr.splitlines()
    assert said.startswith(line)
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    study = a_shell_study(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "study.db").write_bytes(b"no database at all" * 1000)

    done = tunewright(tmp_path, "run", study.name, "--dir", "out")

    assert done.returncode == 2
    assert (
        done.stderr
        == "out/study.db: is damaged, or no study's database; move it away, or choose another --dir\n"
    )
