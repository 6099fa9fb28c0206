"""What a trial has reported, from what its attempts have."""

from collections.abc import Mapping, Sequence

from tunewright.api.study import StudySpec
from tunewright.api.trial import MAX_POINTS, Trial, TrialStatus
from tunewright.engine.facts import Execution
from tunewright.engine.feasibility import judged
from tunewright.engine.objectives import values_of
from tunewright.engine.thinning import thinned
from tunewright.metrics.curves import Point, join
from tunewright.metrics.observations import merge


def observed(execution: Execution, trial: Trial, spec: StudySpec) -> TrialStatus:
    """The trial's status with what its attempt has reported by now.

    To take in the same attempt again, when it has reported more, or is gone and has nothing to say, leads to
    the same.
    """
    metrics = merge(trial.status.metrics, execution.metrics)
    status = trial.status.model_copy(
        update={
            "metrics": metrics,
            "objectives": values_of(metrics, spec.objectives),
            "curves": _curves(trial.status.curves, execution.curves, spec),
        }
    )
    return status if trial.is_test else judged(status, spec.constraints)


def _curves(
    earlier: Mapping[str, Sequence[Point]], later: Mapping[str, Sequence[Point]], spec: StudySpec
) -> dict[str, list[Point]]:
    """The objectives' curves over an earlier and a later attempt, few of their points."""
    joined = {o.metric: join(earlier.get(o.metric, ()), later.get(o.metric, ())) for o in spec.objectives}
    return {metric: thinned(points, MAX_POINTS) for metric, points in joined.items() if points}
