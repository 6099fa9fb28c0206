"""A training run's checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from tunewright_trainer import checkpoint
from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.builtin.training import Training

_FILE = "training.pt"
_INTERVAL = 1.0
"""Seconds between two checkpoints. An epoch can last milliseconds, less than a disk takes to save it."""


class Checkpoints:
    """Saves a run, and restores it.

    `origin` is what shapes a run's course: data, model, hyperparameters, seeds. Another is refused.
    """

    def __init__(
        self, training: Training, origin: Mapping[str, Any], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._training = training
        self._origin = dict(origin)
        self._clock = clock
        self._saved_at = clock()

    def save(self) -> None:
        with checkpoint.saving() as directory:
            torch.save({"origin": self._origin, "training": self._training.state()}, directory / _FILE)
        self._saved_at = self._clock()

    def save_if_due(self) -> None:
        if self._training.finished or self._clock() - self._saved_at >= _INTERVAL:
            self.save()

    def restore(self, device: torch.device) -> bool:
        """Whether there was a checkpoint. Raises BadInputError for one of another run."""
        directory = checkpoint.latest()
        if directory is None:
            return False
        saved = torch.load(directory / _FILE, map_location=device, weights_only=True)
        for name in self._origin.keys() | saved["origin"].keys():
            then, now = saved["origin"].get(name), self._origin.get(name)
            if then != now:
                raise BadInputError(
                    f"checkpoint {directory}: made with {name}={then}, but this run has {name}={now}"
                )
        self._training.restore(saved["training"])
        return True
