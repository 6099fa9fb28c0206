"""How a training went so far: its best epoch, and whether it overfits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from tunewright_trainer.builtin.ranking import score

_OVERFITTING_MARGIN = 0.1


@dataclass
class Progress:
    ranked_by: str
    """The metric whose best value makes the best epoch."""
    epoch: int = 0
    """Epochs that are done."""
    metrics: dict[str, float] = field(default_factory=dict)
    """What the last of them reported."""
    best_epoch: int = 0
    best_score: float = -math.inf
    """The best epoch's value of that metric, turned so that higher is better."""
    best_loss: float = math.inf
    lowest_validation_loss: float = math.inf
    train_loss_at_lowest: float = math.inf

    def advance(
        self, train: Mapping[str, float], validation: Mapping[str, float], learning_rate: float
    ) -> bool:
        """Adds an epoch from its evaluations of the training and the validation part; True if it is the best.

        `overfitting` is 1 while the validation loss is more than 10 % above its lowest so far and the
        training loss is below what it was then. `generalization_gap` is the training part's accuracy (or r2)
        minus the validation part's.
        """
        self.epoch += 1
        if validation["loss"] < self.lowest_validation_loss:
            self.lowest_validation_loss = validation["loss"]
            self.train_loss_at_lowest = train["loss"]
        risen = validation["loss"] > (1 + _OVERFITTING_MARGIN) * self.lowest_validation_loss
        overfitting = risen and train["loss"] < self.train_loss_at_lowest
        fit = "accuracy" if "accuracy" in train else "r2"
        self.metrics = {
            **{f"train_{name}": value for name, value in train.items()},
            **{f"validation_{name}": value for name, value in validation.items()},
            "generalization_gap": train[fit] - validation[fit],
            "learning_rate": learning_rate,
            "overfitting": float(overfitting),
        }
        current = score(self.ranked_by, self.metrics[self.ranked_by])
        best = (current, -validation["loss"]) > (self.best_score, -self.best_loss)
        if best:
            self.best_epoch = self.epoch
            self.best_score, self.best_loss = current, validation["loss"]
        return best

    @property
    def is_finite(self) -> bool:
        return all(math.isfinite(self.metrics[name]) for name in ("train_loss", "validation_loss"))
