"""The observations file: one line of JSON per report, as the trainer's SDK writes it."""

import json
from collections.abc import Mapping
from typing import Any

from tunewright.metrics.observations import Observation
from tunewright.metrics.values import number_of, step_of, values_of

_DECODER = json.JSONDecoder()


def parse_line(line: bytes, otherwise: int) -> Observation | None:
    """The observation in a line such as `{"step": 3, "time": 1699.2, "metrics": {"loss": 0.5}}`.

    Metrics that cannot be read are left out. None where the line holds no observation.

    Args:
        line: of the file.
        otherwise: the observation's time, in milliseconds since the Unix epoch, where the line gives none.
    """
    document = parse_object(line)
    step = step_of(document.get("step"))
    values = values_of(document.get("metrics"))
    if step is None or not values:
        return None
    seconds = number_of(document.get("time"))
    readable = seconds is not None and abs(seconds) < 2**53
    return Observation(step, values, round(seconds * 1000) if seconds is not None and readable else otherwise)


def parse_object(text: bytes) -> Mapping[str, Any]:
    """The JSON object that the text begins with; an empty one if there is none."""
    try:
        document, _ = _DECODER.raw_decode(text.decode(errors="replace").lstrip())
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
