"""Optimizers over one flat vector of weights.

They compute what torch.optim's of the same names do. Those import torch's compiler at their first use, which
takes as long as importing torch itself, and update each tensor on its own; a trial on small data lasts less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

_EPSILON = 1e-8
_RMS_DECAY = 0.99
_FIRST_DECAY, _SECOND_DECAY = 0.9, 0.999


class Optimizer:
    """Updates a model's weights from their gradients, as the hyperparameters say.

    The model's weights become views of one vector, and their gradients of another: move a model to its device
    before, and keep its parameters' identity after.
    """

    def __init__(self, model: nn.Module, hyperparameters: Mapping[str, Any]) -> None:
        self._hyperparameters = hyperparameters
        parameters = list(model.parameters())
        self._weights = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
        self._gradient = torch.zeros_like(self._weights)
        start = 0
        for parameter in parameters:
            part = slice(start, start + parameter.numel())
            parameter.data = self._weights[part].view_as(parameter)
            parameter.grad = self._gradient[part].view_as(parameter)
            start = part.stop
        self._update: Callable[[float], None] = {
            "sgd": self._sgd,
            "adam": self._adam,
            "adamw": self._adam,
            "rmsprop": self._rmsprop,
        }[hyperparameters["optimizer"]]
        self._steps = 0
        self._first = torch.zeros_like(self._weights)
        """Momentum of sgd; running mean of the gradient in adam."""
        self._second = torch.zeros_like(self._weights)
        """Running mean of the squared gradient in adam and rmsprop."""

    def clear_gradient(self) -> None:
        self._gradient.zero_()

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """One update from the gradient that `backward` accumulated."""
        self._steps += 1
        if self._hyperparameters["l1"]:
            self._gradient.add_(self._weights.sign(), alpha=self._hyperparameters["l1"])
        if self._hyperparameters["gradient_clip"]:
            norm = torch.linalg.vector_norm(self._gradient)
            self._gradient.mul_((self._hyperparameters["gradient_clip"] / (norm + 1e-6)).clamp(max=1.0))
        decay = self._hyperparameters["weight_decay"]
        if decay and self._hyperparameters["optimizer"] == "adamw":
            self._weights.mul_(1 - learning_rate * decay)
        elif decay:
            self._gradient.add_(self._weights, alpha=decay)
        self._update(learning_rate)

    def state(self) -> dict[str, Any]:
        return {"steps": self._steps, "first": self._first, "second": self._second}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._steps = state["steps"]
        self._first.copy_(state["first"])
        self._second.copy_(state["second"])

    def _sgd(self, learning_rate: float) -> None:
        """Sutskever et al. 2013, as torch has it: the first gradient starts the momentum."""
        momentum = self._hyperparameters["momentum"]
        self._first.mul_(momentum).add_(self._gradient)
        update = self._first
        if self._hyperparameters["nesterov"]:
            update = self._gradient.add(self._first, alpha=momentum)
        self._weights.add_(update, alpha=-learning_rate)

    def _adam(self, learning_rate: float) -> None:
        """Kingma and Ba 2015; with decoupled decay it is Loshchilov and Hutter 2019."""
        self._first.lerp_(self._gradient, 1 - _FIRST_DECAY)
        self._second.mul_(_SECOND_DECAY).addcmul_(self._gradient, self._gradient, value=1 - _SECOND_DECAY)
        first_correction = 1 - _FIRST_DECAY**self._steps
        second_correction = 1 - _SECOND_DECAY**self._steps
        scale = self._second.sqrt().div_(second_correction**0.5).add_(_EPSILON)
        self._weights.addcdiv_(self._first, scale, value=-learning_rate / first_correction)

    def _rmsprop(self, learning_rate: float) -> None:
        """Tieleman and Hinton 2012."""
        self._second.mul_(_RMS_DECAY).addcmul_(self._gradient, self._gradient, value=1 - _RMS_DECAY)
        self._weights.addcdiv_(self._gradient, self._second.sqrt().add_(_EPSILON), value=-learning_rate)
