"""What a home tells an attempt: the TUNEWRIGHT_* environment variables, read and checked.

Every one may be absent or empty, as when a program is run by hand.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Environment:
    parameters: dict[str, Any]
    trial: str | None
    attempt: int | None
    checkpoint_directory: Path | None
    """Where checkpoints are written, and first looked for."""
    checkpoint_source: Path | None
    """Where a checkpoint is read from when the first directory holds none."""
    observations: Path | None
    last_word: Path | None
    objectives: tuple[str, ...]
    constraints: tuple[str, ...]
    """The metrics that have a constraint."""
    metrics_port: int | None
    metrics_host: str
    milestones: tuple[int, ...]
    final_test: bool

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> Environment:
        """Raises ValueError, naming the variable, for a value that cannot be read."""
        return cls(
            parameters=_parameters(variables),
            trial=variables.get("TUNEWRIGHT_TRIAL") or None,
            attempt=_integer(variables, "TUNEWRIGHT_ATTEMPT"),
            checkpoint_directory=_path(variables, "TUNEWRIGHT_CHECKPOINT_DIR"),
            checkpoint_source=_path(variables, "TUNEWRIGHT_CHECKPOINT_FROM"),
            observations=_path(variables, "TUNEWRIGHT_OBSERVATIONS"),
            last_word=_path(variables, "TUNEWRIGHT_LAST_WORD"),
            objectives=_listed(variables, "TUNEWRIGHT_OBJECTIVES"),
            constraints=_listed(variables, "TUNEWRIGHT_CONSTRAINTS"),
            metrics_port=_integer(variables, "TUNEWRIGHT_METRICS_PORT"),
            metrics_host=variables.get("TUNEWRIGHT_METRICS_HOST") or "127.0.0.1",
            milestones=_milestones(variables),
            final_test=variables.get("TUNEWRIGHT_FINAL_TEST") == "1",
        )


def _parameters(variables: Mapping[str, str]) -> dict[str, Any]:
    text = variables.get("TUNEWRIGHT_PARAMETERS")
    if not text:
        return {}
    try:
        parameters = json.loads(text)
    except ValueError as error:
        raise ValueError(f"TUNEWRIGHT_PARAMETERS: not JSON: {error}") from None
    if not isinstance(parameters, dict):
        raise ValueError("TUNEWRIGHT_PARAMETERS: must be a JSON object of parameter names and values")
    return parameters


def _path(variables: Mapping[str, str], name: str) -> Path | None:
    text = variables.get(name)
    return Path(text) if text else None


def _integer(variables: Mapping[str, str], name: str) -> int | None:
    text = variables.get(name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name}: {text!r} is not a whole number") from None


def _listed(variables: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in variables.get(name, "").split(",") if item.strip())


def _milestones(variables: Mapping[str, str]) -> tuple[int, ...]:
    name = "TUNEWRIGHT_MILESTONES"
    try:
        return tuple(sorted({int(item) for item in _listed(variables, name)}))
    except ValueError:
        raise ValueError(f"{name}: {variables[name]!r} is not a list of whole numbers") from None
