"""When a study's search is over, and how it ended: the last table of docs/rules.md."""

from dataclasses import dataclass

from tunewright.api.study import Phase
from tunewright.engine.budget import Allowance, budget_of, overdrawn
from tunewright.engine.evaluation import is_test
from tunewright.engine.reasons import StudyReason
from tunewright.engine.state import State


@dataclass(frozen=True)
class Ending:
    """The search is over: the phase that the study comes to, why, and one line for the user."""

    phase: Phase
    reason: StudyReason
    message: str


def ending_of(state: State, now: int) -> Ending | None:
    """How the search ended; None while it goes on."""
    ending = _failure(state) or _success(state, now)
    over = ending is not None and not any(not is_test(trial) for trial in state.open.values())
    if over and ending is not None and ending.phase is Phase.COMPLETED and not len(state.tally.front):
        return Ending(
            Phase.FAILED,
            StudyReason.NO_TRIAL_COMPLETED,
            f"no trial has a value of every objective ({ending.message})",
        )
    return ending


def _failure(state: State) -> Ending | None:
    allowed = budget_of(state.study.spec).max_failed_trials
    failed = state.charges.failed_trials
    if allowed is not None and failed > allowed:
        return Ending(
            Phase.FAILED,
            StudyReason.TOO_MANY_FAILED_TRIALS,
            f"{failed} trials failed, and maxFailedTrials is {allowed}",
        )
    if state.sampler_error:
        return Ending(Phase.FAILED, StudyReason.SAMPLER_FAILED, state.sampler_error)
    return None


def _success(state: State, now: int) -> Ending | None:
    if state.tally.target_reached:
        return Ending(Phase.COMPLETED, StudyReason.TARGET_REACHED, "a trial reached the target")
    reason = overdrawn(state, now)
    if reason is not None:
        return _out_of_budget(reason)
    searching = [trial for trial in state.open.values() if not is_test(trial)]
    if not searching:
        if state.next_index >= budget_of(state.study.spec).max_trials:
            return Ending(
                Phase.COMPLETED, StudyReason.MAX_TRIALS_REACHED, f"all {state.next_index} trials have ended"
            )
        if state.exhausted and state.asked is None:
            return Ending(Phase.COMPLETED, StudyReason.SPACE_EXHAUSTED, "the search space holds nothing new")
    # What runs may leave something of what it has reserved.
    if not state.executions:
        reason = Allowance(state, now, testing=False).scarce
        if reason is not None:
            return _out_of_budget(reason)
    return None


def _out_of_budget(reason: StudyReason) -> Ending:
    field = "maxDuration" if reason == StudyReason.MAX_DURATION_REACHED else "maxGpuHours"
    return Ending(Phase.COMPLETED, reason, f"nothing more fits into {field}")
