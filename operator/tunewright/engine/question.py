"""What the sampler is asked."""

from collections.abc import Mapping

from tunewright.api.trial import ProposalInputs, Trial
from tunewright.engine.actions import Propose
from tunewright.engine.stages import due, part
from tunewright.engine.state import State
from tunewright.engine.tally import evaluated
from tunewright.search.history import History
from tunewright.search.sampler import Request


def question(state: State, count: int) -> Propose:
    """The question for `count` configurations, or the last one anew if its answer was lost half used."""
    return _repeated(state) or _next(state, count)


def _next(state: State, count: int) -> Propose:
    last = state.newest.spec.proposal if state.newest is not None else None
    stage = due(state)
    # What a sampler remembers of one space means nothing in another.
    goes_on = state.newest is not None and state.newest.stage == stage
    pending = {trial.spec.index: trial for trial in state.searching()}
    inputs = ProposalInputs(
        completed=state.tally.next_order,
        pending=list(pending),
        count=count,
        drawn=last.inputs.drawn + last.inputs.count if last is not None and last.inputs is not None else 0,
        state=last.state if last is not None and goes_on else {},
        stage=stage,
        related=_numbers(state),
    )
    return _propose(state, inputs, state.tally.history.snapshot(), pending, state.next_index)


def _repeated(state: State) -> Propose | None:
    """The question that the newest trial came from, if not all of its answer became trials.

    The home was cut off between two of them. So the others become what they would have become. Where a trial
    or a study that the sampler knew is gone, the same question cannot be asked, and the rest of its answer
    is lost.
    """
    if state.newest is None or state.newest.spec.proposal.inputs is None:
        return None
    inputs = state.newest.spec.proposal.inputs
    first = state.newest.spec.index - inputs.position
    if state.next_index >= first + inputs.count or state.used_up > inputs.stage:
        return None
    if inputs.related != _numbers(state):
        return None
    orders = {trial.status.completion_order: trial for trial in state.trials.values()}
    known = [orders[order] for order in range(inputs.completed) if order in orders]
    pending = {trial.spec.index: trial for trial in state.trials.values() if not trial.is_test}
    if len(known) < inputs.completed or any(index not in pending for index in inputs.pending):
        return None
    spec = state.study.spec
    history = History(evaluated(trial, spec) for trial in known if not trial.is_test)
    return _propose(state, inputs.model_copy(update={"position": 0}), history, pending, first)


def _propose(
    state: State, inputs: ProposalInputs, history: History, trials: Mapping[int, Trial], first: int
) -> Propose:
    space = part(state, inputs.stage).space
    request = Request(
        space=space,
        objectives=state.study.spec.objectives,
        history=history,
        pending=[trials[index].spec.parameters for index in inputs.pending],
        count=inputs.count,
        seed=state.study.spec.algorithm.seed,
        state=inputs.state,
        drawn=inputs.drawn,
        constraints=state.study.spec.constraints,
        related=state.related,
        whole=None if space is state.space else state.space,
    )
    return Propose(request, inputs, first)


def _numbers(state: State) -> dict[str, int]:
    """How many trials the sampler is told of each related study."""
    return {study.name: len(study.trials) for study in state.related}
