"""When a study's search is over, and how it ended: the last table of docs/rules.md."""

from dataclasses import dataclass

from tunewright.api.study_status import Phase
from tunewright.engine.budget import Allowance, budget_of, overdrawn
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
    ending = _target(state) or _failures(state) or _budget(state, now) or _sampler(state)
    over = ending is not None and not state.searching()
    if over and ending is not None and ending.phase is Phase.COMPLETED and not len(state.tally.ranking.front):
        return _fruitless(state, ending)
    return ending


def _fruitless(state: State, ending: Ending) -> Ending:
    """Of a search that ended as it should and has found nothing."""
    ranking = state.tally.ranking
    reason = StudyReason.NO_FEASIBLE_TRIAL
    if not ranking.infeasible:
        reason, message = StudyReason.NO_TRIAL_COMPLETED, "no trial has a value of every objective"
    elif ranking.nearest is None:
        message = "no trial reported every metric that has a constraint"
    else:
        nearest = state.tally.names[ranking.nearest[1]]
        message = f"no trial keeps every constraint; {nearest} is nearest"
    return Ending(Phase.FAILED, reason, f"{message} ({ending.message})")


def _target(state: State) -> Ending | None:
    if not state.tally.target_reached:
        return None
    return Ending(Phase.COMPLETED, StudyReason.TARGET_REACHED, "a trial reached the target")


def _failures(state: State) -> Ending | None:
    allowed = budget_of(state.study.spec).max_failed_trials
    failed = state.charges.failed_trials
    if allowed is None or failed <= allowed:
        return None
    message = f"{failed} trials failed, and maxFailedTrials is {allowed}"
    return Ending(Phase.FAILED, StudyReason.TOO_MANY_FAILED_TRIALS, message)


def _budget(state: State, now: int) -> Ending | None:
    reason = overdrawn(state, now)
    # What runs may leave something of what it has reserved; what a final test leaves is not for the search.
    if reason is None and all(state.trials[key.trial].is_test for key in state.executions):
        reason = Allowance(state, now, testing=False).scarce
    if state.next_index >= budget_of(state.study.spec).max_trials and not state.searching():
        message = "every trial has ended"
        return Ending(Phase.COMPLETED, StudyReason.MAX_TRIALS_REACHED, message)
    if reason is None:
        return None
    field = "maxDuration" if reason is StudyReason.MAX_DURATION_REACHED else "maxGpuHours"
    return Ending(Phase.COMPLETED, reason, f"nothing more fits into {field}")


def _sampler(state: State) -> Ending | None:
    """Last, so that a sampler that answers when nobody waits for it any more changes nothing."""
    if state.sampler_error:
        return Ending(Phase.FAILED, StudyReason.SAMPLER_FAILED, state.sampler_error)
    if state.exhausted and state.asked is None and not state.searching():
        return Ending(Phase.COMPLETED, StudyReason.SPACE_EXHAUSTED, "the search space holds nothing new")
    return None
