"""Learning rates: pure functions of the step, so that a resumed run needs no state of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_RISING_SHARE = 0.3
_START_DIVISOR = 25.0
_END_DIVISOR = 1e4


class Schedule:
    """The learning rate of each step of a run of `epochs * steps_per_epoch` steps, counted from 0."""

    def __init__(self, hyperparameters: Mapping[str, Any], epochs: int, steps_per_epoch: int) -> None:
        self._hyperparameters = hyperparameters
        self._steps = epochs * steps_per_epoch
        self._steps_per_epoch = steps_per_epoch
        self._warmup = int(hyperparameters["warmup_epochs"]) * steps_per_epoch

    def learning_rate(self, step: int) -> float:
        return float(self._hyperparameters["learning_rate"] * self._factor(step))

    def _factor(self, step: int) -> float:
        kind = self._hyperparameters["schedule"]
        if kind == "one_cycle":
            return _one_cycle(step, self._steps)
        if step < self._warmup:
            return float((step + 1) / (self._warmup + 1))
        step -= self._warmup
        if kind == "cosine":
            return _cosine(1.0, 0.0, step / (self._steps - self._warmup))
        epoch = step // self._steps_per_epoch
        decays = {"constant": 0, "step": epoch // self._hyperparameters["step_size"], "exponential": epoch}
        return float(self._hyperparameters["gamma"] ** decays[kind])


def _one_cycle(step: int, steps: int) -> float:
    """Smith and Topin 2018, with torch's defaults: a rise over 30 % of the steps, then a fall."""
    top = _RISING_SHARE * steps - 1
    if step <= top:
        return _cosine(1 / _START_DIVISOR, 1.0, step / top if top > 0 else 1.0)
    end = 1 / (_START_DIVISOR * _END_DIVISOR)
    return _cosine(1.0, end, (step - top) / (steps - 1 - top))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
