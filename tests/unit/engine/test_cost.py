"""What a trial costs the engine does not grow with the number of trials before it."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import process_time
from types import FrameType

from tests.builders import a_study, a_trial

from tunewright.api.trial import MetricSummary
from tunewright.engine.actions import CreateTrial, Propose, RecordTrial, StartAttempt
from tunewright.engine.facts import Execution, Exit
from tunewright.engine.plan import plan
from tunewright.engine.state import State
from tunewright.search.propose import propose
from tunewright.search.sampler import NoSettings
from tunewright.search.samplers.random import RandomSampler

SAMPLER = RandomSampler(NoSettings())
GOOD = MetricSummary(last=0.5, last_step=1, min=0.5, min_step=1, max=0.5, max_step=1)


def after(ended: int) -> State:
    """A study so many of whose trials have ended."""
    study = a_study(budget={"maxTrials": 1_000_000, "maxGpuHours": 1e6, "maxDuration": "365d"})
    trials = [
        a_trial(index, accuracy=index % 97 / 100, parameters={"learning_rate": 1e-3 + index * 1e-6})
        for index in range(ended)
    ]
    return State.of(study, trials, gpus=1)


def live(state: State, count: int) -> None:
    """The lives of so many more trials, from the question to the end, in a home that keeps nothing."""
    now = 10**9
    until = state.tally.next_order + count
    while state.tally.next_order < until:
        decided = plan(state, now)
        for action in decided.actions:
            match action:
                case CreateTrial(trial) | RecordTrial(trial):
                    state.trial_changed(trial)
                case StartAttempt(_, key, limit):
                    state.execution_changed(Execution(key, started_at=now, gpus=1, limit=limit))
                case Propose(request):
                    state.sampler_asked(action)
                    state.sampler_answered(propose(SAMPLER, request))
        state.study_changed(state.study.model_copy(update={"status": decided.status}))
        if not decided.actions:
            now += 1_000
            for execution in list(state.executions.values()):
                end = Exit(now, 0, final=True)
                state.execution_changed(replace(execution, metrics={"accuracy": GOOD}, exit=end))


def calls_of(work: Callable[[], None]) -> int:
    """How many functions it calls, C functions included."""
    count = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def time_of(work: Callable[[], None]) -> float:
    """Processor seconds that it takes."""
    before = process_time()
    work()
    return process_time() - before


def test_a_trial_after_ten_thousand_costs_what_one_after_a_thousand_does() -> None:
    early, late = after(1_000), after(10_000)
    for state in (early, late):
        live(state, 2)  # what is made once

    assert calls_of(partial(live, late, 20)) <= 1.1 * calls_of(partial(live, early, 20))
    # What one call does may grow too: the best of several times, as others use the processor.
    times = [min(time_of(partial(live, state, 20)) for _ in range(7)) for state in (early, late)]
    assert times[1] <= 1.5 * times[0]
