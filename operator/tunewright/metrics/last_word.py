"""The last word: what a program that uses the SDK left behind, rewritten in place at every report."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tunewright.metrics.lines import parse_object
from tunewright.metrics.values import step_of, values_of

MAX_BYTES = 4096
"""What is read at most: four times what the SDK writes, and all that a kubelet keeps."""


@dataclass(frozen=True)
class LastWord:
    """What the program said of itself.

    Attributes:
        final: whether it has said that it ended properly.
        step: the step that it last reported; None before the first report.
        metrics: their latest values.
    """

    final: bool = False
    step: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


def parse_last_word(text: bytes) -> LastWord | None:
    """The last word; None where nothing was said. A torn or garbled one is not final."""
    if not text.strip(b"\0 \n"):
        return None
    document = parse_object(text[:MAX_BYTES])
    return LastWord(
        document.get("final") is True, step_of(document.get("step")), values_of(document.get("metrics"))
    )
