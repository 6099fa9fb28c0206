"""Tunewright tunes the hyperparameters of neural networks, on a laptop and on Kubernetes.

Attributes:
    Optimizer: ask and tell without a store, see `tunewright.optimizer`.
    Trial: what it asks to evaluate.
    InvalidInput: raised for a study that is not valid; its lines say where, what, and what would be right.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tunewright.api.problems import InvalidInput
    from tunewright.optimizer import Optimizer, Trial

__all__ = ["InvalidInput", "Optimizer", "Trial"]

_MODULES = {
    "InvalidInput": "tunewright.api.problems",
    "Optimizer": "tunewright.optimizer",
    "Trial": "tunewright.optimizer",
}


def __getattr__(name: str) -> object:
    # Imported when it is asked for, so that the command's help does not wait for it.
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
