"""The planner: from what is known to what to do next.

A plan is one round. The home carries it out, tells the state what came of it, and plans again until a
plan holds no action. So no round has to foresee what its own actions lead to.
"""

from collections.abc import Sequence
from itertools import count

from tunewright.api.base import ObjectMeta
from tunewright.api.study import Phase
from tunewright.api.trial import Proposal, Purpose, Stop, Trial, TrialSpec, TrialState
from tunewright.engine.actions import (
    Action,
    CreateTrial,
    Plan,
    RecordTrial,
    StartAttempt,
    StopAttempt,
)
from tunewright.engine.budget import Allowance, budget_of, overdrawn, overdrawn_at
from tunewright.engine.ending import Ending, ending_of
from tunewright.engine.evaluation import best_trial, is_test, searching, tested_trials
from tunewright.engine.facts import AttemptKey, Execution
from tunewright.engine.naming import evaluation_name, trial_name
from tunewright.engine.outcomes import settle, with_status
from tunewright.engine.question import question
from tunewright.engine.reasons import Reason
from tunewright.engine.state import State
from tunewright.engine.status import status_of
from tunewright.search.sampler import Configuration


def plan(state: State, now: int) -> Plan:
    """What to do at `now`, in milliseconds since the Unix epoch. Pure: it changes nothing."""
    ending = ending_of(state, now)
    phase = _phase(state, now, ending)
    actions = _settle(state) or _mark_running(state) or _stop(state, now, ending)
    actions = actions or _close(state, ending)
    if not actions and not state.study.spec.suspend:
        actions = _search(state, now) if ending is None else _test(state, now, ending)
    return Plan(tuple(actions), status_of(state, now, phase, ending), _wake_at(state, now, phase))


def _phase(state: State, now: int, ending: Ending | None) -> Phase:
    busy = bool(state.open or state.executions)
    if ending is not None and not busy and not _tests_missing(state, now, ending):
        return ending.phase
    if state.study.spec.suspend:
        return Phase.SUSPENDED
    if ending is not None and not searching(state):
        return Phase.TESTING
    return Phase.RUNNING


def _settle(state: State) -> list[Action]:
    """Record the attempts that have ended."""
    ended = [execution for execution in state.executions.values() if execution.exit is not None]
    ended.sort(key=lambda execution: (_ended_at(execution), execution.key))
    order = state.tally.next_order
    actions: list[Action] = []
    for execution in ended:
        trial = settle(execution, state.trials[execution.key.trial], state.study.spec, order)
        order += trial.status.state.terminal
        actions.append(RecordTrial(trial))
    return actions


def _ended_at(execution: Execution) -> int:
    return execution.exit.ended_at if execution.exit is not None else 0


def _mark_running(state: State) -> list[Action]:
    """Let the trials say that they run."""
    return [
        RecordTrial(_in_state(state.open[key.trial], TrialState.RUNNING))
        for key, execution in sorted(state.executions.items())
        if execution.started_at is not None and state.open[key.trial].status.state is TrialState.PENDING
    ]


def _in_state(
    trial: Trial, to: TrialState, reason: str = "", message: str = "", order: int | None = None
) -> Trial:
    update = {"state": to, "reason": reason, "message": message, "completion_order": order}
    return with_status(trial, trial.status.model_copy(update=update))


def _stop(state: State, now: int, ending: Ending | None) -> list[Action]:
    """Ask the attempts to end that must; the request is recorded before it is made."""
    common = {testing: _common_grounds(state, now, ending, testing=testing) for testing in (False, True)}
    recorded: list[Action] = []
    asked: list[Action] = []
    for key, execution in sorted(state.executions.items()):
        trial = state.trials[key.trial]
        stop = trial.status.stop
        if stop is None or stop.attempt != key.number:
            grounds = _own_grounds(state, now, trial, execution) or common[is_test(trial)]
            if grounds is None:
                continue
            stop = Stop(attempt=key.number, reason=grounds[0], message=grounds[1])
            recorded.append(RecordTrial(with_status(trial, trial.status.model_copy(update={"stop": stop}))))
        if not execution.stopping:
            asked.append(StopAttempt(key, stop.reason))
    return recorded + asked


def _own_grounds(state: State, now: int, trial: Trial, execution: Execution) -> tuple[str, str] | None:
    """Why this attempt must end, as a reason and a message."""
    if execution.not_finite and not is_test(trial):
        bad = sorted(execution.not_finite & {objective.metric for objective in state.study.spec.objectives})
        if bad:
            return Reason.NOT_A_NUMBER, f"{', '.join(bad)} was NaN or infinite"
    silent_until = _silent_until(state, execution)
    if silent_until is not None and now >= silent_until:
        seconds = state.study.spec.trial.progress_deadline if state.study.spec.trial is not None else 0
        return Reason.HUNG, f"it reported nothing for {seconds} s"
    return None


def _common_grounds(
    state: State, now: int, ending: Ending | None, *, testing: bool
) -> tuple[str, str] | None:
    """Why every attempt of the search, or every final test evaluation, must end."""
    reason = overdrawn(state, now)
    if reason is not None:
        return reason, "the study's budget was used up"
    if ending is not None and (ending.phase is Phase.FAILED or not testing):
        return ending.reason, f"the study was over: {ending.message}"
    if state.study.spec.suspend:
        return Reason.SUSPENDED, "the study was suspended"
    return None


def _silent_until(state: State, execution: Execution) -> int | None:
    """When an attempt that reports nothing more counts as hung."""
    definition = state.study.spec.trial
    if definition is None or execution.started_at is None:
        return None
    return max(execution.started_at, execution.reported_at or 0) + definition.progress_deadline * 1000


def _close(state: State, ending: Ending | None) -> list[Action]:
    """End the trials that wait for an attempt that will not come."""
    if ending is None:
        return []
    waiting = [trial for trial in _waiting(state) if ending.phase is Phase.FAILED or not is_test(trial)]
    return _end_unbegun(state, waiting, ending.reason, "the study was over")


def _end_unbegun(state: State, waiting: Sequence[Trial], reason: str, message: str) -> list[Action]:
    """Stop trials that wait, in their order."""
    order = state.tally.next_order
    return [
        RecordTrial(_in_state(trial, TrialState.STOPPED, reason, message, order + place))
        for place, trial in enumerate(waiting)
    ]


def _waiting(state: State) -> list[Trial]:
    """Trials that have not ended and have no attempt, in the order of their index."""
    begun = {key.trial for key in state.executions}
    waiting = [trial for trial in state.open.values() if trial.name not in begun]
    return sorted(waiting, key=lambda trial: (trial.spec.index, trial.name))


def _search(state: State, now: int) -> list[Action]:
    """Begin what waits, and fill free places with new trials."""
    budget = budget_of(state.study.spec)
    to_come = max(0, budget.max_trials - state.next_index)
    allowance = Allowance(state, now, testing=False)
    starts = _start(state, _waiting(state), allowance, to_come)
    # What there is no room for is not created: it would end without having begun.
    free = allowance.fitting(min(budget.parallelism - len(searching(state)), to_come))
    return [*starts, *(_create(state, free) if free > 0 else [])]


def _start(state: State, waiting: Sequence[Trial], allowance: Allowance, to_come: int = 0) -> list[Action]:
    """Begin what waits, as far as there are places and budget; `to_come` more may begin beside it."""
    actions: list[Action] = []
    places = budget_of(state.study.spec).parallelism - len(state.executions)
    for place, trial in enumerate(waiting):
        if places <= 0 or allowance.scarce is not None:
            break
        limit = allowance.limit(lanes=min(places, len(waiting) - place + to_come))
        number = max((attempt.number for attempt in trial.status.attempts), default=0) + 1
        actions.append(StartAttempt(trial, AttemptKey(trial.name, number), limit))
        allowance.reserve(limit)
        places -= 1
    return actions


def _create(state: State, free: int) -> list[Action]:
    """New trials: first the initial configurations, then what the sampler has answered, else a question."""
    initial = state.initial[state.next_index : state.next_index + free]
    if initial:
        return [
            CreateTrial(
                _new(state, state.next_index + place, purpose, configuration, Proposal(sampler="initial"))
            )
            for place, (purpose, configuration) in enumerate(initial)
        ]
    if state.asked is None:
        return [] if state.exhausted else [question(state, free)]
    return _answered(state, free)


def _answered(state: State, free: int) -> list[Action]:
    asked = state.asked
    if asked is None or asked.response is None:
        return []
    actions: list[Action] = []
    for place, suggestion in enumerate(asked.response.suggestions):
        index = asked.question.first_index + place
        if index < state.next_index or len(actions) >= free:
            continue
        proposal = suggestion.proposal.model_copy(
            update={
                "inputs": asked.question.inputs.model_copy(update={"position": place}),
                "state": dict(asked.response.state),
            }
        )
        actions.append(CreateTrial(_new(state, index, Purpose.SEARCH, suggestion.configuration, proposal)))
    return actions


def _new(
    state: State, index: int, purpose: Purpose, configuration: Configuration, proposal: Proposal
) -> Trial:
    meta = state.study.metadata
    return Trial(
        metadata=ObjectMeta(name=trial_name(meta.name, meta.uid, index), namespace=meta.namespace),
        spec=TrialSpec(
            study=meta.name, index=index, purpose=purpose, parameters=dict(configuration), proposal=proposal
        ),
    )


def _tests_missing(state: State, now: int, ending: Ending) -> list[Trial]:
    """The trials that are still to be tested, as far as the budget has room; none of a failed study."""
    if ending.phase is Phase.FAILED:
        return []
    if overdrawn(state, now) is not None or Allowance(state, now, testing=True).scarce is not None:
        return []
    return [trial for trial in tested_trials(state) if _evaluation_name(state, trial) is not None]


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


def _test(state: State, now: int, ending: Ending) -> list[Action]:
    """Once the search has ended: evaluate its best and the default configuration on the test data."""
    if searching(state):
        return []
    missing = _tests_missing(state, now, ending)
    if missing:
        # All of them before any begins, so that they share what is left.
        return [CreateTrial(_evaluation(state, source)) for source in missing]
    best = best_trial(state)
    # What is left may do for one.
    waiting = sorted(_waiting(state), key=lambda trial: best is None or trial.spec.source != best.name)
    starts = _start(state, waiting, Allowance(state, now, testing=True))
    if waiting and not starts and not state.executions:
        return _end_unbegun(state, waiting, Reason.BUDGET_EXHAUSTED, "no budget left")
    return starts


def _evaluation(state: State, source: Trial) -> Trial:
    trial = _new(state, source.spec.index, Purpose.FINAL_TEST, source.spec.parameters, Proposal())
    return trial.model_copy(
        update={
            "metadata": trial.metadata.model_copy(update={"name": _evaluation_name(state, source)}),
            "spec": trial.spec.model_copy(update={"source": source.name}),
        }
    )


def _wake_at(state: State, now: int, phase: Phase) -> int | None:
    if phase not in (Phase.RUNNING, Phase.TESTING):
        return None
    times = [
        _silent_until(state, execution) for execution in state.executions.values() if not execution.stopping
    ]
    times.append(overdrawn_at(state, now))
    return min((time for time in times if time is not None and time > now), default=None)
