"""How much each parameter matters to how good a trial becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter
from tunewright.report.sample import evenly
from tunewright.report.view import StudyView
from tunewright.search.axis import axis_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_TRIALS = 20
"""With fewer, a fifth of the trials is too little to check a forest against."""
MAX_TRIALS = 1_000
FOLDS = 5
TREES = 50
CONFIDENT = 2.776
"""So many standard errors to each side are 95 % confidence: Student's t with four degrees of freedom."""
_MAX_CELLS = 20_000
_INACTIVE = -0.5


@dataclass(frozen=True)
class Importance:
    """Permutation importance in a random forest that predicts the rank of trials it has not seen.

    Attributes:
        losses: by parameter, the greatest first: how much of R² is lost when the parameter's values are dealt
            out to the unseen trials at random. About 0 for what does not matter.
        errors: the standard error of each loss over the folds.
        r2: the share of the rank's variance that the forest explains in trials it has not seen, at most 1.
            At 0 or below it has learned nothing, and the losses mean nothing.
        trials: how many trials it was computed from.
        library: the library that computed it, with its version.
    """

    losses: Mapping[str, float]
    errors: Mapping[str, float]
    r2: float
    trials: int
    library: str


def importance(view: StudyView) -> Importance | None:
    """The importance of each parameter; None with fewer than `MIN_TRIALS` evaluated trials.

    Permutation importance (Breiman: Random Forests, Machine Learning 45, 2001), over `FOLDS` folds so that
    each trial is predicted by a forest that has not seen it. Of ranks, so that outliers change nothing and
    several objectives share the mean of their ranks. An inactive parameter stands apart from its range. Of
    very many trials, or trials of very many parameters, an even sample is taken.
    """
    parameters = view.study.spec.parameters
    names = evenly(view.ranked, max(MIN_TRIALS, min(MAX_TRIALS, _MAX_CELLS // len(parameters))))
    if len(names) < MIN_TRIALS:
        return None
    import numpy as np
    import sklearn

    configurations = [view.trial(name).spec.parameters for name in names]
    places = np.array([_column(parameter, configurations) for parameter in parameters]).T
    ranks = np.array([view.ranks[name] for name in names])
    variance = float(ranks.var())
    if variance == 0:
        return None
    losses, squares = _cross_validate(places, ranks)
    mean = losses.mean(axis=0) / variance
    error = losses.std(axis=0, ddof=1) / variance / FOLDS**0.5
    order = sorted(range(len(parameters)), key=lambda i: -mean[i])
    return Importance(
        losses={parameters[i].name: float(mean[i]) for i in order},
        errors={parameters[i].name: float(error[i]) for i in order},
        r2=1 - squares / len(names) / variance,
        trials=len(names),
        library=f"scikit-learn {sklearn.__version__}",
    )


def _column(parameter: Parameter, configurations: Sequence[Mapping[str, Scalar]]) -> list[float]:
    """Where the values lie in [0, 1] as the search spreads them, or well below where there is none."""
    axis = axis_of(parameter)
    values = (configuration.get(parameter.name) for configuration in configurations)
    # A value may have been legal only before the study was edited.
    return [axis.to_unit(v) if v is not None and parameter.contains(v) else _INACTIVE for v in values]


def _cross_validate(
    places: "NDArray[np.float64]", ranks: "NDArray[np.float64]"
) -> "tuple[NDArray[np.float64], float]":
    """The increase of the mean squared error by fold and parameter, and the sum of all squared errors."""
    import numpy as np
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance
    from sklearn.model_selection import KFold

    repeats = max(1, min(5, 50 // places.shape[1]))
    losses, squares = [], 0.0
    for seen, unseen in KFold(FOLDS, shuffle=True, random_state=0).split(places):
        forest = RandomForestRegressor(TREES, random_state=0).fit(places[seen], ranks[seen])
        squares += float(((forest.predict(places[unseen]) - ranks[unseen]) ** 2).sum())
        permuted = permutation_importance(
            forest, places[unseen], ranks[unseen],
            scoring="neg_mean_squared_error", n_repeats=repeats, random_state=0,
        )  # fmt: skip
        losses.append(permuted.importances_mean)
    return np.array(losses), squares
