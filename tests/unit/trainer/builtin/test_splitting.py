import numpy as np
import pytest

from tunewright_trainer.builtin.data import Samples, load
from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.builtin.splitting import split


def samples(targets: list[int]) -> Samples:
    array = np.array(targets, dtype=np.int64)
    return Samples(np.zeros((len(array), 1), np.float32), array, classes=len(set(targets)))


@pytest.mark.parametrize("dataset", ["digits", "wine", "diabetes"])
def test_every_sample_is_in_exactly_one_part(dataset: str) -> None:
    whole = load(dataset)
    parts = split(whole, 0.2, 0.2, seed=0)

    assert sorted(np.concatenate(parts)) == list(range(len(whole.targets)))


@pytest.mark.parametrize(("validation", "test"), [(0.2, 0.2), (0.1, 0.3), (0.05, 0.05)])
def test_each_class_has_its_share_to_within_a_sample(validation: float, test: float) -> None:
    whole = load("digits")
    parts = split(whole, validation, test, seed=3)

    for label in range(10):
        total = np.sum(whole.targets == label)
        counts = [np.sum(whole.targets[part] == label) for part in parts]
        expected = [total * (1 - validation - test), total * validation, total * test]
        np.testing.assert_allclose(counts, expected, atol=1.5)
    assert abs(len(parts.test) - test * len(whole.targets)) <= 1
    assert abs(len(parts.validation) - validation * len(whole.targets)) <= 1


def test_a_regression_is_stratified_by_its_targets() -> None:
    whole = load("diabetes")
    means = [[whole.targets[part].mean() for part in split(whole, 0.2, 0.2, seed)] for seed in range(20)]

    assert np.std(means, axis=0).max() < 0.05 * whole.targets.std()


def test_the_seed_alone_decides() -> None:
    whole = load("wine")
    first, again, other = (split(whole, 0.2, 0.2, seed) for seed in (1, 1, 2))

    assert all(map(np.array_equal, first, again))
    assert not np.array_equal(first.test, other.test)


def test_the_choice_within_a_class_is_random() -> None:
    whole = samples([0] * 50 + [1] * 50)
    chosen = np.concatenate([split(whole, 0.2, 0.2, seed).test for seed in range(200)])
    times = np.bincount(chosen, minlength=100)

    assert times.sum() == 200 * 20
    assert times.min() > 15 and times.max() < 70  # binomial: 40 +- 6


@pytest.mark.parametrize("targets", [[0, 1], [0, 0, 1]])
def test_too_few_samples_are_refused(targets: list[int]) -> None:
    with pytest.raises(BadInputError, match="too few to be split in three"):
        split(samples(targets), 0.2, 0.2, seed=0)
