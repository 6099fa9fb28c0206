"""Testing: once the search has ended, its best and the default configuration on the held-out test data."""

from itertools import count

from tunewright.api.study_status import Phase
from tunewright.api.trial import Proposal, Purpose, Trial, TrialState
from tunewright.engine.actions import Action, CreateTrial
from tunewright.engine.budget import Allowance, overdrawn
from tunewright.engine.ending import Ending
from tunewright.engine.evaluation import best_trial, tested_trials
from tunewright.engine.naming import evaluation_name
from tunewright.engine.reasons import Reason
from tunewright.engine.settling import end_unbegun
from tunewright.engine.starting import begin, new_trial
from tunewright.engine.state import State


def run_tests(state: State, now: int, ending: Ending) -> list[Action]:
    """Once the search has ended: evaluate its best and the default configuration on the test data."""
    if state.searching():
        return []
    missing = tests_missing(state, now, ending)
    if missing:
        # All of them before any begins, so that they share what is left.
        return [CreateTrial(_evaluation(state, source)) for source in missing]
    best = best_trial(state)
    # What is left may do for one.
    waiting = sorted(state.waiting(), key=lambda trial: best is None or trial.spec.source != best.name)
    starts = begin(state, waiting, Allowance(state, now, testing=True))
    if waiting and not starts and not state.executions:
        return end_unbegun(state, waiting, Reason.BUDGET_EXHAUSTED, "no budget left")
    return starts


def tests_missing(state: State, now: int, ending: Ending) -> list[Trial]:
    """The trials that are still to be tested, as far as the budget has room; none of a failed study."""
    if ending.phase is Phase.FAILED:
        return []
    if overdrawn(state, now) is not None or Allowance(state, now, testing=True).scarce is not None:
        return []
    return [trial for trial in tested_trials(state) if _evaluation_name(state, trial) is not None]


def is_over(state: State, now: int, ending: Ending) -> bool:
    """Whether nothing is left to do of a study whose search has ended so."""
    return not state.open and not state.executions and not tests_missing(state, now, ending)


def _evaluation(state: State, source: Trial) -> Trial:
    trial = new_trial(state, source.spec.index, Purpose.FINAL_TEST, source.spec.parameters, Proposal())
    return trial.model_copy(
        update={
            "metadata": trial.metadata.model_copy(update={"name": _evaluation_name(state, source)}),
            "spec": trial.spec.model_copy(update={"source": source.name}),
        }
    )


def _evaluation_name(state: State, source: Trial) -> str | None:
    """The name under which a trial is to be tested; None if it is, or was to the end.

    One that the budget stopped is repeated, should there be room once more.
    """
    meta = state.study.metadata
    for repeat in count():
        name = evaluation_name(meta.name, meta.uid, source.spec.index, repeat)
        earlier = state.trials.get(name)
        if earlier is None:
            return name
        if earlier.status.state is not TrialState.STOPPED:
            break
    return None
