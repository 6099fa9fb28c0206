"""Against torch.optim's optimizers, on the same network, data and hyperparameters."""

import copy
from typing import Any

import pytest
import torch
from torch import autograd, nn

from tunewright_trainer.builtin.hyperparameters import resolve
from tunewright_trainer.builtin.optimizers import Optimizer

RATES = [0.05, 0.03, 0.02, 0.01, 0.04]


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 2))


def loss(model: nn.Module, step: int) -> torch.Tensor:
    torch.manual_seed(100 + step)
    predicted: torch.Tensor = model(torch.randn(16, 5))
    return (predicted - torch.randn(16, 2)).pow(2).sum()


def trained(given: dict[str, Any]) -> nn.Module:
    model = network()
    optimizer = Optimizer(model, resolve("mlp", "regression", given))
    for step, rate in enumerate(RATES):
        optimizer.clear_gradient()
        autograd.backward(loss(model, step))
        optimizer.step(rate)
    return model


def trained_by_torch(optimizer: torch.optim.Optimizer, model: nn.Module, l1: float, clip: float) -> None:
    for step, rate in enumerate(RATES):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        penalty = sum(parameter.abs().sum() for parameter in model.parameters())
        autograd.backward(loss(model, step) + l1 * penalty)
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()


@pytest.mark.parametrize("regularised", [{}, {"weight_decay": 0.1}, {"l1": 0.3}, {"gradient_clip": 2.0}])
@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("SGD", {"optimizer": "sgd", "momentum": 0.0}),
        ("SGD", {"optimizer": "sgd", "momentum": 0.9}),
        ("SGD", {"optimizer": "sgd", "momentum": 0.9, "nesterov": True}),
        ("Adam", {"optimizer": "adam"}),
        ("AdamW", {"optimizer": "adamw"}),
        ("RMSprop", {"optimizer": "rmsprop"}),
    ],
)
def test_same_weights_as_torch(kind: str, given: dict[str, Any], regularised: dict[str, float]) -> None:
    expected = network()
    options = {name: value for name, value in given.items() if name != "optimizer"}
    options["weight_decay"] = regularised.get("weight_decay", 0.0)
    optimizer = getattr(torch.optim, kind)(expected.parameters(), lr=1.0, **options)
    trained_by_torch(optimizer, expected, regularised.get("l1", 0.0), regularised.get("gradient_clip", 0.0))

    actual = trained({**given, **regularised})

    for one, other in zip(actual.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["sgd", "adam", "rmsprop"])
def test_continues_exactly_from_its_state(kind: str) -> None:
    hyperparameters = resolve("mlp", "regression", {"optimizer": kind})
    model = network()
    optimizer = Optimizer(model, hyperparameters)
    for step in range(3):
        optimizer.clear_gradient()
        autograd.backward(loss(model, step))
        optimizer.step(0.05)
    saved = copy.deepcopy((model.state_dict(), optimizer.state()))

    resumed = network()
    resumed_optimizer = Optimizer(resumed, hyperparameters)
    resumed.load_state_dict(saved[0])
    resumed_optimizer.restore(saved[1])
    for each, of in ((model, optimizer), (resumed, resumed_optimizer)):
        of.clear_gradient()
        autograd.backward(loss(each, 3))
        of.step(0.05)

    for one, other in zip(model.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)
