"""How values read in a text: short, exact enough, and harmless in a terminal."""

import math
import re

from tunewright.api.base import Scalar, format_duration, format_time

_EXPONENT = re.compile(r"e([+-])0+(?=\d)")
_HOUR = 3_600_000


def number(value: float) -> str:
    """A number with six significant digits; a whole one in full."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("infinity" if value > 0 else "-infinity")
    return _EXPONENT.sub(r"e\1", f"{value:.6g}")


def signed(difference: float) -> str:
    """A difference with its sign, and as many digits as matter beside values of usual size."""
    return _EXPONENT.sub(r"e\1", f"{difference:+.3g}") if difference else "0"


def scalar(value: Scalar | None) -> str:
    """A parameter's value; a dash where the parameter is not active."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, int | float) else printable(value)


def printable(text: str) -> str:
    """The text on one line, control characters (a terminal obeys them) spelled out."""
    return "".join(c if c.isprintable() else _spelled(c) for c in " ".join(text.split(" ")))


def _spelled(character: str) -> str:
    return "\\n" if character == "\n" else character.encode("unicode_escape").decode("ascii")


def duration(milliseconds: float) -> str:
    """A time span such as `0.4s` or `1h2m3s`."""
    if milliseconds < 10_000:
        return f"{milliseconds / 1000:.1f}s"
    return format_duration(round(milliseconds / 1000))


def gpu_hours(milliseconds: float) -> str:
    """GPU time, given in milliseconds of one GPU."""
    hours = number(float(f"{milliseconds / _HOUR:.3g}"))
    return f"{hours} GPU-hour" + ("" if hours == "1" else "s")


def moment(milliseconds: int) -> str:
    """A point in time, given in milliseconds since the Unix epoch, in UTC to the second."""
    return format_time(milliseconds)[:19].replace("T", " ") + " UTC"


def count(number_of: int, noun: str) -> str:
    """How many: `1 trial`, `2,000 trials`."""
    return f"{number_of:,} {noun}" + ("" if number_of == 1 else "s")


def sentence(text: str) -> str:
    """CamelCase as words: `MaxTrialsReached` reads `max trials reached`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()
