"""Short texts for columns and the like."""

from collections.abc import Mapping

from tunewright.api.base import Scalar
from tunewright.api.parameters import word
from tunewright.api.problems import one_line

MAX_LENGTH = 120


def in_one_line(values: Mapping[str, Scalar]) -> str:
    """Names and values, such as `accuracy=0.9833, size=3`; numbers rounded to four digits."""
    return one_line(", ".join(f"{name}={_short(value)}" for name, value in values.items()), MAX_LENGTH)


def _short(value: Scalar) -> str:
    return f"{value:.4g}" if isinstance(value, float) else word(value)
