"""How long to wait after failures in a row."""


def delay_after(failures: int, base: float, longest: float) -> float:
    """Seconds: `base` after the first failure, twice as long after each further one, up to `longest`."""
    # The exponent is capped: of some thousand failures the power is no float any more.
    return min(longest, base * 2.0 ** min(failures - 1, 64))
