"""Real, small trainings on the CPU."""

import io
from typing import Any

import pytest
import torch

from tunewright_trainer.builtin.data import load
from tunewright_trainer.builtin.hyperparameters import resolve
from tunewright_trainer.builtin.models import build
from tunewright_trainer.builtin.preprocessing import Parts
from tunewright_trainer.builtin.ranking import ranking_metric
from tunewright_trainer.builtin.splitting import split
from tunewright_trainer.builtin.training import Training

CPU = torch.device("cpu")


def a_training(
    dataset: str = "digits",
    model: str = "mlp",
    *,
    epochs: int = 4,
    seed: int = 0,
    objectives: tuple[str, ...] = (),
    **given: Any,
) -> Training:
    samples = load(dataset)
    hyperparameters = resolve(model, samples.task, given)
    parts = Parts(samples, split(samples, 0.2, 0.2, 0), CPU)
    torch.manual_seed(seed)
    network = build(model, hyperparameters, samples.features.shape[1:], samples.classes or 1)
    ranked_by = ranking_metric(objectives, samples.task)
    return Training(network, parts, hyperparameters, epochs=epochs, seed=seed, ranked_by=ranked_by)


def run(training: Training) -> list[dict[str, float]]:
    reported = []
    while not training.finished:
        training.run_epoch()
        reported.append(training.progress.metrics)
    return reported


RICH: dict[str, Any] = {
    "dropout": 0.2,
    "normalization": "batch",
    "schedule": "one_cycle",
    "learning_rate": 0.01,
}


@pytest.mark.parametrize(
    ("dataset", "model", "given", "score", "least"),
    [
        ("digits", "mlp", {}, "accuracy", 0.75),
        (
            "digits",
            "mlp",
            {"optimizer": "sgd", "learning_rate": 0.1, "nesterov": True},
            "accuracy",
            0.9,
        ),
        (
            "digits",
            "mlp",
            {"optimizer": "rmsprop", "label_smoothing": 0.1, "l1": 1e-4},
            "accuracy",
            0.75,
        ),
        (
            "digits",
            "cnn",
            {"width": 8, "optimizer": "adamw", "weight_decay": 0.1},
            "accuracy",
            0.75,
        ),
        ("wine", "mlp", {"batch_size": 8, "gradient_clip": 1.0}, "accuracy", 0.9),
        ("diabetes", "mlp", {"batch_size": 8}, "r2", 0.3),
    ],
)
def test_it_learns(dataset: str, model: str, given: dict[str, Any], score: str, least: float) -> None:
    reported = run(a_training(dataset, model, epochs=6, **given))

    assert reported[-1][f"validation_{score}"] > least
    assert reported[-1]["train_loss"] < reported[0]["train_loss"]


def test_same_seed_same_result() -> None:
    first, again, other = (run(a_training(seed=seed, **RICH)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


@pytest.mark.parametrize(("dataset", "model"), [("digits", "mlp"), ("digits", "cnn"), ("diabetes", "mlp")])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_resumed_run_ends_as_an_uninterrupted_one(dataset: str, model: str, optimizer: str) -> None:
    given = {**RICH, "optimizer": optimizer, "width": 8}
    whole = a_training(dataset, model, **given)
    expected = run(whole)

    interrupted = a_training(dataset, model, **given)
    interrupted.run_epoch()
    interrupted.run_epoch()
    file = io.BytesIO()
    torch.save(interrupted.state(), file)
    file.seek(0)
    resumed = a_training(dataset, model, **given)
    torch.rand(7)  # wherever the generator stands
    resumed.restore(torch.load(file, weights_only=True))

    assert run(resumed) == expected[2:]
    part = Parts(samples := load(dataset), split(samples, 0.2, 0.2, 0), CPU).test()
    assert resumed.test(part) == whole.test(part)


def test_the_test_uses_the_weights_of_the_best_epoch() -> None:
    samples = load("digits")
    training = a_training(epochs=8, learning_rate=0.1)
    validation = Parts(samples, split(samples, 0.2, 0.2, 0), CPU).validation
    reported = run(training)
    best = max(epoch["validation_accuracy"] for epoch in reported)
    assert reported[-1]["validation_accuracy"] < best, "choose a run that ends worse than its best epoch"

    assert training.test(validation)["accuracy"] == best


def test_with_a_loss_objective_those_are_the_weights_of_the_lowest_loss() -> None:
    samples = load("digits")
    training = a_training(epochs=12, learning_rate=0.03, objectives=("validation_loss",))
    validation = Parts(samples, split(samples, 0.2, 0.2, 0), CPU).validation
    reported = run(training)
    lowest = min(reported, key=lambda epoch: epoch["validation_loss"])
    most_accurate = max(reported, key=lambda epoch: epoch["validation_accuracy"])
    assert lowest is not most_accurate, "choose a run in which the two differ"

    assert training.test(validation)["loss"] == lowest["validation_loss"]


def test_the_last_batch_is_never_a_single_sample() -> None:
    count = len(split(load("wine"), 0.2, 0.2, 0).train)
    training = a_training("wine", epochs=1, batch_size=count - 1, normalization="batch")

    training.run_epoch()

    assert training.progress.is_finite


def test_the_learning_rate_reported_is_that_of_the_epochs_last_step() -> None:
    reported = run(a_training("wine", epochs=4, schedule="step", step_size=2, gamma=0.5, learning_rate=0.1))

    assert [epoch["learning_rate"] for epoch in reported] == pytest.approx([0.1, 0.1, 0.05, 0.05])
