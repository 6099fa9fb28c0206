"""Starting: new trials, and attempts of those that wait."""

from collections.abc import Sequence

from tunewright.api.base import ObjectMeta
from tunewright.api.trial import Proposal, Purpose, Trial, TrialSpec
from tunewright.engine.actions import Action, StartAttempt
from tunewright.engine.budget import Allowance, budget_of
from tunewright.engine.facts import AttemptKey
from tunewright.engine.naming import trial_name
from tunewright.engine.state import State
from tunewright.search.sampler import Configuration


def new_trial(
    state: State, index: int, purpose: Purpose, configuration: Configuration, proposal: Proposal
) -> Trial:
    """A trial of the study that is not yet there."""
    meta = state.study.metadata
    return Trial(
        metadata=ObjectMeta(name=trial_name(meta.name, meta.uid, index), namespace=meta.namespace),
        spec=TrialSpec(
            study=meta.name, index=index, purpose=purpose, parameters=dict(configuration), proposal=proposal
        ),
    )


def begin(state: State, waiting: Sequence[Trial], allowance: Allowance, to_come: int = 0) -> list[Action]:
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
