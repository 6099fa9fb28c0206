"""Tunewright tunes the hyperparameters of neural networks, on a laptop and on Kubernetes.

Attributes:
    Optimizer: ask and tell without a store, see `tunewright.optimizer`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tunewright.optimizer import Optimizer

__all__ = ["Optimizer"]


def __getattr__(name: str) -> object:
    # Imported when it is asked for, so that the command's help does not wait for it.
    if name == "Optimizer":
        from tunewright.optimizer import Optimizer

        return Optimizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
