import numpy as np
import pytest
import torch

from tunewright_trainer.builtin.data import Samples, load
from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.builtin.preprocessing import Parts
from tunewright_trainer.builtin.splitting import split

CPU = torch.device("cpu")


def test_the_training_parts_mean_is_0_and_its_deviation_1() -> None:
    samples = load("diabetes")
    parts = Parts(samples, split(samples, 0.2, 0.2, 0), CPU)

    for values in parts.train:
        torch.testing.assert_close(values.mean(0), torch.zeros_like(values[0]), atol=1e-5, rtol=0)
        torch.testing.assert_close(values.std(0, correction=0), torch.ones_like(values[0]))
    assert parts.validation.features.mean(0).abs().max() > 1e-3


def test_errors_convert_to_the_targets_unit() -> None:
    samples = load("diabetes")
    parts = Parts(samples, (where := split(samples, 0.2, 0.2, 0)), CPU)

    spread = parts.test().targets.max() - parts.test().targets.min()
    raw = samples.targets[where.test]
    assert (spread * parts.target_deviation).item() == pytest.approx(raw.max() - raw.min())


def test_images_are_standardised_per_channel() -> None:
    generator = np.random.default_rng(0)
    images = generator.normal([[[5.0]], [[-3.0]]], [[[2.0]], [[0.1]]], (40, 2, 4, 4)).astype(np.float32)
    samples = Samples(images, np.arange(40) % 2, classes=2)

    train = Parts(samples, split(samples, 0.2, 0.2, 0), CPU).train.features

    torch.testing.assert_close(train.mean((0, 2, 3)), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(train.std((0, 2, 3), correction=0), torch.ones(2))


def test_a_constant_feature_stays_finite() -> None:
    samples = Samples(np.full((20, 1), 7, np.float32), np.arange(20) % 2, classes=2)

    assert Parts(samples, split(samples, 0.2, 0.2, 0), CPU).train.features.abs().max() == 0


@pytest.mark.parametrize(("part", "name"), [(0, "training"), (1, "validation"), (2, "test")])
def test_a_part_that_is_not_finite_is_refused_when_it_is_used(part: int, name: str) -> None:
    samples = load("wine")
    where = split(samples, 0.2, 0.2, 0)
    samples.features[where[part][0], 3] = np.nan

    with pytest.raises(BadInputError, match=f"the {name} part holds values that are NaN or infinite"):
        Parts(samples, where, CPU).test()


def test_nothing_depends_on_the_test_part_before_it_is_asked_for() -> None:
    samples = load("diabetes")
    where = split(samples, 0.2, 0.2, 0)
    before = Parts(samples, where, CPU)
    samples.features[where.test] = np.inf
    samples.targets[where.test] = np.nan

    after = Parts(samples, where, CPU)

    for one, other in zip(before.train + before.validation, after.train + after.validation, strict=True):
        assert torch.equal(one, other)
    assert before.target_deviation == after.target_deviation
