"""The command line: what is trained on what, and how."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.catalog import DATASETS, MODELS


@dataclass(frozen=True)
class Settings:
    model: str
    dataset: str
    target: str | None
    max_epochs: int
    seed: int
    split_seed: int
    device: str
    validation_fraction: float
    test_fraction: float
    hyperparameters: dict[str, Any]
    """Those given by hand."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadInputError(message)


def parse(arguments: Sequence[str] | None = None) -> Settings:
    """Raises BadInputError."""
    parser = _Parser(
        prog="python -m tunewright_trainer",
        description="Trains one network on one data set. TUNEWRIGHT_PARAMETERS goes over what --set says.",
        allow_abbrev=False,
    )
    parser.add_argument("--model", choices=tuple(MODELS), default="mlp")
    parser.add_argument(
        "--dataset",
        default="digits",
        help=f"{', '.join(DATASETS)}, or the path of a .npz (X, y) or .csv file",
    )
    parser.add_argument(
        "--target", metavar="COLUMN", help="column of a .csv file to predict (default: the last)"
    )
    parser.add_argument("--max-epochs", type=int, default=30, metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="of weights, batches and dropout")
    parser.add_argument("--split-seed", type=int, default=0, help="of the split into three parts")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--validation-fraction", type=float, default=0.2, metavar="SHARE")
    parser.add_argument("--test-fraction", type=float, default=0.2, metavar="SHARE")
    parser.add_argument(
        "--set", action="append", default=[], dest="hyperparameters", metavar="NAME=VALUE", type=_assignment
    )
    values = vars(parser.parse_args(arguments))
    settings = Settings(**{**values, "hyperparameters": dict(values["hyperparameters"])})
    _check(settings)
    return settings


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _check(settings: Settings) -> None:
    if settings.max_epochs < 1:
        raise BadInputError(f"argument --max-epochs: must be at least 1, not {settings.max_epochs}")
    for name in ("seed", "split_seed"):
        if not 0 <= getattr(settings, name) < 2**32:
            option = name.replace("_", "-")
            raise BadInputError(
                f"argument --{option}: must be from 0 to 2^32 - 1, not {getattr(settings, name)}"
            )
    validation, test = settings.validation_fraction, settings.test_fraction
    if not (validation > 0 and test > 0 and validation + test < 1):
        raise BadInputError(
            "arguments --validation-fraction, --test-fraction: both must be above 0 and their sum below 1,"
            f" not {validation:g} and {test:g}"
        )
