import pytest
import torch
from torch import nn

from tunewright_trainer.builtin.hyperparameters import resolve
from tunewright_trainer.builtin.models import build
from tunewright_trainer.catalog import HYPERPARAMETERS


def kinds(model: nn.Sequential) -> list[str]:
    return [type(layer).__name__ for layer in model]


def test_mlp_layers() -> None:
    given = {"depth": 2, "width": 16, "normalization": "batch", "dropout": 0.5, "activation": "gelu"}
    model = build("mlp", resolve("mlp", "classification", given), (1, 8, 8), 10)

    block = ["Linear", "BatchNorm1d", "GELU", "Dropout"]
    assert kinds(model) == ["Flatten", *block, *block, "Linear"]
    assert [(layer.in_features, layer.out_features) for layer in model if isinstance(layer, nn.Linear)] == [
        (64, 16),
        (16, 16),
        (16, 10),
    ]


def test_cnn_halves_the_image_and_doubles_the_channels() -> None:
    given = {"depth": 4, "width": 4, "kernel_size": 5, "normalization": "layer"}
    model = build("cnn", resolve("cnn", "classification", given), (1, 8, 8), 10)

    block = ["Conv2d", "GroupNorm", "ReLU"]
    assert kinds(model) == [*block, "MaxPool2d", *block, "MaxPool2d", *block, *block, "Flatten", "Linear"]
    assert [layer.out_channels for layer in model if isinstance(layer, nn.Conv2d)] == [4, 8, 16, 16]


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 7, 5), (1, 1, 1)])
@pytest.mark.parametrize("normalization", HYPERPARAMETERS["normalization"].values)
@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_any_image_gives_one_row_of_outputs(model: str, normalization: str, shape: tuple[int, ...]) -> None:
    network = build(
        model, resolve(model, "regression", {"normalization": normalization, "depth": 3}), shape, 2
    )

    assert network(torch.ones(4, *shape)).shape == (4, 2)


@pytest.mark.parametrize("activation", HYPERPARAMETERS["activation"].values)
def test_every_activation_is_its_own(activation: str) -> None:
    model = build("mlp", resolve("mlp", "regression", {"activation": activation, "depth": 1}), (3,), 1)

    assert kinds(model)[2].lower() == activation.replace("_", "")
