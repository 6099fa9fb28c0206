"""How a trial's attempt is started on this machine: its command and its environment."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunewright.api.problems import Problem
from tunewright.api.study import HyperparameterStudy, StudySpec
from tunewright.api.template import metrics_container
from tunewright.api.trial import Trial
from tunewright.api.trial_definition import Trainer, TrialDefinition
from tunewright.engine.trainer_options import MODULE, options_of
from tunewright.engine.variables import expand, variables_of
from tunewright_trainer.catalog import DATASETS

CONTAINERS = "spec.trial.template.spec.template.spec.containers"

# What a template may hold though a process on this machine does without: it changes nothing that is trained.
_WITHOUT_EFFECT = {
    "": {"metadata"},
    "spec": {"backoffLimit", "ttlSecondsAfterFinished"},
    "spec.template": {"metadata"},
    "spec.template.spec": {"restartPolicy"},
    "container": {"name", "image", "imagePullPolicy", "resources"},
}
_USED = {
    "": {"spec"},
    "spec": {"template"},
    "spec.template": {"spec"},
    "spec.template.spec": {"containers"},
    "container": {"command", "args", "env"},
}


@dataclass(frozen=True)
class Command:
    """A program with its arguments, and the variables that it finds beside those of every attempt."""

    arguments: list[str]
    variables: Mapping[str, str]


def command_of(spec: StudySpec, trial: Trial, attempt: Mapping[str, str]) -> Command:
    """What an attempt of `trial` runs; `attempt` holds the variables that are its own."""
    assert spec.trial is not None
    variables = {**variables_of(trial, spec), **attempt}
    if spec.trial.trainer is not None:
        return Command([sys.executable, "-m", MODULE, *options_of(spec.trial.trainer)], variables)
    container = metrics_container(spec.trial)
    for entry in container.get("env", []):
        variables[entry["name"]] = expand(entry.get("value", ""), variables)
    words = [*container["command"], *container.get("args", [])]
    return Command([expand(word, variables) for word in words], variables)


def environment(variables: Mapping[str, str], threads: int, device: str | None) -> dict[str, str]:
    """The whole environment of an attempt: this process's own, and on top what the attempt needs.

    Args:
        variables: those of the trial and its attempt.
        threads: how many threads numeric libraries may use, so that attempts do not fight for cores.
        device: the CUDA device that it may use; None hides all of them.
    """
    bounded = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    own = {
        # A template's `python` is the one that Tunewright runs with, though its environment be not activated.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "CUDA_VISIBLE_DEVICES": device or "",
        **dict.fromkeys(bounded, str(threads)),
    }
    return {**os.environ, **own, **variables}


def check_local(study: HyperparameterStudy, base: Path) -> list[Problem]:
    """What of the study a process on this machine cannot do, each by its path.

    The study has passed `api.checks`. `base` is the folder that relative paths start from, the study file's.
    Of a template beside the built-in trainer nothing is refused: it says how a pod looks, and not what is
    trained. Neither is the volume for checkpoints, which are in the study's folder here.
    """
    definition = study.spec.trial
    if definition is None:
        return []
    if definition.trainer is not None:
        return _check_data(definition.trainer, base)
    return _check_template(definition)


def _check_data(trainer: Trainer, base: Path) -> list[Problem]:
    if trainer.dataset in DATASETS or (base / trainer.dataset).is_file():
        return []
    message = f"there is no file {base / trainer.dataset}; a path starts from the study file's folder"
    return [Problem("spec.trial.trainer.dataset", message)]


def _check_template(definition: TrialDefinition) -> list[Problem]:
    root = "spec.trial.template"
    template: Any = definition.template
    problems = _unsupported("", root, template)
    problems += _unsupported("spec", f"{root}.spec", template["spec"])
    problems += _unsupported("spec.template", f"{root}.spec.template", template["spec"]["template"])
    pod = template["spec"]["template"]["spec"]
    problems += _unsupported("spec.template.spec", f"{root}.spec.template.spec", pod)
    container = metrics_container(definition)
    for index, each in enumerate(pod["containers"]):
        path = f"{CONTAINERS}[{index}]"
        if each is not container:
            message = "a local run has one container; remove it, or run this study on a cluster"
            problems.append(Problem(path, message))
            continue
        problems += _unsupported("container", path, each)
        if not each.get("command"):
            message = "required for a local run, which has no image to take it from"
            problems.append(Problem(f"{path}.command", message))
        problems += [
            Problem(f"{path}.env[{position}].valueFrom", "has no meaning in a local run; give a value")
            for position, entry in enumerate(each.get("env", []))
            if "valueFrom" in entry
        ]
    return problems


def _unsupported(level: str, path: str, fields: Mapping[str, object]) -> list[Problem]:
    known = _USED[level] | _WITHOUT_EFFECT[level]
    return [
        Problem(f"{path}.{name}", "has no meaning in a local run; remove it, or run this study on a cluster")
        for name in fields
        if name not in known
    ]
