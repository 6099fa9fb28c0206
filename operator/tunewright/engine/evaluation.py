"""The final test evaluations: which trials are tested, and what came of it."""

from tunewright.api.base import Scalar
from tunewright.api.study import BestTrial
from tunewright.api.trial import Purpose, Trial
from tunewright.engine.state import State


def is_test(trial: Trial) -> bool:
    """Whether a trial is a final test evaluation."""
    return trial.spec.purpose is Purpose.FINAL_TEST


def best_trial(state: State) -> Trial | None:
    """The best trial; of a Pareto front the member that is best in the first objective."""
    first = state.study.spec.objectives[0]
    best: Trial | None = None
    for index in state.tally.front:
        trial = state.trials[state.tally.names[index]]
        if best is None or first.better(
            trial.status.objectives[first.metric], best.status.objectives[first.metric]
        ):
            best = trial
    return best


def default_trial(state: State) -> Trial | None:
    """The default configuration's trial, once it has ended with a value."""
    trial = state.trials.get(state.tally.default or "")
    return trial if trial is not None and trial.status.objectives else None


def tested_trials(state: State) -> list[Trial]:
    """The trials that the study evaluates on the test data at its end."""
    definition = state.study.spec.trial
    if definition is None or not definition.tests:
        return []
    candidates = [best_trial(state), default_trial(state)]
    return list({trial.name: trial for trial in candidates if trial is not None}.values())


def described(state: State, trial: Trial | None) -> BestTrial | None:
    """A trial for the study's status, with what its test evaluation reported that it had not reported itself."""
    if trial is None:
        return None
    test = state.tally.tests.get(trial.name)
    measured: dict[str, float] = {}
    if test is not None:
        measured = {n: m.last for n, m in test.status.metrics.items() if n not in trial.status.metrics}
    parameters: dict[str, Scalar] = dict(trial.spec.parameters)
    return BestTrial(
        name=trial.name,
        index=trial.spec.index,
        parameters=parameters,
        objectives=trial.status.objectives,
        test=measured,
    )
