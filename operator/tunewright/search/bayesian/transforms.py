"""Values made to look normal, as a Gaussian process expects them, and back."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from scipy.stats import yeojohnson_normmax

from tunewright.search.bayesian.kernel import Array

FAR = 3.0
"""Values worse than the median by more than this many times its distance from the best are drawn in."""
FEW = 4
"""Of fewer values that differ no power is estimated: between two of them it would be of no meaning."""
POWERS = (-3.0, 4.0)
"""The least and the greatest power: beyond them single values decide."""


@dataclass(frozen=True)
class Transform:
    """Values, the lower the better, to numbers of about mean 0 and deviation 1 in the same order.

    A few diverged trainings are drawn in, then a power transform makes the rest as symmetric as it can.
    Source: Yeo and Johnson, A New Family of Power Transformations, Biometrika 87, 2000.

    Attributes:
        limit, unit, origin, deviation: of a value v becomes the score (min(v, limit) / unit - origin) /
            deviation.
        power: of the transform; 1 leaves the scores as they are.
        centre, spread: mean and deviation of what comes of it.
    """

    limit: float
    unit: float
    origin: float
    deviation: float
    power: float
    centre: float
    spread: float

    @classmethod
    def of(cls, values: Array, threshold: float = -math.inf) -> "Transform":
        """Fitted to values, at least one; those worse than the median that lie about `threshold` stay."""
        # In parts of the greatest, so that sums of values near the end of floating point stay within it.
        greatest = float(np.abs(values).max()) or 1.0
        scaled = values / greatest
        least, middle = float(scaled.min()), max(float(np.median(scaled)), threshold / greatest)
        far = middle + FAR * (middle - least) if middle > least else math.inf
        limit = far * greatest if far < 1 else math.inf
        drawn = np.minimum(values, limit)
        # In parts of the greatest that is left, beside which the others may be next to nothing.
        unit = float(np.abs(drawn).max()) or 1.0
        origin, deviation = float((drawn / unit).mean()), float((drawn / unit).std())
        if deviation <= 1e-12:
            return cls(limit, unit, origin, 1.0, 1.0, 0.0, 1.0)
        scores = (drawn / unit - origin) / deviation
        power = _power(scores)
        powered = _powered(scores, power)
        spread = float(powered.std())
        if not np.isfinite(powered).all() or spread <= 1e-12:
            return cls(limit, unit, origin, deviation, 1.0, 0.0, 1.0)
        return cls(limit, unit, origin, deviation, power, float(powered.mean()), spread)

    def __call__(self, values: Array) -> Array:
        """The numbers that stand for values."""
        scores = (np.minimum(values, self.limit) / self.unit - self.origin) / self.deviation
        numbers: Array = (_powered(scores, self.power) - self.centre) / self.spread
        return numbers

    def inverse(self, numbers: Array) -> Array:
        """The values that numbers stand for; infinite or NaN where none does."""
        scores = _unpowered(numbers * self.spread + self.centre, self.power) * self.deviation
        with np.errstate(over="ignore"):
            values: Array = (scores + self.origin) * self.unit
        return values


def _power(scores: Array) -> float:
    if len(np.unique(scores)) < FEW:
        return 1.0
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        power = float(yeojohnson_normmax(scores))
    return min(max(power, POWERS[0]), POWERS[1]) if np.isfinite(power) else 1.0


def _powered(scores: Array, power: float) -> Array:
    above, below = np.maximum(scores, 0), np.maximum(-scores, 0)
    upper = np.log1p(above) if power == 0 else np.expm1(power * np.log1p(above)) / power
    rest = 2 - power
    lower = np.log1p(below) if rest == 0 else np.expm1(rest * np.log1p(below)) / rest
    result: Array = np.where(scores >= 0, upper, -lower)
    return result


def _unpowered(numbers: Array, power: float) -> Array:
    above, below = np.maximum(numbers, 0), np.maximum(-numbers, 0)
    rest = 2 - power
    with np.errstate(all="ignore"):
        upper = np.expm1(above) if power == 0 else np.expm1(np.log1p(power * above) / power)
        lower = np.expm1(below) if rest == 0 else np.expm1(np.log1p(rest * below) / rest)
    result: Array = np.where(numbers >= 0, upper, -lower)
    return result
