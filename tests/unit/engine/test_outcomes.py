"""What an attempt's end means: the first table of docs/rules.md, row by row and in its order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import pytest
from tests.builders import a_study, a_trial

from tunewright.api.study import StudySpec
from tunewright.api.trial import Attempt, MetricSummary, Outcome, Purpose, Stop, Trial, TrialState
from tunewright.engine.facts import AttemptKey, Cause, Execution, Exit
from tunewright.engine.outcomes import judge, settle
from tunewright.engine.reasons import Reason, StudyReason
from tunewright.metrics.observations import merge
from tunewright_trainer.catalog import EXIT_NOT_FINITE, EXIT_OUT_OF_MEMORY

COMPLETED, STOPPED, INTERRUPTED, FAILED = (
    Outcome.COMPLETED,
    Outcome.STOPPED,
    Outcome.INTERRUPTED,
    Outcome.FAILED,
)
ANY = MetricSummary(last=0.5, last_step=1, min=0.5, min_step=1, max=0.5, max_step=1)
CURVES = {"accuracy": [(1, 0.5)]}
BUILT_IN = a_study(budget={"maxTrials": 9, "maxAttempts": 3}).spec
TEMPLATE = a_study(budget={"maxTrials": 9, "maxAttempts": 3}, trial={"template": {"spec": {}}}).spec


@dataclass(frozen=True)
class Known:
    """What is known of an attempt that has ended: by default that it ended well."""

    asked: str | None = None
    cause: Cause | None = None
    code: int | None = 0
    final: bool | None = True
    not_finite: bool = False
    reported: bool = True
    built_in: bool = True
    testing: bool = False

    @property
    def spec(self) -> StudySpec:
        return BUILT_IN if self.built_in else TEMPLATE

    @property
    def trial(self) -> Trial:
        stop = Stop(attempt=1, reason=self.asked, message="asked") if self.asked else None
        purpose = Purpose.FINAL_TEST if self.testing else Purpose.SEARCH
        return a_trial(0, purpose=purpose, state=TrialState.RUNNING, stop=stop)

    @property
    def execution(self) -> Execution:
        # What a test evaluation reports is not the objective.
        metric = "test_accuracy" if self.testing else "accuracy"
        return Execution(
            AttemptKey("digits-0", 1),
            started_at=1_000,
            metrics={metric: ANY} if self.reported else {},
            not_finite=frozenset({"accuracy"} if self.not_finite else ()),
            exit=Exit(5_000, self.code, self.cause, self.final),
        )

    @property
    def proper(self) -> bool:
        bad = self.not_finite and not self.testing
        return self.code == 0 and self.final is not False and self.reported and not self.cause and not bad


def has(**facts: object) -> Callable[[Known], bool]:
    return lambda known: all(getattr(known, name) == value for name, value in facts.items())


def diverged(known: Known) -> bool:
    return (known.not_finite and not known.testing) or (known.built_in and known.code == EXIT_NOT_FINITE)


def out_of_memory(known: Known) -> bool:
    return known.cause is Cause.OUT_OF_MEMORY or (known.built_in and known.code == EXIT_OUT_OF_MEMORY)


def lost(known: Known) -> bool:
    return known.cause is Cause.LOST or known.code is None


ASKED = StudyReason.TARGET_REACHED
TABLE: list[tuple[Callable[[Known], bool], Outcome, str, TrialState]] = [
    (has(asked=Reason.NOT_A_NUMBER), FAILED, "NotANumber", TrialState.FAILED),
    (has(asked=Reason.HUNG), FAILED, "Hung", TrialState.FAILED),
    (lambda known: known.asked is not None and known.proper, COMPLETED, "", TrialState.COMPLETED),
    (has(asked=Reason.SUSPENDED), STOPPED, "Suspended", TrialState.PENDING),
    (has(asked=ASKED), STOPPED, "TargetReached", TrialState.STOPPED),
    (out_of_memory, FAILED, "OutOfMemory", TrialState.FAILED),
    (has(cause=Cause.CANNOT_START), FAILED, "CannotStart", TrialState.FAILED),
    (has(cause=Cause.DISK_FULL), FAILED, "DiskFull", TrialState.FAILED),
    (has(cause=Cause.DEADLINE), STOPPED, "BudgetExhausted", TrialState.STOPPED),
    (has(cause=Cause.DISRUPTED), INTERRUPTED, "Disrupted", TrialState.PENDING),
    (lost, INTERRUPTED, "ObservationLost", TrialState.PENDING),
    (diverged, FAILED, "NotANumber", TrialState.FAILED),
    (has(code=0, final=False), INTERRUPTED, "NotFinal", TrialState.PENDING),
    (has(code=0, reported=False), FAILED, "NoObjective", TrialState.FAILED),
    (has(code=0), COMPLETED, "", TrialState.COMPLETED),
    (lambda known: known.code in (143, -15), INTERRUPTED, "Terminated", TrialState.PENDING),
    (lambda known: known.code in (137, -9), INTERRUPTED, "Killed", TrialState.PENDING),
    (lambda known: True, FAILED, "NonZeroExit", TrialState.FAILED),
]

EVERYTHING = [
    Known(*facts)
    for facts in product(
        (None, Reason.NOT_A_NUMBER, Reason.HUNG, Reason.SUSPENDED, ASKED),
        (None, *Cause),
        (0, 1, EXIT_OUT_OF_MEMORY, EXIT_NOT_FINITE, 143, -15, 137, -9, None),
        (True, False, None),
        (False, True),
        (True, False),
        (True, False),
        (False, True),
    )
]


def verdict_on(known: Known) -> tuple[Outcome, str, TrialState]:
    trial = settle(known.execution, known.trial, known.spec, 0)
    attempt = trial.status.attempts[-1]
    return attempt.outcome, attempt.reason, trial.status.state


@pytest.mark.parametrize("row", range(len(TABLE)))
def test_the_first_row_that_fits_decides(row: int) -> None:
    fits, *expected = TABLE[row]
    cases = [k for k in EVERYTHING if fits(k) and not any(above(k) for above, *_ in TABLE[:row])]

    assert cases
    for known in cases:
        assert list(verdict_on(known)) == expected, known


def test_an_attempt_that_was_asked_to_stop_and_vanished_has_stopped_and_loses_nothing() -> None:
    trial = Known(asked=ASKED).trial
    reported = trial.status.model_copy(update={"metrics": {"accuracy": ANY}, "curves": CURVES})
    trial = trial.model_copy(update={"status": reported})
    for known in (Known(reported=False, cause=Cause.LOST, code=None), Known(reported=False, code=None)):
        status = settle(known.execution, trial, known.spec, 0).status

        assert (status.state, status.reason) == (TrialState.STOPPED, "TargetReached")
        assert status.objectives == {"accuracy": 0.5}
        assert status.curves == CURVES


def test_a_request_to_an_earlier_attempt_says_nothing_of_this_one() -> None:
    trial = a_trial(0, state=TrialState.RUNNING, stop=Stop(attempt=1, reason="Suspended"))
    execution = replace(Known(code=1).execution, key=AttemptKey("digits-0", 2))

    assert settle(execution, trial, BUILT_IN, 0).status.reason == Reason.NON_ZERO_EXIT


def test_an_objective_reported_by_an_earlier_attempt_counts() -> None:
    trial = a_trial(0, state=TrialState.RUNNING, metrics={"accuracy": ANY})
    execution = Known(reported=False).execution

    assert judge(execution, trial, BUILT_IN, merge(trial.status.metrics, {})).outcome is COMPLETED


def test_the_homes_message_is_kept() -> None:
    for cause, code in ((Cause.CANNOT_START, None), (None, 3), (None, EXIT_OUT_OF_MEMORY)):
        execution = replace(Known().execution, exit=Exit(5_000, code, cause, False, message="no such file"))
        trial = settle(execution, Known().trial, BUILT_IN, 0)

        assert trial.status.message == trial.status.attempts[-1].message == "no such file"


def test_whatever_is_known_a_verdict_says_why_and_the_ended_take_their_place_in_the_order() -> None:
    for known in EVERYTHING[::5]:
        status = settle(known.execution, known.trial, known.spec, 3).status

        assert status.completion_order == (3 if status.state.terminal else None)
        if status.state is TrialState.COMPLETED:
            assert (status.reason, status.message) == ("", "")
        else:
            assert status.reason
            assert status.message


def test_the_end_of_an_attempt_is_recorded_once_and_whole() -> None:
    earlier = Attempt(
        number=1, started_at=0, ended_at=900, outcome=INTERRUPTED, reason="Killed", gpu_milliseconds=7
    )
    trial = a_trial(
        0,
        state=TrialState.RUNNING,
        attempts=[earlier],
        metrics={"accuracy": ANY, "loss": ANY},
        stop=Stop(attempt=1, reason="Suspended"),
    )
    better = ANY.model_copy(update={"last": 0.9, "max": 0.9, "max_step": 7, "last_step": 7})
    execution = replace(
        Known().execution, key=AttemptKey("digits-0", 2), gpus=2, metrics={"accuracy": better}
    )

    status = settle(execution, trial, BUILT_IN, 11).status

    assert status.attempts == [
        earlier,
        Attempt(number=2, started_at=1_000, ended_at=5_000, outcome=COMPLETED, gpu_milliseconds=8_000),
    ]
    assert status.metrics == {"accuracy": better.model_copy(update={"min": 0.5}), "loss": ANY}
    assert status.objectives == {"accuracy": 0.9}
    assert status.completion_order == 11
    assert status.stop is None


@pytest.mark.parametrize(("started_at", "ended_at"), [(None, 5_000), (5_000, 5_000), (6_000, 5_000)])
def test_what_did_not_run_costs_nothing(started_at: int | None, ended_at: int) -> None:
    execution = replace(Known().execution, started_at=started_at, gpus=8, exit=Exit(ended_at, 1))

    assert settle(execution, Known().trial, BUILT_IN, 0).status.attempts[0].gpu_milliseconds == 0


def after(*reasons: str, max_attempts: int = 3) -> Trial:
    """A trial whose attempts were interrupted, or suspended, for these reasons, one after the other."""
    causes = {
        "ObservationLost": Known(cause=Cause.LOST),
        "Disrupted": Known(cause=Cause.DISRUPTED),
        "Killed": Known(code=137),
        "NotFinal": Known(final=False),
        "Suspended": Known(asked="Suspended", code=143),
    }
    spec = a_study(budget={"maxTrials": 9, "maxAttempts": max_attempts}).spec
    trial = a_trial(0)
    for number, reason in enumerate(reasons, start=1):
        known = causes[reason]
        stop = Stop(attempt=number, reason=known.asked) if known.asked else None
        status = trial.status.model_copy(update={"state": TrialState.RUNNING, "stop": stop})
        running = trial.model_copy(update={"status": status})
        trial = settle(replace(known.execution, key=AttemptKey("digits-0", number)), running, spec, 0)
    return trial


@pytest.mark.parametrize(
    ("reasons", "max_attempts", "state", "reason"),
    [
        (["Killed", "Disrupted"], 3, TrialState.PENDING, "Disrupted"),
        (["Killed", "Disrupted", "NotFinal"], 3, TrialState.FAILED, "TooManyInterruptions"),
        (["Killed"], 1, TrialState.FAILED, "TooManyInterruptions"),
        # No attempt is counted of what was suspended.
        (["Suspended"] * 5, 1, TrialState.PENDING, "Suspended"),
        (["Suspended", "Killed", "Suspended", "Killed"], 3, TrialState.PENDING, "Killed"),
        (["ObservationLost"], 3, TrialState.PENDING, "ObservationLost"),
        (["ObservationLost"] * 2, 100, TrialState.FAILED, "ObservationLost"),
        (["ObservationLost", "Killed", "ObservationLost"], 100, TrialState.FAILED, "ObservationLost"),
        (["ObservationLost"], 1, TrialState.FAILED, "TooManyInterruptions"),
    ],
)
def test_how_often_a_trial_may_be_interrupted(
    reasons: list[str], max_attempts: int, state: TrialState, reason: str
) -> None:
    status = after(*reasons, max_attempts=max_attempts).status

    assert (status.state, status.reason) == (state, reason)
    assert [attempt.reason for attempt in status.attempts] == reasons


def test_too_many_interruptions_name_the_last_one() -> None:
    message = after("Disrupted", "Killed", max_attempts=2).status.message

    assert message == "interrupted 2 times, the last time because it was sent SIGKILL from elsewhere"
