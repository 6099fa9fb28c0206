"""The networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

_ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
}


def build(
    model: str, hyperparameters: Mapping[str, Any], shape: Sequence[int], outputs: int
) -> nn.Sequential:
    """A network with random weights: from (batch, *shape) to (batch, outputs)."""
    if model == "cnn":
        return _cnn(hyperparameters, shape, outputs)
    return _mlp(hyperparameters, shape, outputs)


def _mlp(hyperparameters: Mapping[str, Any], shape: Sequence[int], outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Flatten()]
    inputs = 1
    for extent in shape:
        inputs *= extent
    width = hyperparameters["width"]
    for _ in range(hyperparameters["depth"]):
        layers.append(nn.Linear(inputs, width))
        if hyperparameters["normalization"] == "batch":
            layers.append(nn.BatchNorm1d(width))
        elif hyperparameters["normalization"] == "layer":
            layers.append(nn.LayerNorm(width))
        layers += _activated(hyperparameters)
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


def _cnn(hyperparameters: Mapping[str, Any], shape: Sequence[int], outputs: int) -> nn.Sequential:
    """Halves the image after each block, and doubles the channels with it, until a side would be below 2."""
    layers: list[nn.Module] = []
    inputs, height, width = shape
    channels = hyperparameters["width"]
    for _ in range(hyperparameters["depth"]):
        layers.append(nn.Conv2d(inputs, channels, hyperparameters["kernel_size"], padding="same"))
        if hyperparameters["normalization"] == "batch":
            layers.append(nn.BatchNorm2d(channels))
        elif hyperparameters["normalization"] == "layer":
            layers.append(nn.GroupNorm(1, channels))  # one group: over all channels, as a layer norm
        layers += _activated(hyperparameters)
        inputs = channels
        if min(height, width) >= 4:
            layers.append(nn.MaxPool2d(2))
            height, width, channels = height // 2, width // 2, channels * 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(inputs * height * width, outputs))


def _activated(hyperparameters: Mapping[str, Any]) -> list[nn.Module]:
    layers = [_ACTIVATIONS[hyperparameters["activation"]]()]
    if hyperparameters["dropout"]:
        layers.append(nn.Dropout(hyperparameters["dropout"]))
    return layers
