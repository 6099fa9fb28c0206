"""The tasks that need no package but the project's own."""

import math

import numpy as np
import pytest
from benchmarks.search.tasks import FAMILIES, task
from benchmarks.search.tasks.function import FunctionTask, gaussian, log_gaussian, seldom_cauchy
from benchmarks.search.tasks.task import search_space

SYNTHETIC = [*FAMILIES["mixed"], *FAMILIES["failing"], "conditional-optimizer", "conditional-layers"]
FITTED = [*FAMILIES["sklearn"], "conditional-classifier", "conditional-kernel"]
RECORDED = list(FAMILIES["trainer"])


def drawn(name: str, count: int) -> list[dict[str, object]]:
    space = search_space(task(name).parameters)
    points = np.random.default_rng(1).random((count, len(space.ordered)))
    return [dict(space.configuration(point.tolist())) for point in points]


@pytest.mark.parametrize("name", SYNTHETIC)
def test_random_configurations_of_a_synthetic_task_lie_about_its_median_and_above_its_optimum(
    name: str,
) -> None:
    found = task(name)
    values = [found.true(c) for c in drawn(name, 400) if not found.fails(c)]
    assert min(values) >= found.optimum
    assert np.mean(np.array(values) < found.median_random) == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize("name", SYNTHETIC)
def test_the_noise_of_a_synthetic_task_is_small_and_without_bias(name: str) -> None:
    found = task(name)
    configuration = next(c for c in drawn(name, 100) if not found.fails(c))
    rng = np.random.default_rng(2)
    observed = [found.evaluate(configuration, rng).value for _ in range(400)]
    errors = np.array(observed, dtype=float) - found.true(configuration)
    assert abs(errors.mean()) < 4 * errors.std() / 20
    assert 0 < errors.std() < 0.02


@pytest.mark.parametrize("name", FAMILIES["failing"])
def test_a_part_of_a_failing_task_fails_always_and_early(name: str) -> None:
    found = task(name)
    rng = np.random.default_rng(3)
    outcomes = [(found.fails(c), found.evaluate(c, rng)) for c in drawn(name, 300)]
    assert all((evaluation.value is None) is fails for fails, evaluation in outcomes)
    assert 0.05 < np.mean([fails for fails, _ in outcomes]) < 0.5
    failed, whole = ([e.seconds for f, e in outcomes if f is wanted] for wanted in (True, False))
    assert np.median(failed) < 0.5 * np.median(whole)


@pytest.mark.parametrize("name", FITTED)
def test_a_fitted_model_is_observed_near_its_true_value(name: str) -> None:
    found = task(name)
    rng = np.random.default_rng(4)
    for configuration in drawn(name, 2):
        true = found.true(configuration)
        assert found.true(configuration) == true
        observed = [found.evaluate(configuration, rng) for _ in range(5)]
        assert np.mean([evaluation.value for evaluation in observed]) == pytest.approx(true, abs=0.3)
        assert all(evaluation.seconds > 0 for evaluation in observed)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_trainings_are_whole_and_differ(name: str) -> None:
    found = task(name)
    assert 0 < found.optimum < 0.5 * found.median_random
    rng = np.random.default_rng(5)
    for configuration in drawn(name, 200):
        evaluation = found.evaluate(configuration, rng)
        assert evaluation.value is not None and math.isfinite(evaluation.value)
        assert evaluation.seconds > 0


@pytest.mark.parametrize("name", [*SYNTHETIC, *FITTED])
def test_what_regret_is_measured_between_is_recorded(name: str) -> None:
    assert task(name).optimum < task(name).median_random


def test_kinds_of_noise() -> None:
    rng = np.random.default_rng(6)
    added = np.array([gaussian(0.5)(10.0, rng) for _ in range(2000)])
    assert (added.mean(), added.std()) == pytest.approx((10.0, 0.5), rel=0.05)
    factors = np.log([log_gaussian(0.5)(10.0, rng) / 10.0 for _ in range(2000)])
    assert (factors.mean(), factors.std()) == pytest.approx((0.0, 0.5), abs=0.05)
    outliers = np.array([seldom_cauchy(0.2, 1.0)(10.0, rng) for _ in range(2000)])
    assert np.mean(outliers == 10.0) == pytest.approx(0.8, abs=0.03)
    assert np.abs(outliers - 10.0).max() > 20.0


def test_noise_is_about_the_optimum_not_about_0() -> None:
    noisy = FunctionTask(
        "conditional-layers", [], lambda configuration: 3.0, lambda height, rng: 2.0 * height
    )
    noisy.optimum = 1.0
    assert noisy.evaluate({}, np.random.default_rng(0)).value == 5.0
