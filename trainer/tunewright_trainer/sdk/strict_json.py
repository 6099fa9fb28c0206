"""JSON that every parser reads: compact, with NaN and the infinities as strings."""

from __future__ import annotations

import json
import math
from typing import Any


def number(value: float) -> float | str:
    """The value, or one of "NaN", "Infinity" and "-Infinity", for which JSON has no number."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def encode(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
