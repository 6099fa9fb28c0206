"""How the values of a numeric parameter are spread over its range: a probability law on [low, high].

A scale is a law too: linear is the uniform one, and a logarithm is uniform on the log scale.
"""

import math
import sys
from statistics import NormalDist
from typing import Protocol

from tunewright.api.parameters import Distribution, Parameter, Scale

_STANDARD = NormalDist()
_LOG_MAX = math.log(sys.float_info.max)
_NARROW = 1e-2
"""On a range so much narrower than its deviation a normal law is all but uniform, and differences cancel."""


class Law(Protocol):
    """A continuous probability law on a bounded range."""

    def cdf(self, x: float) -> float:
        """The probability, from 0 to 1, of a value of at most `x`, which lies in the range."""
        ...

    def quantile(self, u: float) -> float:
        """The value in the range with `cdf(value) == u`, for u from 0 to 1."""
        ...


class Uniform:
    """Every value of [low, high] alike; low < high."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low, high

    def cdf(self, x: float) -> float:
        return (x - self._low) / (self._high - self._low)

    def quantile(self, u: float) -> float:
        return min(self._low + u * (self._high - self._low), self._high)


class TruncatedNormal:
    """The normal law, cut off at [low, high]; low may be minus infinity."""

    def __init__(self, low: float, high: float, mean: float, deviation: float) -> None:
        self._low, self._high = low, high
        self._mean = mean
        # The lower tail of the distribution function is exact where the upper one has rounded to 1:
        # a range mostly above the mean is looked at upside down.
        self._mirrored = (low - mean) + (high - mean) > 0
        self._slope = -deviation if self._mirrored else deviation
        ends = sorted(((low - mean) / self._slope, (high - mean) / self._slope))
        self._below = _normal_cdf(ends[0])
        self._mass = _normal_cdf(ends[1]) - self._below

    def cdf(self, x: float) -> float:
        p = (_normal_cdf((x - self._mean) / self._slope) - self._below) / self._mass
        return 1 - p if self._mirrored else p

    def quantile(self, u: float) -> float:
        p = self._below + (1 - u if self._mirrored else u) * self._mass
        if p <= 0 or p >= 1:
            return self._low if u < 0.5 else self._high
        return min(max(self._mean + self._slope * _STANDARD.inv_cdf(p), self._low), self._high)


class Log:
    """The law of a value x for which log(x / base) follows `law`."""

    def __init__(self, law: Law, base: float) -> None:
        self._law = law
        self._base = base

    def cdf(self, x: float) -> float:
        return self._law.cdf(log_ratio(x, self._base))

    def quantile(self, u: float) -> float:
        y = self._law.quantile(u)
        if y < _LOG_MAX:
            return self._base * math.exp(y)
        return math.exp(min(math.log(self._base) + y, _LOG_MAX))


class Mirrored:
    """`law` on [low, high], with its two ends swapped."""

    def __init__(self, law: Law, low: float, high: float) -> None:
        self._law = law
        self._low, self._high = low, high

    def cdf(self, x: float) -> float:
        return 1 - self._law.cdf(self._low + (self._high - x))

    def quantile(self, u: float) -> float:
        return self._high - (self._law.quantile(1 - u) - self._low)


def law_of(parameter: Parameter, low: float, high: float) -> Law:
    """The law of a numeric parameter's scale or prior on [low, high]; low < high.

    The bounds are the parameter's own, or half a step wider where its values are steps.
    """
    prior = parameter.prior
    if prior is None and parameter.scale is Scale.LINEAR:
        return Uniform(low, high)
    if prior is not None and prior.distribution is Distribution.NORMAL:
        return _normal(low, high, prior.mean, prior.deviation)
    base = parameter.low  # above 0, as `low` may not be
    ends = (log_ratio(low, base) if low > 0 else -math.inf, log_ratio(high, base))
    if prior is not None:
        return Log(_normal(*ends, prior.mean - math.log(base), prior.deviation), base)
    logarithmic = Log(Uniform(*ends), base)
    return Mirrored(logarithmic, low, high) if parameter.scale is Scale.REVERSE_LOG else logarithmic


def log_ratio(x: float, base: float) -> float:
    """log(x / base), exact for a small difference, and for a ratio beyond floating point."""
    ratio = (x - base) / base
    if ratio > -0.5 and math.isfinite(ratio):
        return math.log1p(ratio)
    return math.log(x) - math.log(base)


def _normal(low: float, high: float, mean: float, deviation: float) -> Law:
    if high - low < _NARROW * deviation:
        return Uniform(low, high)
    return TruncatedNormal(low, high, mean, deviation)


def _normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
