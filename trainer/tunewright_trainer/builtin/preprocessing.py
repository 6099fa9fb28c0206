"""The three parts as tensors, standardised with statistics of the training part only."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from tunewright_trainer.builtin.data import Samples
from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.builtin.splitting import Indexes, Split


class Part(NamedTuple):
    """Samples of one part, on one device."""

    features: Tensor
    """(samples, ...), float32."""
    targets: Tensor
    """(samples,): class indexes, int64; or numbers, float32."""


class Parts:
    """Each feature (in images: channel), and a regression's target, is brought to mean 0 and deviation 1.

    Nothing reads the test part's samples before `test` is called. Raises BadInputError for values that are
    not finite.
    """

    def __init__(self, samples: Samples, split: Split, device: torch.device) -> None:
        self._samples = samples
        self._test = split.test
        self._device = device
        train = self._select("training", split.train)
        self._features = _Scale(train.features, (0, 2, 3) if samples.are_images else (0,))
        self._targets = _Scale(train.targets, (0,)) if train.targets.is_floating_point() else None
        self.train = self._standardised(train)
        self.validation = self._standardised(self._select("validation", split.validation))

    def test(self) -> Part:
        return self._standardised(self._select("test", self._test))

    @property
    def target_deviation(self) -> float:
        """Converts errors of standardised targets to the targets' own unit."""
        return self._targets.deviation.item() if self._targets else 1.0

    def _select(self, name: str, indexes: Indexes) -> Part:
        features = torch.from_numpy(self._samples.features[indexes])
        targets = torch.from_numpy(self._samples.targets[indexes])
        if not (features.isfinite().all() and targets.isfinite().all()):
            raise BadInputError(
                f"--dataset: the {name} part holds values that are NaN or infinite; replace or drop them"
            )
        return Part(features, targets)

    def _standardised(self, part: Part) -> Part:
        targets = self._targets.apply(part.targets) if self._targets else part.targets
        return Part(self._features.apply(part.features).to(self._device), targets.to(self._device))


class _Scale:
    def __init__(self, values: Tensor, axes: tuple[int, ...]) -> None:
        deviation, self.mean = torch.std_mean(values.double(), axes, correction=0, keepdim=True)
        self.deviation = deviation.where(deviation > 0, 1.0)  # what is constant is only shifted

    def apply(self, values: Tensor) -> Tensor:
        return ((values - self.mean) / self.deviation).float()
