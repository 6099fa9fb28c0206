"""How well a model does on one part of the data."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from tunewright_trainer.builtin.preprocessing import Part

_CHUNK = 2048
"""Samples at a time: bounds memory, and is enough to keep a device busy."""


@torch.no_grad()
def evaluate(model: nn.Module, part: Part, target_deviation: float) -> dict[str, float]:
    """`loss` and `accuracy`; for a regression `loss`, `rmse` in the targets' own unit, and `r2`.

    The loss is the plain one: cross-entropy, or the squared error of standardised targets.
    """
    model.eval()
    outputs = torch.cat([model(chunk) for chunk in torch.split(part.features, _CHUNK)])
    model.train()
    if not part.targets.is_floating_point():
        accuracy = (outputs.argmax(1) == part.targets).double().mean()
        return {"loss": functional.cross_entropy(outputs, part.targets).item(), "accuracy": accuracy.item()}
    loss = functional.mse_loss(outputs.squeeze(1), part.targets).item()
    variance = part.targets.var(correction=0).item()
    return {
        "loss": loss,
        "rmse": loss**0.5 * target_deviation,
        "r2": 1 - loss / variance if variance > 0 else 0.0,
    }
