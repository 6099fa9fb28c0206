"""One training run, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import blake2b
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tunewright_trainer.builtin.evaluation import evaluate
from tunewright_trainer.builtin.optimizers import Optimizer
from tunewright_trainer.builtin.preprocessing import Part, Parts
from tunewright_trainer.builtin.progress import Progress
from tunewright_trainer.builtin.schedules import Schedule


class Training:
    """Trains a model (on its device already) and remembers the weights of its best epoch by `ranked_by`.

    Every epoch draws its random numbers (the samples' order, dropout) from a stream of its own, seeded by the
    seed and the epoch. So a run resumed after any epoch continues exactly, with no generator's state to keep.
    """

    def __init__(
        self,
        model: nn.Module,
        parts: Parts,
        hyperparameters: Mapping[str, Any],
        epochs: int,
        seed: int,
        ranked_by: str,
    ) -> None:
        self.progress = Progress(ranked_by)
        self._model = model
        self._parts = parts
        self._hyperparameters = hyperparameters
        self._seed = seed
        self._epochs = epochs
        self._optimizer = Optimizer(model, hyperparameters)
        self._schedule = Schedule(hyperparameters, epochs, len(self._batches()))
        self._best_weights = self._weights()

    @property
    def finished(self) -> bool:
        return self.progress.epoch >= self._epochs

    def run_epoch(self) -> None:
        torch.manual_seed(_stream(self._seed, self.progress.epoch))
        batches = self._batches()
        for step, batch in enumerate(batches, start=self.progress.epoch * len(batches)):
            learning_rate = self._schedule.learning_rate(step)
            self._optimizer.clear_gradient()
            self._loss(batch).backward()  # type: ignore[no-untyped-call]
            self._optimizer.step(learning_rate)
        train = self._evaluate(self._parts.train)
        validation = self._evaluate(self._parts.validation)
        if self.progress.advance(train, validation, learning_rate):
            self._best_weights = self._weights()

    def test(self, part: Part) -> dict[str, float]:
        """Evaluates the weights of the best epoch, which the model has from then on."""
        self._model.load_state_dict(self._best_weights)
        return self._evaluate(part)

    def state(self) -> dict[str, Any]:
        """All that a run needs to continue, as tensors and plain values."""
        return {
            "progress": asdict(self.progress),
            "weights": self._weights(),
            "best_weights": self._best_weights,
            "optimizer": self._optimizer.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.progress = Progress(**state["progress"])
        self._model.load_state_dict(state["weights"])
        self._best_weights = state["best_weights"]
        self._optimizer.restore(state["optimizer"])

    def _evaluate(self, part: Part) -> dict[str, float]:
        return evaluate(self._model, part, self._parts.target_deviation)

    def _weights(self) -> dict[str, Tensor]:
        return {name: tensor.clone() for name, tensor in self._model.state_dict().items()}

    def _batches(self) -> list[Tensor]:
        """Indexes of training samples. A last one alone joins others: batch normalisation would refuse it."""
        targets = self._parts.train.targets
        order = torch.randperm(len(targets)).to(targets.device)
        batches = list(torch.split(order, self._hyperparameters["batch_size"]))
        if len(batches) > 1 and len(batches[-1]) == 1:
            batches[-2:] = [torch.cat(batches[-2:])]
        return batches

    def _loss(self, batch: Tensor) -> Tensor:
        outputs, targets = self._model(self._parts.train.features[batch]), self._parts.train.targets[batch]
        if targets.is_floating_point():
            return functional.mse_loss(outputs.squeeze(1), targets)
        smoothing = self._hyperparameters["label_smoothing"]
        return functional.cross_entropy(outputs, targets, label_smoothing=smoothing)


def _stream(seed: int, epoch: int) -> int:
    return int.from_bytes(blake2b(f"{seed} {epoch}".encode(), digest_size=7).digest())
