import math

import pytest

from tunewright_trainer.catalog import (
    DATASETS,
    HYPERPARAMETERS,
    METRICS,
    MODELS,
    TEST_METRICS,
    Hyperparameter,
)


@pytest.mark.parametrize("hyperparameter", HYPERPARAMETERS.values(), ids=HYPERPARAMETERS)
def test_every_entry_is_sound(hyperparameter: Hyperparameter) -> None:
    assert hyperparameter.problem(hyperparameter.default) is None
    assert set(hyperparameter.models) <= MODELS.keys()
    assert set(hyperparameter.tasks) <= METRICS.keys()
    for name, values in hyperparameter.when.items():
        assert set(values) < set(HYPERPARAMETERS[name].values)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("learning_rate", 0.0, "must be a number from 1e-08 to 10, not 0.0"),
        ("learning_rate", math.nan, "must be a number from 1e-08 to 10, not nan"),
        ("learning_rate", math.inf, "must be a number from 1e-08 to 10, not inf"),
        ("learning_rate", "0.1", "must be a number from 1e-08 to 10, not '0.1'"),
        ("learning_rate", True, "must be a number from 1e-08 to 10, not True"),
        ("batch_size", 16.5, "must be a whole number from 2 to 65536, not 16.5"),
        ("batch_size", 10**400, None),
        ("optimizer", "lion", "must be one of sgd, adam, adamw, rmsprop, not 'lion'"),
        ("optimizer", ["adam"], "must be one of sgd, adam, adamw, rmsprop, not ['adam']"),
        ("kernel_size", 4, "must be one of 3, 5, 7, not 4"),
        ("nesterov", 1, "must be true or false, not 1"),
        ("nesterov", None, "must be true or false, not None"),
    ],
)
def test_what_is_not_legal_is_said_with_what_would_be(name: str, value: object, problem: str | None) -> None:
    said = HYPERPARAMETERS[name].problem(value)

    assert said is not None
    assert problem is None or said == problem


@pytest.mark.parametrize(
    ("name", "value"), [("learning_rate", 1), ("batch_size", 64.0), ("nesterov", True), ("kernel_size", 5)]
)
def test_what_is_legal_is_no_problem(name: str, value: object) -> None:
    assert HYPERPARAMETERS[name].problem(value) is None


def test_tasks_agree() -> None:
    assert METRICS.keys() == TEST_METRICS.keys() == {dataset.task for dataset in DATASETS.values()}
