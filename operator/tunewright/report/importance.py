"""How much each parameter matters to how good a trial becomes, alone and together with another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter
from tunewright.report.sample import evenly
from tunewright.report.view import StudyView
from tunewright.report.wording import count
from tunewright.search.axis import Axis
from tunewright.search.space import SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MIN_TRIALS = 20
"""With fewer, a fifth of the trials is too little to check a forest against."""
MAX_TRIALS = 300
"""What fANOVA takes grows with more than the number of trials."""
FOLDS = 5
TREES = 50
PAIRED = 6
"""So many parameters, those that matter most, are looked at in pairs."""
BACKGROUND = 1_000
"""So many random configurations stand for the whole space."""
CONFIDENT = 2.776
"""So many standard errors to each side are 95 % confidence: Student's t with four degrees of freedom."""
LEAST_R2 = 0.1
"""Below this the forest has learned too little for anything to be told."""
LEAST_LOSS = 0.02
"""A loss below this matters to nobody, however sure it is."""
LEAST_SHARE = 0.02
"""Of an interaction."""
NEGLIGIBLE_LOSS = 0.1
"""A parameter that surely costs no more than this can be left alone."""
ADVISING_R2 = 0.5
"""A forest that has learned less may have missed what a parameter does."""
BROAD = 0.25
"""A parameter has been varied where the middle four fifths of the trials span this much of its axis."""
_MAX_CELLS = 20_000
_INACTIVE = -0.5


@dataclass(frozen=True)
class Effect:
    """What one parameter does.

    Attributes:
        share: of the variance of the trials' ranks, the part that it explains by itself (fANOVA).
        share_error: its standard error.
        loss: how much of R² is lost in trials that a forest has not seen when the parameter's values are
            dealt out at random, interactions included. About 0 for what does not matter.
        loss_error: its standard error.
        varied: whether the trials have tried much of its range, or several of its values.
    """

    share: float
    share_error: float
    loss: float
    loss_error: float
    varied: bool = True

    @property
    def clear(self) -> bool:
        """Whether it clearly matters."""
        return self.loss > max(LEAST_LOSS, CONFIDENT * self.loss_error)

    @property
    def negligible(self) -> bool:
        """Whether it clearly matters little, as far as it was varied."""
        most = self.loss + CONFIDENT * self.loss_error
        return self.varied and not self.clear and most < NEGLIGIBLE_LOSS


@dataclass(frozen=True)
class Importance:
    """What is known of the parameters.

    Attributes:
        effects: by parameter, that of the greatest share first.
        pairs: the share that two parameters explain only together, the greatest first, where it is clear.
        r2: the share of the rank's variance that a forest explains in trials it has not seen, at most 1.
            At 0 or below it has learned nothing, and the rest means nothing.
        trials: how many trials it was computed from.
        library: the libraries that computed it, with their versions.
    """

    effects: Mapping[str, Effect]
    r2: float
    trials: int
    library: str
    pairs: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @property
    def learned(self) -> bool:
        """Whether anything can be told."""
        return self.r2 >= LEAST_R2

    @property
    def negligible(self) -> list[str]:
        """The parameters that need not be tuned any more; none where too little is known to say so."""
        if self.r2 < ADVISING_R2:
            return []
        return [name for name, effect in self.effects.items() if effect.negligible]


def why_unknown(view: StudyView, found: Importance | None) -> str:
    """Why nothing can be told; empty where something can."""
    if found is None:
        return (
            f"Too little to tell: importance takes at least {MIN_TRIALS} trials with values that differ; "
            f"{count(len(view.evaluated), 'trial')} ended with a value."
        )
    if not found.learned:
        return (
            f"Nothing can be told from these {found.trials} trials: a random forest (scikit-learn) that "
            f"has seen four fifths of them does not predict how good the others are (R² = {found.r2:.2f})."
        )
    return ""


def advice(found: Importance) -> list[str]:
    """What follows from it, in sentences: which parameters act together, and which need not be tuned."""
    told = []
    if found.learned and found.pairs:
        pairs = ", ".join(f"{left} and {right} ({share:.0%})" for (left, right), share in found.pairs.items())
        told.append(f"Explained only by two together: {pairs}.")
    if found.negligible:
        told.append(f"Need not be tuned any more: {', '.join(found.negligible)}.")
    elif found.learned:
        told.append("There is no parameter of which it is clear that it need not be tuned.")
    return told


def importance(view: StudyView) -> Importance | None:
    """What is known of each parameter; None with fewer than `MIN_TRIALS` evaluated trials.

    The share of each by Optuna's fANOVA; and whether it is to be believed, by permutation importance in
    trials that a random forest has not seen (Breiman: Random Forests, Machine Learning 45, 2001), over
    `FOLDS` folds. Of ranks, so that outliers change nothing and several objectives share the mean of their
    ranks. An inactive parameter stands apart from its range. Of very many trials, or trials of very many
    parameters, an even sample is taken.
    """
    space = SearchSpace(view.study.spec.parameters)
    parameters = space.parameters
    names = evenly(view.ranked, max(MIN_TRIALS, min(MAX_TRIALS, _MAX_CELLS // len(parameters))))
    if len(names) < MIN_TRIALS:
        return None
    import numpy as np
    import optuna
    import sklearn

    configurations = [view.trial(name).spec.parameters for name in names]
    places = _places(space, configurations)
    ranks = np.array([view.ranks[name] for name in names])
    if ranks.var() == 0:
        return None
    folds = _cross_validate(places, ranks, _background(space))
    varied = [_varied(space.axes[each.name], places[:, i]) for i, each in enumerate(parameters)]
    shares, losses = folds.shares.mean(axis=0), folds.losses.mean(axis=0)
    share_errors, loss_errors = _jackknife(folds.shares), folds.losses.std(axis=0, ddof=1) / FOLDS**0.5
    return Importance(
        effects={
            parameters[i].name: Effect(
                float(shares[i]), float(share_errors[i]), float(losses[i]), float(loss_errors[i]), varied[i]
            )
            for i in sorted(range(len(parameters)), key=lambda i: (-shares[i], -losses[i]))
        },
        pairs=_clear_pairs(parameters, folds.pairs),
        r2=1 - folds.squares / len(names) / float(ranks.var()),
        trials=len(names),
        library=f"Optuna {optuna.__version__} and scikit-learn {sklearn.__version__}",
    )


def _places(space: SearchSpace, configurations: Sequence[Mapping[str, Scalar]]) -> "Array":
    """Where the values lie in [0, 1] as the search spreads them, or well below where there is none."""
    import numpy as np

    def column(parameter: Parameter) -> list[float]:
        axis = space.axes[parameter.name]
        values = (configuration.get(parameter.name) for configuration in configurations)
        # A value may have been legal only before the study was edited.
        return [axis.to_unit(v) if v is not None and parameter.contains(v) else _INACTIVE for v in values]

    return np.array([column(parameter) for parameter in space.parameters]).T


def _background(space: SearchSpace) -> "Array":
    """Random configurations of the whole space."""
    import numpy as np

    drawn = np.random.default_rng(0).random((BACKGROUND, len(space.ordered)))
    return _places(space, [space.configuration(units) for units in drawn.tolist()])


def _varied(axis: Axis, places: "Array") -> bool:
    import numpy as np

    active = places[places >= 0]
    if len(active) < MIN_TRIALS:
        return False
    if not axis.ordered:
        return bool(np.unique(active, return_counts=True)[1].max() <= (1 - BROAD / 2) * len(active))
    low, high = np.quantile(active, [0.1, 0.9])
    return bool(high - low >= BROAD)


@dataclass
class _Folds:
    """What the folds have found, each in its own row; the variance of the ranks is 1."""

    shares: "Array"
    losses: "Array"
    squares: float
    pairs: list[Mapping[tuple[int, int], float]]


def _cross_validate(places: "Array", ranks: "Array", background: "Array") -> _Folds:
    import numpy as np
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance
    from sklearn.model_selection import KFold

    from tunewright.report.anova import interactions, main_effects

    repeats = max(1, min(5, 50 // places.shape[1]))
    shares, losses, forests, squares = [], [], [], 0.0
    for seen, unseen in KFold(FOLDS, shuffle=True, random_state=0).split(places):
        forest = RandomForestRegressor(TREES, random_state=0).fit(places[seen], ranks[seen])
        squares += float(((forest.predict(places[unseen]) - ranks[unseen]) ** 2).sum())
        permuted = permutation_importance(
            forest, places[unseen], ranks[unseen],
            scoring="neg_mean_squared_error", n_repeats=repeats, random_state=0,
        )  # fmt: skip
        losses.append(permuted.importances_mean / float(ranks.var()))
        shares.append(main_effects(places[seen], ranks[seen]))
        forests.append(forest)
    always = [column for column in range(places.shape[1]) if (background[:, column] >= 0).all()]
    most = sorted(always, key=lambda column: -np.mean([loss[column] for loss in losses]))[:PAIRED]
    pairs = [interactions(forest, background, sorted(most)) for forest in forests]
    return _Folds(np.array(shares), np.array(losses), squares, pairs)


def _clear_pairs(
    parameters: Sequence[Parameter], folds: Sequence[Mapping[tuple[int, int], float]]
) -> dict[tuple[str, str], float]:
    import numpy as np

    found: dict[tuple[str, str], float] = {}
    for pair in folds[0]:
        shares = np.array([fold.get(pair, 0.0) for fold in folds])
        # A forest that has learned noise has some interaction everywhere.
        if shares.mean() > max(LEAST_SHARE, CONFIDENT * float(_jackknife(shares))):
            found[parameters[pair[0]].name, parameters[pair[1]].name] = float(shares.mean())
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _jackknife(folds: "Array") -> "Array":
    """The standard error of the mean of estimates, each of which left out one fold of the trials."""
    import numpy as np

    errors: Array = np.std(folds, axis=0, ddof=1) * (FOLDS - 1) / FOLDS**0.5
    return errors
