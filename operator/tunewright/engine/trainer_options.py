"""What the built-in trainer is told on its command line, in either home."""

from tunewright.api.trial_definition import Trainer

MODULE = "tunewright_trainer"
"""What Python runs: `python -m tunewright_trainer`."""


def options_of(trainer: Trainer) -> list[str]:
    """The trainer's options; its hyperparameters come by environment variables."""
    options = {
        "--model": trainer.model,
        "--dataset": trainer.dataset,
        "--max-epochs": trainer.max_epochs,
        "--seed": trainer.seed,
        "--validation-fraction": trainer.validation_fraction,
        "--test-fraction": trainer.test_fraction,
    }
    if trainer.target is not None:
        options["--target"] = trainer.target
    return [f"{option}={value}" for option, value in options.items()]  # a value may begin with a dash
