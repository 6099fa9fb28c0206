"""The user's priors as a term of what a configuration is worth."""

import math

import numpy as np

from tunewright.api.parameters import Distribution, Parameter
from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.rows import Rows
from tunewright.search.bayesian.worth import Expectation
from tunewright.search.space import SearchSpace

INFLUENCE = 10.0
"""After this many trials a prior counts as much as one piece of evidence of its own size."""
GRID = 257


def expectation_of(space: SearchSpace, rows: Rows, trials: int) -> list[Expectation]:
    """The term, if any parameter has a prior, after so many trials."""
    priors = {parameter.name: parameter for parameter in space.parameters if parameter.prior is not None}
    places = [place for place, column in enumerate(rows.columns) if column.name in priors]
    if not places:
        return []
    grid = np.linspace(0.0, 1.0, GRID)
    densities = [_log_density(priors[rows.columns[place].name], rows, place, grid) for place in places]
    return [Expectation(places, grid, densities, INFLUENCE / max(trials, 1))]


def _log_density(parameter: Parameter, rows: Rows, place: int, grid: Array) -> Array:
    """The logarithm of a prior's density at entries of a column, but for a constant."""
    prior = parameter.prior
    assert prior is not None
    values = np.array([float(rows.columns[place].axis.from_unit(u)) for u in grid])
    if prior.distribution is Distribution.LOG_NORMAL:
        values = np.array([math.log(max(value, 1e-300)) for value in values])
    density: Array = -0.5 * ((values - prior.mean) / prior.deviation) ** 2
    relative: Array = density - density.max()
    return relative
