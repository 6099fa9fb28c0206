"""The final test evaluations: which trials are tested, and what came of it."""

from tunewright.api.base import Scalar
from tunewright.api.study_status import BestTrial
from tunewright.api.trial import Trial, TrialState
from tunewright.engine.feasibility import feasible
from tunewright.engine.objectives import vector
from tunewright.engine.state import State
from tunewright.engine.wording import in_one_line


def best_trials(state: State) -> list[Trial]:
    """The feasible trials that none beats, by index: the best, or of several objectives the Pareto front."""
    return [state.trials[state.tally.names[index]] for index in state.tally.ranking.front]


def best_trial(state: State) -> Trial | None:
    """The best trial; of a Pareto front the member that is best in the first objective.

    While no trial is feasible, the one that breaks the constraints least.
    """
    index = state.tally.ranking.best
    return None if index is None else state.trials[state.tally.names[index]]


def default_trial(state: State) -> Trial | None:
    """The default configuration's trial, once it has ended, not failed, with a value of every objective."""
    trial = state.trials.get(state.tally.default or "")
    if trial is None or trial.status.state is TrialState.FAILED:
        return None
    return trial if vector(trial, state.study.spec.objectives) is not None else None


def tested_trials(state: State) -> list[Trial]:
    """The trials that the study evaluates on the test data at its end, none of them infeasible."""
    definition = state.study.spec.trial
    if definition is None or not definition.tests:
        return []
    candidates = [best_trial(state), default_trial(state)]
    constraints = state.study.spec.constraints
    tested = [trial for trial in candidates if trial is not None and feasible(trial, constraints)]
    return list({trial.name: trial for trial in tested}.values())


def untested_trials(state: State) -> list[Trial]:
    """Those of them whose test evaluation the budget left out, or ended."""
    tests = state.tally.tests
    return [
        trial
        for trial in tested_trials(state)
        if trial.name not in tests or tests[trial.name].status.state is TrialState.STOPPED
    ]


def described(state: State, trial: Trial | None) -> BestTrial | None:
    """A trial for the study's status, with what its test evaluation measured."""
    if trial is None:
        return None
    parameters: dict[str, Scalar] = dict(trial.spec.parameters)
    return BestTrial(
        name=trial.name,
        index=trial.spec.index,
        parameters=parameters,
        objectives=trial.status.objectives,
        violations=trial.status.violations,
        summary=in_one_line(trial.status.objectives, trial.status.violations),
        test=_measured(state, trial),
    )


def _measured(state: State, trial: Trial) -> dict[str, float]:
    """What a trial's test evaluation reported.

    The built-in trainer's evaluation also repeats what it reports in training. What others report under a
    name that the trial had used, they have measured on the test data.
    """
    definition, test = state.study.spec.trial, state.tally.tests.get(trial.name)
    if test is None:
        return {}
    built_in = definition is not None and definition.trainer is not None
    known = trial.status.metrics if built_in else {}
    return {name: metric.last for name, metric in test.status.metrics.items() if name not in known}
