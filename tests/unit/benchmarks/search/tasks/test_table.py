"""Tasks that are tables."""

import numpy as np
import pytest
from benchmarks.search.tasks.table import TableTask
from benchmarks.search.tasks.task import ParameterDefinition

PARAMETERS: list[ParameterDefinition] = [
    {"name": "rate", "type": "ordinal", "values": [0.1, 0.2]},
    {"name": "kind", "type": "categorical", "values": ["a", "b", "c"]},
]
VALUES = np.arange(12, dtype=np.float64).reshape(2, 3, 2)
SECONDS = 100.0 + VALUES


def test_a_trial_observes_one_repeat_and_its_own_seconds() -> None:
    task = TableTask("a-table", PARAMETERS, VALUES, SECONDS)
    rng = np.random.default_rng(0)
    seen = [task.evaluate({"rate": 0.2, "kind": "b"}, rng) for _ in range(30)]
    assert {evaluation.value for evaluation in seen} == {8.0, 9.0}
    assert all(evaluation.seconds == 100.0 + (evaluation.value or 0.0) for evaluation in seen)


def test_the_true_value_is_the_mean_of_repeats() -> None:
    task = TableTask("a-table", PARAMETERS, VALUES, SECONDS)
    assert task.true({"rate": 0.1, "kind": "c"}) == 4.5
    assert task.optimum == 0.5
    assert task.median_random == pytest.approx(5.5)


def test_repeats_that_are_not_there_are_neither_observed_nor_counted() -> None:
    values = VALUES.copy()
    values[1, 1, 1] = np.nan
    task = TableTask("a-table", PARAMETERS, values, SECONDS)
    rng = np.random.default_rng(0)
    assert {task.evaluate({"rate": 0.2, "kind": "b"}, rng).value for _ in range(20)} == {8.0}
    assert task.true({"rate": 0.2, "kind": "b"}) == 8.0
