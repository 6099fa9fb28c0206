"""The command: reads what is to be done, does it, and says in one line what went wrong."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from tunewright_trainer import parameters
from tunewright_trainer.builtin import data, hyperparameters, settings, splitting
from tunewright_trainer.builtin.errors import BadInputError, NotFiniteError
from tunewright_trainer.builtin.ranking import ranking_metric
from tunewright_trainer.catalog import EXIT_BAD_INPUT, EXIT_NOT_FINITE, EXIT_OUT_OF_MEMORY, MODELS
from tunewright_trainer.sdk.environment import Environment


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code; raises SystemExit(143) after a stop request."""
    try:
        _run(arguments)
    except BadInputError as error:
        return _failed(EXIT_BAD_INPUT, str(error))
    except NotFiniteError as error:
        return _failed(EXIT_NOT_FINITE, str(error))
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        return _failed(EXIT_OUT_OF_MEMORY, "out of memory")
    return 0


def _run(arguments: Sequence[str] | None) -> None:
    """Checks everything before torch, which takes most of the start, is imported."""
    wanted = settings.parse(arguments)
    samples = data.load(wanted.dataset, wanted.target)
    if MODELS[wanted.model].needs_images and not samples.are_images:
        raise BadInputError(
            f"argument --model: {wanted.model} needs images, which {wanted.dataset} does not hold"
        )
    try:
        given = parameters(**wanted.hyperparameters)
        ranked_by = ranking_metric(Environment.read().objectives, samples.task)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    resolved = hyperparameters.resolve(wanted.model, samples.task, given)
    split = splitting.split(samples, wanted.validation_fraction, wanted.test_fraction, seed=wanted.split_seed)
    # Torch makes so many lasting objects that looking for garbage among them is a third of its import's time,
    # and looking again at exit takes half a second: leave them out.
    gc.disable()
    try:
        from tunewright_trainer.builtin.run import run
    except ModuleNotFoundError as error:
        raise BadInputError(
            f"{error.name} is not installed; the built-in trainer needs tunewright[trainer]"
        ) from None
    gc.freeze()
    gc.enable()
    run(wanted, resolved, samples, split, ranked_by)


def _is_out_of_memory(error: MemoryError | RuntimeError) -> bool:
    return isinstance(error, MemoryError) or any(
        sign in str(error)
        for sign in ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")
    )


def _failed(code: int, message: str) -> int:
    print(f"tunewright_trainer: {' '.join(message.split())}", file=sys.stderr)
    return code
