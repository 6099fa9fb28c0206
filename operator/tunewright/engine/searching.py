"""Searching: trials of what is to be tried first, then of what the sampler proposes."""

from tunewright.api.trial import Proposal, Purpose
from tunewright.engine.actions import Action, CreateTrial
from tunewright.engine.budget import Allowance, budget_of
from tunewright.engine.question import question
from tunewright.engine.stages import places
from tunewright.engine.starting import begin, new_trial
from tunewright.engine.state import State


def search(state: State, now: int) -> list[Action]:
    """Begin what waits, and fill free places with new trials."""
    budget = budget_of(state.study.spec)
    to_come = max(0, budget.max_trials - state.next_index)
    allowance = Allowance(state, now, testing=False)
    starts = begin(state, state.waiting(), allowance, to_come)
    # What there is no room for is not created: it would end without having begun.
    free = allowance.fitting(min(budget.parallelism - len(state.searching()), to_come))
    return [*starts, *(_create(state, free) if free > 0 else [])]


def _create(state: State, free: int) -> list[Action]:
    """New trials: first the initial configurations, then what the sampler has answered, else a question."""
    initial = state.initial[state.next_index : state.next_index + free]
    if initial:
        return [
            CreateTrial(new_trial(state, index, purpose, configuration, Proposal(sampler="initial")))
            for index, (purpose, configuration) in enumerate(initial, start=state.next_index)
        ]
    if state.asked is None:
        count = places(state, free)
        return [question(state, count)] if count > 0 else []
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
        trial = new_trial(state, index, Purpose.SEARCH, suggestion.configuration, proposal)
        actions.append(CreateTrial(trial))
    return actions
