"""Which turns and troubles become events, and which good news does not."""

import pytest
from tests.builders import a_trial

from tunewright.api.base import Condition
from tunewright.api.study_status import BestTrial, Phase, StudyStatus
from tunewright.api.trial import Attempt, Outcome, TrialState
from tunewright.cluster.story import Told, of_study, of_trial


def status(phase: Phase, **more: object) -> StudyStatus:
    return StudyStatus(phase=phase, start_time=1, **more)


def blocked(holds: bool, reason: str = "Unschedulable", message: str = "no node has 3 GPUs") -> StudyStatus:
    condition = Condition(
        type="Blocked",
        status="True" if holds else "False",
        reason=reason,
        message=message,
        last_transition_time=1,
    )
    return status(Phase.RUNNING, conditions=[condition])


class TestOfStudy:
    def test_started(self) -> None:
        assert list(of_study(StudyStatus(), status(Phase.RUNNING))) == [
            Told("Normal", "Started", "the search has begun")
        ]

    @pytest.mark.parametrize(
        ("before", "after", "type", "reason"),
        [
            (Phase.RUNNING, Phase.SUSPENDED, "Normal", "Suspended"),
            (Phase.SUSPENDED, Phase.RUNNING, "Normal", "Resumed"),
            (Phase.TESTING, Phase.COMPLETED, "Normal", "Completed"),
            (Phase.RUNNING, Phase.FAILED, "Warning", "Failed"),
        ],
    )
    def test_turn(self, before: Phase, after: Phase, type: str, reason: str) -> None:
        [told] = of_study(status(before), status(after))
        assert (told.type, told.reason) == (type, reason)

    def test_the_end_names_the_best(self) -> None:
        best = BestTrial(name="digits-1", index=1, parameters={}, objectives={"accuracy": 0.98123456})
        after = status(
            Phase.COMPLETED, reason="TargetReached", message="a trial reached the target", best=best
        )
        [told] = of_study(status(Phase.RUNNING), after)
        assert told.message == (
            "TargetReached: a trial reached the target; the best is digits-1 with accuracy 0.981235"
        )

    def test_nothing_for_what_goes_well(self) -> None:
        assert not list(of_study(status(Phase.RUNNING), status(Phase.RUNNING, next_index=7)))
        assert not list(of_study(status(Phase.RUNNING), status(Phase.TESTING)))

    def test_obstacle_comes_and_goes(self) -> None:
        free, stuck = blocked(False), blocked(True)
        assert list(of_study(free, stuck)) == [
            Told("Warning", "Blocked", "Unschedulable: no node has 3 GPUs")
        ]
        assert not list(of_study(stuck, stuck))
        assert list(of_study(stuck, free)) == [Told("Normal", "Unblocked", "Unschedulable is over")]


class TestOfTrial:
    def test_failed(self) -> None:
        failed = a_trial(state=TrialState.FAILED, reason="Hung", message="silent for 9 s")
        assert list(of_trial(failed)) == [
            Told("Warning", "TrialFailed", f"{failed.name}: Hung: silent for 9 s")
        ]

    def test_interrupted(self) -> None:
        ended = Attempt(
            number=1, outcome=Outcome.INTERRUPTED, reason="Disrupted", message="its node was drained"
        )
        waiting = a_trial(attempts=[ended])
        assert list(of_trial(waiting)) == [
            Told(
                "Warning", "AttemptInterrupted", f"{waiting.name}: attempt 1: Disrupted: its node was drained"
            )
        ]

    @pytest.mark.parametrize("state", [TrialState.COMPLETED, TrialState.STOPPED, TrialState.RUNNING])
    def test_nothing_for_what_goes_well(self, state: TrialState) -> None:
        assert not list(of_trial(a_trial(state=state)))
