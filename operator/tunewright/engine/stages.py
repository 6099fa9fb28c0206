"""The stages of a study: which one the next trial belongs to, and which part of the space it searches.

Nothing of it is stored but the stage in each trial's proposal, and in the study's status where each stage
began: so a trial that is deleted gives no place back. A stage begins once all trials of the stages before it
have ended, so its part follows from the trials of a lower index, which change no more.
"""

from tunewright.api.problems import one_line
from tunewright.api.study_status import MAX_REASONS, StageStatus
from tunewright.api.trainer import trainer_defaults
from tunewright.engine.state import State
from tunewright.engine.tally import Tally
from tunewright.search.stage import Incumbent, Part, part_of, room

MAX_REASON = 200


def due(state: State) -> int:
    """The stage of the trial that comes next, unless the space is exhausted.

    One that is full, or holds nothing new, is followed by the next.
    """
    stage = max(state.used_up, *state.stage_starts)
    return stage + 1 if _room(state, stage, 1) == 0 else stage


def places(state: State, wanted: int) -> int:
    """For how many of `wanted` new trials the sampler may be asked now."""
    if state.exhausted:
        return 0
    stage = due(state)
    if stage not in state.stage_starts and state.searching():
        return 0
    return _room(state, stage, wanted)


def part(state: State, stage: int) -> Part:
    """What a stage that has begun, or may begin now, searches."""
    if not state.study.spec.stages:
        return Part(state.space, {})
    if stage not in state.parts:
        # Kept, and not made anew for each question: the trials that it follows from have ended.
        spec = state.study.spec
        state.parts[stage] = part_of(
            state.space, spec.stages[stage], _incumbent(state, stage), trainer_defaults(spec)
        )
    return state.parts[stage]


def stage_statuses(state: State) -> list[StageStatus]:
    """What the study's status says of the stages that have begun."""
    stages = state.study.spec.stages
    if not stages:
        return []
    starts = sorted(state.stage_starts.items())
    ends = [first for _, first in starts[1:]] + [state.next_index]
    return [
        StageStatus(
            name=stages[stage].name,
            first_index=first,
            trials=end - first,
            reasons=_in_short(list(part(state, stage).reasons.values())),
        )
        for (stage, first), end in zip(starts, ends, strict=True)
    ]


def _room(state: State, stage: int, wanted: int) -> int:
    taken = state.next_index - state.stage_starts.get(stage, state.next_index)
    return room(state.study.spec.stages, stage, taken, wanted)


def _incumbent(state: State, stage: int) -> Incumbent:
    """The best of the trials before a stage."""
    if stage == 0:
        return Incumbent()
    first = state.stage_starts.get(stage)
    tally = state.tally if first is None else _tally_before(state, first)
    if tally.ranking.best is None:
        return Incumbent()
    best = state.trials[tally.names[tally.ranking.best]]
    return Incumbent(best.spec.parameters, sum(told.values is not None for told in tally.history))


def _tally_before(state: State, index: int) -> Tally:
    tally = Tally(state.study.spec)
    before = [trial for trial in state.trials.values() if not trial.is_test and trial.spec.index < index]
    ended = [trial for trial in before if trial.status.state.terminal]
    for trial in sorted(ended, key=lambda trial: trial.status.completion_order or 0):
        tally.add(trial)
    return tally


def _in_short(reasons: list[str]) -> list[str]:
    shown = [one_line(reason, MAX_REASON) for reason in reasons[:MAX_REASONS]]
    if len(reasons) > MAX_REASONS:
        shown[-1] = f"and {len(reasons) - MAX_REASONS + 1} more"
    return shown
