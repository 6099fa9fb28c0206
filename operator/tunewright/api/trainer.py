"""The built-in trainer, as far as a study knows it."""

from collections.abc import Iterator
from pathlib import PurePath

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter, ParameterType, same, word
from tunewright.api.problems import Problem, unknown
from tunewright.api.study import StudySpec
from tunewright.api.trial_definition import Trainer
from tunewright_trainer.catalog import (
    DATASETS,
    HYPERPARAMETERS,
    METRICS,
    MODELS,
    TEST_METRICS,
    Hyperparameter,
    Task,
)

_TRAINER = "spec.trial.trainer"
_FILES = (".npz", ".csv")


def trainer_defaults(spec: StudySpec) -> dict[str, Scalar]:
    """The built-in trainer's default of each hyperparameter of the study's model; empty for a template."""
    if spec.trial is None or spec.trial.trainer is None:
        return {}
    model = spec.trial.trainer.model
    return {name: each.default for name, each in HYPERPARAMETERS.items() if model in each.models}


def check_trainer(spec: StudySpec, trainer: Trainer) -> list[Problem]:
    """What the built-in trainer cannot do of what the study asks, each by its path."""
    problems = list(_check_data(trainer))
    if problems:
        return problems
    tasks = _tasks(trainer)
    for field, judged in (("objectives", spec.objectives), ("constraints", spec.constraints)):
        problems += _check_metrics([each.metric for each in judged], f"spec.{field}", tasks)
    for index, parameter in enumerate(spec.parameters):
        problems += _check_parameter(spec, trainer, tasks, parameter, f"spec.parameters[{index}]")
    return problems


def _tasks(trainer: Trainer) -> list[Task]:
    """What the data set may be for; of a file that is known only when it is read."""
    dataset = DATASETS.get(trainer.dataset)
    return list(METRICS) if dataset is None else [dataset.task]


def _check_data(trainer: Trainer) -> Iterator[Problem]:
    model = MODELS.get(trainer.model)
    if model is None:
        yield Problem(f"{_TRAINER}.model", unknown("model", trainer.model, MODELS))
    suffix = PurePath(trainer.dataset).suffix
    dataset = DATASETS.get(trainer.dataset)
    if dataset is None and suffix not in _FILES:
        message = unknown("data set", trainer.dataset, [*DATASETS, "a path that ends in .npz or .csv"])
        yield Problem(f"{_TRAINER}.dataset", message)
        return
    if trainer.target is not None and suffix != ".csv":
        yield Problem(f"{_TRAINER}.target", "only for a .csv file; remove it")
    if (
        model is not None
        and model.needs_images
        and (suffix == ".csv" if dataset is None else not dataset.images)
    ):
        yield Problem(f"{_TRAINER}.dataset", f"{trainer.dataset} has no images, which {model.name} needs")


def _check_metrics(metrics: list[str], field: str, tasks: list[Task]) -> Iterator[Problem]:
    """Whether the trainer reports the metrics; `field` is the path of the list that they stand in."""
    reported = list(dict.fromkeys(metric for task in tasks for metric in METRICS[task]))
    for index, metric in enumerate(metrics):
        path = f"{field}[{index}].metric"
        if any(metric in TEST_METRICS[task] for task in tasks):
            yield Problem(path, f"{metric} is for the final evaluation alone; choose a validation metric")
        elif metric not in reported:
            yield Problem(path, unknown("metric of the built-in trainer", metric, reported))


def _check_parameter(
    spec: StudySpec, trainer: Trainer, tasks: list[Task], parameter: Parameter, path: str
) -> Iterator[Problem]:
    known = {
        name: each
        for name, each in HYPERPARAMETERS.items()
        if trainer.model in each.models and any(task in each.tasks for task in tasks)
    }
    hyperparameter = known.get(parameter.name)
    if hyperparameter is None:
        what = f"hyperparameter of {trainer.model} on {trainer.dataset}"
        yield Problem(f"{path}.name", unknown(what, parameter.name, known))
        return
    yield from _check_values(hyperparameter, parameter, path)
    for name, values in hyperparameter.when.items():
        possible = _possible(spec, parameter, name)
        if not any(same(value, each) for value in values for each in possible):
            wanted, here = (", ".join(word(value) for value in each) for each in (values, possible))
            yield Problem(path, f"{parameter.name} acts only where {name} is {wanted}; here it is {here}")


def _possible(spec: StudySpec, parameter: Parameter, name: str) -> list[Scalar]:
    """The values that the hyperparameter `name` can have where `parameter` is active."""
    if name in parameter.when:
        return parameter.when[name]
    searched = next((each for each in spec.parameters if each.name == name), None)
    return [HYPERPARAMETERS[name].default] if searched is None else searched.choices


def _check_values(hyperparameter: Hyperparameter, parameter: Parameter, path: str) -> Iterator[Problem]:
    """Whether the trainer takes every value that the parameter can have."""
    if not parameter.numeric:
        for index, value in enumerate(parameter.choices):
            problem = hyperparameter.problem(value)
            if problem:
                field = "type" if parameter.type is ParameterType.BOOL else f"values[{index}]"
                yield Problem(f"{path}.{field}", problem)
                return
    elif hyperparameter.type in ("categorical", "bool"):
        yield Problem(f"{path}.type", f"must be categorical: {parameter.name} is {hyperparameter.legal}")
    elif hyperparameter.type == "int" and parameter.type is ParameterType.FLOAT:
        yield Problem(f"{path}.type", f"must be int: {parameter.name} is {hyperparameter.legal}")
    else:
        whole = parameter.type is ParameterType.INT
        for field, bound in (("min", parameter.low), ("max", parameter.high)):
            problem = hyperparameter.problem(int(bound) if whole else bound)
            if problem:
                yield Problem(f"{path}.{field}", problem)
