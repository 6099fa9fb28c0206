"""Values of metrics, as JSON carries them."""

import math

MAX_NAME = 63
"""Characters of a metric's name, at most: longer ones are passed over."""


def values_of(metrics: object) -> dict[str, float]:
    """The metrics of a JSON object; what cannot be read is left out."""
    if not isinstance(metrics, dict):
        return {}
    values = {name: number_of(value) for name, value in metrics.items() if is_name(name)}
    return {name: value for name, value in values.items() if value is not None}


def is_name(name: str) -> bool:
    """Whether a metric may have this name."""
    return 0 < len(name) <= MAX_NAME


def number_of(value: object) -> float | None:
    """A number, or NaN or an infinity, which JSON writes as texts; None if it is neither."""
    if isinstance(value, str):
        return float(value) if value in ("NaN", "Infinity", "-Infinity") else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def step_of(value: object) -> int | None:
    """A training step, a whole number from 0 on; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 2**53 and value == int(value) else None
