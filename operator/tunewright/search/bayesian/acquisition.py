"""What a configuration is worth trying for."""

import math

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from tunewright.search.bayesian.kernel import Array

_LOG_ROOT_2PI = math.log(2 * math.pi) / 2
_LOG_ROOT_HALF_PI = math.log(math.pi / 2) / 2
_FAR = 1e4
"""So many deviations away, the leading term of the tail is exact, and the rest lost in rounding."""


def log_expected_improvement(mean: Array, deviation: Array, least: float) -> Array:
    """The logarithm of how much below `least` a normal value is expected to lie, exact however unlikely.

    Source: Ament et al., Unexpected Improvements to Expected Improvement for Bayesian Optimization,
    NeurIPS 2023, equation 9.
    """
    return _log_h((least - mean) / deviation) + np.log(deviation)


def log_probability_below(mean: Array, deviation: Array, limit: float) -> Array:
    """The logarithm of the probability that a normal value is at most `limit`."""
    below: Array = log_ndtr((limit - mean) / deviation)
    return below


def _log_h(z: Array) -> Array:
    """log(phi(z) + z Phi(z)), of the standard normal law."""
    result = np.empty_like(z)
    near = z > -1
    result[near] = np.log(np.exp(-0.5 * z[near] ** 2 - _LOG_ROOT_2PI) + z[near] * ndtr(z[near]))
    far = -z[~near]
    within = np.minimum(far, _FAR)
    exact = np.log(-np.expm1(np.log(erfcx(within / 2**0.5) * within) + _LOG_ROOT_HALF_PI))
    result[~near] = -0.5 * far * far - _LOG_ROOT_2PI + np.where(far < _FAR, exact, -2 * np.log(far))
    return result
