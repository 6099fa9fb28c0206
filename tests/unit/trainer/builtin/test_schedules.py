"""Against torch's schedulers of the same names."""

from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from tunewright_trainer.builtin.hyperparameters import resolve
from tunewright_trainer.builtin.schedules import Schedule

EPOCHS, STEPS = 12, 5


def rates(**given: Any) -> list[float]:
    schedule = Schedule(resolve("mlp", "regression", {"learning_rate": 0.5, **given}), EPOCHS, STEPS)
    return [schedule.learning_rate(step) for step in range(EPOCHS * STEPS)]


def torch_rates(make: Any, per_epoch: bool) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    scheduler = make(optimizer)
    seen = []
    for step in range(EPOCHS * STEPS):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < EPOCHS * STEPS and (not per_epoch or (step + 1) % STEPS == 0):
            scheduler.step()
    return seen


@pytest.mark.parametrize(
    ("given", "make", "per_epoch"),
    [
        ({"schedule": "constant"}, lambda o: lr_scheduler.ConstantLR(o, factor=1.0), True),
        (
            {"schedule": "step", "step_size": 4, "gamma": 0.3},
            lambda o: lr_scheduler.StepLR(o, 4, 0.3),
            True,
        ),
        ({"schedule": "exponential", "gamma": 0.8}, lambda o: lr_scheduler.ExponentialLR(o, gamma=0.8), True),
        ({"schedule": "cosine"}, lambda o: lr_scheduler.CosineAnnealingLR(o, EPOCHS * STEPS), False),
        (
            {"schedule": "one_cycle"},
            lambda o: lr_scheduler.OneCycleLR(o, 0.5, total_steps=EPOCHS * STEPS, cycle_momentum=False),
            False,
        ),
    ],
    ids=lambda value: value.get("schedule") if isinstance(value, dict) else "",
)
def test_same_rates_as_torch(given: dict[str, Any], make: Any, per_epoch: bool) -> None:
    assert rates(**given) == pytest.approx(torch_rates(make, per_epoch))


@pytest.mark.parametrize("schedule", ["constant", "step", "exponential", "cosine"])
def test_a_warm_up_rises_to_the_full_rate_from_where_the_schedule_goes_on(schedule: str) -> None:
    warmed = rates(schedule=schedule, warmup_epochs=3)

    rise = warmed[: 3 * STEPS]
    assert rise == pytest.approx([0.5 * step / (3 * STEPS + 1) for step in range(1, 3 * STEPS + 1)])
    assert warmed[3 * STEPS] == 0.5
    assert all(0 < rate <= 0.5 for rate in warmed)


def test_a_warm_up_longer_than_the_run() -> None:
    assert rates(schedule="cosine", warmup_epochs=100)[-1] == pytest.approx(0.5 * 60 / 501)


@pytest.mark.parametrize("schedule", ["constant", "step", "exponential", "cosine", "one_cycle"])
def test_a_run_of_one_step(schedule: str) -> None:
    hyperparameters = resolve("mlp", "regression", {"learning_rate": 0.5, "schedule": schedule})

    assert 0 < Schedule(hyperparameters, 1, 1).learning_rate(0) <= 0.5
