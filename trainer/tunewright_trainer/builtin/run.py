"""A whole run: resumes from a checkpoint, trains, reports, and does the final test where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from tunewright_trainer import final_test, on_stop, report
from tunewright_trainer.builtin.checkpoints import Checkpoints
from tunewright_trainer.builtin.data import Samples
from tunewright_trainer.builtin.errors import BadInputError, NotFiniteError
from tunewright_trainer.builtin.models import build
from tunewright_trainer.builtin.preprocessing import Parts
from tunewright_trainer.builtin.settings import Settings
from tunewright_trainer.builtin.splitting import Split
from tunewright_trainer.builtin.training import Training


def run(
    settings: Settings, hyperparameters: Mapping[str, Any], samples: Samples, split: Split, ranked_by: str
) -> None:
    """Reports each epoch; the best one is that of the metric `ranked_by`.

    Raises BadInputError, NotFiniteError, and SystemExit after a stop request.
    """
    device = _device(settings.device)
    parts = Parts(samples, split, device)
    torch.manual_seed(settings.seed)
    model = build(settings.model, hyperparameters, samples.features.shape[1:], samples.classes or 1)
    training = Training(
        model.to(device),
        parts,
        hyperparameters,
        epochs=settings.max_epochs,
        seed=settings.seed,
        ranked_by=ranked_by,
    )
    checkpoints = Checkpoints(training, _origin(settings, hyperparameters))
    resumed = checkpoints.restore(device)
    on_stop(checkpoints.save)
    if resumed and training.finished and not final_test():
        _report(training)  # an earlier attempt ended between its last report and its end
    while not training.finished:
        training.run_epoch()
        _report(training)
        checkpoints.save_if_due()
    if final_test():
        scores = training.test(parts.test())
        report(training.progress.epoch, **{f"test_{name}": value for name, value in scores.items()})


def _report(training: Training) -> None:
    progress = training.progress
    report(progress.epoch, **progress.metrics)
    if not progress.is_finite:
        losses = ", ".join(f"{name}={progress.metrics[name]}" for name in ("train_loss", "validation_loss"))
        raise NotFiniteError(f"loss is not finite at epoch {progress.epoch}: {losses}")


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise BadInputError("argument --device: there is no CUDA device here; auto takes one where there is")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def _origin(settings: Settings, hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """All that a run's course depends on, but how long it is and where it runs."""
    shaping = asdict(settings)
    for name in ("hyperparameters", "max_epochs", "device"):
        del shaping[name]
    return {**shaping, **hyperparameters}
