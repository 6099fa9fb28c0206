"""Short texts for columns and the like."""

from collections.abc import Mapping

from tunewright.api.base import Scalar
from tunewright.api.parameters import short
from tunewright.api.problems import one_line

MAX_LENGTH = 120


def in_one_line(values: Mapping[str, Scalar], violations: Mapping[str, float] | None = None) -> str:
    """Names and values, such as `accuracy=0.9833, size=3`; numbers rounded to four digits.

    What breaks constraints says so first: `breaks latency by 13; accuracy=0.9833`.
    """
    broken = ", ".join(f"{name} by {short(amount)}" for name, amount in (violations or {}).items())
    pairs = ", ".join(f"{name}={short(value)}" for name, value in values.items())
    return one_line((f"breaks {broken}; " if broken else "") + pairs, MAX_LENGTH)
