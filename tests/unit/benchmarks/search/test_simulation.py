"""The simulated clock: who is asked when, and what is recommended."""

import numpy as np
import pytest
from benchmarks.search.simulation import simulate
from benchmarks.search.tasks.task import Configuration, Evaluation

from .examples import Scripted, a_table_task


def test_one_worker_asks_and_tells_in_turn() -> None:
    searcher = Scripted([1, 2, 3])
    trace = simulate(searcher, a_table_task(), seed=0, workers=1, trials=3)
    assert searcher.events == [(event, size) for size in (1, 2, 3) for event in ("ask", "tell")]
    assert trace.finished == [10.0, 30.0, 60.0]
    assert trace.cpu == [0.25] * 3


def test_a_free_worker_asks_at_once_while_the_other_still_works() -> None:
    searcher = Scripted([3, 1, 1, 2])
    trace = simulate(searcher, a_table_task(), seed=0, workers=2, trials=4)
    assert searcher.events == [
        ("ask", 3), ("ask", 1),
        ("tell", 1), ("ask", 1),
        ("tell", 1), ("ask", 2),
        ("tell", 3), ("tell", 2),
    ]  # fmt: skip
    assert trace.finished == [10.0, 20.0, 30.0, 40.0]


def test_no_more_trials_than_wanted_where_there_are_more_workers() -> None:
    searcher = Scripted([3, 2])
    trace = simulate(searcher, a_table_task(), seed=0, workers=16, trials=2)
    assert searcher.events == [("ask", 3), ("ask", 2), ("tell", 2), ("tell", 3)]
    assert len(trace.observed) == len(trace.recommended) == len(trace.finished) == len(trace.cpu) == 2


def test_what_is_recommended_is_the_best_observed_and_its_true_value_is_scored() -> None:
    task = a_table_task(losses=[[3.0, 3.0], [2.5, 8.5], [2.9, 2.9]])
    lucky = next(
        seed
        for seed in range(50)
        if simulate(Scripted([2]), task, seed, workers=1, trials=1).observed == [2.5]
    )
    trace = simulate(Scripted([2, 1, 3]), task, lucky, workers=1, trials=3)
    assert trace.recommended == [5.5, 5.5, 5.5]


def test_nothing_is_recommended_before_a_trial_succeeds() -> None:
    class Failing(type(a_table_task())):  # type: ignore[misc]
        def evaluate(self, configuration: Configuration, rng: np.random.Generator) -> Evaluation:
            if configuration["size"] == 1:
                return Evaluation(None, 1.0)
            return super().evaluate(configuration, rng)  # type: ignore[no-any-return]

    task = a_table_task()
    task.__class__ = Failing
    trace = simulate(Scripted([1, 1, 2, 1]), task, seed=0, workers=1, trials=4)
    assert trace.observed == [None, None, 1.0, None]
    assert trace.recommended == [None, None, 1.0, 1.0]


@pytest.mark.parametrize("workers", [1, 4])
def test_the_noise_of_a_trial_depends_on_the_seed_and_its_number_alone(workers: int) -> None:
    task = a_table_task(losses=np.random.default_rng(0).random((3, 1000)).tolist(), seconds=[1.0, 1.0, 1.0])
    first = simulate(Scripted([1, 2, 3] * 2), task, seed=7, workers=1, trials=6)
    assert len(set(first.observed)) == 6
    again = simulate(Scripted([1, 2, 3] * 2), task, seed=7, workers=workers, trials=6)
    other = simulate(Scripted([1, 2, 3] * 2), task, seed=8, workers=1, trials=6)
    assert first.observed == again.observed
    assert first.observed != other.observed
