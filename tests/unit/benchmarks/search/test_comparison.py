"""Ratios, intervals, ranks, and trials to reach a regret."""

import numpy as np
import pytest
from benchmarks.search.comparison import mean_ranks, ratio, trials_to_reach
from benchmarks.search.regret import Regrets


def regrets(**of: list[list[list[float]]]) -> Regrets:
    """By entrant: for each task, for each seed, the regret after each trial."""
    arrays = {entrant: np.array(values) for entrant, values in of.items()}
    tasks, seeds, _ = next(iter(arrays.values())).shape
    return Regrets([f"task-{n}" for n in range(tasks)], range(seeds), arrays)


def test_a_ratio_that_is_the_same_everywhere_is_certain() -> None:
    rng = np.random.default_rng(0)
    reference = rng.uniform(0.01, 1.0, (5, 10, 3))
    found = ratio(Regrets("12345", range(10), {"a": 0.5 * reference, "b": reference}), "a", "b", 2)
    assert (found.ratio, *found.over_seeds, *found.over_tasks) == pytest.approx((0.5,) * 5)


def test_the_interval_over_tasks_is_the_wider_where_tasks_differ() -> None:
    rng = np.random.default_rng(0)
    reference = np.ones((8, 20, 1))
    by_task = np.exp(rng.normal(-0.3, 1.0, (8, 1, 1)))
    entrant = reference * by_task * np.exp(rng.normal(0.0, 0.1, (8, 20, 1)))
    found = ratio(Regrets("12345678", range(20), {"a": entrant, "b": reference}), "a", "b", 1)
    assert found.over_tasks[0] < found.over_seeds[0] < found.ratio < found.over_seeds[1] < found.over_tasks[1]
    # The mean of 160 normal errors of deviation 0.1, and of 8 of deviation 1.
    assert np.log(found.over_seeds[1] / found.over_seeds[0]) == pytest.approx(
        2 * 1.96 * 0.1 / 160**0.5, rel=0.2
    )
    spread = np.log(by_task).std()
    assert np.log(found.over_tasks[1] / found.over_tasks[0]) == pytest.approx(
        2 * 1.96 * spread / 8**0.5, rel=0.2
    )


def test_the_ratio_is_paired() -> None:
    hard_and_easy = [[[0.9], [0.001], [0.5]]]
    halved = [[[0.45], [0.0005], [0.25]]]
    found = ratio(regrets(a=halved, b=hard_and_easy), "a", "b", 1)
    assert found.over_seeds == pytest.approx((0.5, 0.5))


def test_equal_ones_share_their_rank() -> None:
    found = mean_ranks(
        regrets(a=[[[0.1], [0.1]]], b=[[[0.1], [0.3]]], c=[[[0.5], [0.2]]]),
        trials=1,
    )
    assert found == {"a": (1.5 + 1) / 2, "b": (1.5 + 3) / 2, "c": (3 + 2) / 2}


def test_trials_to_reach_the_reference_by_medians_over_seeds() -> None:
    reference = [[[0.9, 0.4, 0.1], [0.9, 0.4, 0.1], [0.9, 0.5, 0.1]], [[0.9, 0.1, 0.1]] * 3]
    slow = [[[0.9, 0.8, 0.4], [0.9, 0.8, 0.4], [0.1, 0.1, 0.1]], [[0.9, 0.8, 0.2]] * 3]
    found = regrets(reference=reference, slow=slow)
    assert trials_to_reach(found, "slow", "reference", trials=2) == [3, None]
    assert trials_to_reach(found, "reference", "reference", trials=2) == [2, 2]
