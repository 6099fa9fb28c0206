"""The planner: from what is known to what to do next.

A plan is one round. The home carries it out, tells the state what came of it, and plans again until a
plan holds no action. So no round has to foresee what its own actions lead to.
"""

from tunewright.api.study_status import Phase
from tunewright.engine.actions import CreateTrial, Plan, Propose, StartAttempt
from tunewright.engine.budget import overdrawn_at
from tunewright.engine.ending import Ending, ending_of
from tunewright.engine.reasons import StudyReason
from tunewright.engine.searching import search
from tunewright.engine.settling import end_waiting, mark_running, record_ends
from tunewright.engine.state import State
from tunewright.engine.status import status_of
from tunewright.engine.stopping import ask_to_stop, silent_until
from tunewright.engine.testing import is_over, run_tests

_BEGINNINGS = (CreateTrial, StartAttempt, Propose)


def plan(state: State, now: int) -> Plan:
    """What to do at `now`, in milliseconds since the Unix epoch. Pure: it changes nothing."""
    ending = _ending(state, now)
    phase = _phase(state, now, ending)
    actions = record_ends(state) or mark_running(state) or ask_to_stop(state, now, ending)
    actions = actions or end_waiting(state, ending)
    if not actions and not state.study.spec.suspend:
        actions = search(state, now) if ending is None else run_tests(state, now, ending)
    if state.obstacle is not None:
        actions = [action for action in actions if not isinstance(action, _BEGINNINGS)]
    return Plan(tuple(actions), status_of(state, now, phase, ending), _wake_at(state, now, phase))


def _ending(state: State, now: int) -> Ending | None:
    """How the search ended. What had ended before it was cancelled stays as it ended."""
    ending = ending_of(state, now)
    if not state.study.spec.cancel:
        return ending
    before = state.study.status
    ended = before.phase.terminal and before.reason != StudyReason.CANCELLED
    if ended and ending is not None and is_over(state, now, ending):
        return ending
    return Ending(Phase.FAILED, StudyReason.CANCELLED, "cancelled")


def _phase(state: State, now: int, ending: Ending | None) -> Phase:
    if ending is not None and is_over(state, now, ending):
        return ending.phase
    if state.study.spec.suspend:
        return Phase.SUSPENDED
    if ending is not None and not state.searching():
        return Phase.TESTING
    return Phase.RUNNING


def _wake_at(state: State, now: int, phase: Phase) -> int | None:
    if phase not in (Phase.RUNNING, Phase.TESTING):
        return None
    times = [
        silent_until(state, execution) for execution in state.executions.values() if not execution.stopping
    ]
    times.append(overdrawn_at(state, now))
    return min((time for time in times if time is not None and time > now), default=None)
