"""The state as a fold over changes: what follows from the objects, whatever way they came."""

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_study, a_trial

from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Attempt, Outcome, ProposalInputs, Trial, TrialState
from tunewright.engine.charges import NOTHING, charges_of, greater, total
from tunewright.engine.facts import AttemptKey, Execution, Exit, Obstacle
from tunewright.engine.state import State


def proposed(index: int, *, state: str, position: int = 0, count: int = 1) -> Trial:
    """A trial whose proposal left the sampler in this state."""
    trial = a_trial(index)
    inputs = ProposalInputs(completed=0, count=count, position=position)
    proposal = trial.spec.proposal.model_copy(update={"inputs": inputs, "state": {"is": state}})
    return trial.model_copy(update={"spec": trial.spec.model_copy(update={"proposal": proposal})})


def test_the_newest_trial_is_the_one_of_the_highest_index_in_whatever_order_they_come() -> None:
    first, second = proposed(0, state="a"), proposed(1, state="b")
    state = State.of(a_study(status={"nextIndex": 2}))
    for trial in (second, first):
        state.trial_changed(trial)

    assert state.newest == second
    assert state.next_index == 2


def test_ends_count_in_their_recorded_order_in_whatever_order_they_come() -> None:
    ended = [a_trial(index, accuracy=index / 10) for index in range(4)]
    state = State.of(a_study())
    for index in (2, 0, 3, 1):
        state.trial_changed(a_trial(index))
        state.trial_changed(ended[index])

    assert list(state.tally.history) == list(State.of(a_study(), ended).tally.history)
    assert [told.values for told in state.tally.history] == [(0.0,), (0.1,), (0.2,), (0.3,)]
    assert state.tally.next_order == 4


def test_what_a_trial_is_charged_is_counted_once_however_often_it_changes() -> None:
    attempts = [
        Attempt(number=n, started_at=0, ended_at=700, outcome=Outcome.INTERRUPTED, gpu_milliseconds=700)
        for n in (1, 2)
    ]
    state = State.of(a_study())
    for seen in (attempts[:1], attempts[:1], attempts):
        state.trial_changed(a_trial(0, attempts=seen))

    assert state.charges.gpu_milliseconds == 1_400


def test_once_it_is_deleted_the_one_before_is_the_newest_as_after_a_restart() -> None:
    first, second = proposed(0, state="a"), proposed(1, state="b")
    state = State.of(a_study(), [first, second])
    state.trial_gone(second.name, 0)

    assert state.newest == first == State.of(a_study(), [first]).newest
    assert state.next_index == 2


def test_what_a_deleted_trial_was_charged_stays_charged() -> None:
    attempt = Attempt(number=1, started_at=0, ended_at=700, outcome=Outcome.FAILED, gpu_milliseconds=700)
    failed = a_trial(0, state=TrialState.FAILED, attempts=[attempt], completion_order=0)
    state = State.of(a_study(), [failed, a_trial(1)])
    state.trial_gone(failed.name, 1_000)

    assert state.charges.gpu_milliseconds == 700
    assert state.charges.failed_trials == 1


def test_what_a_deleted_trial_has_used_since_it_began_is_charged_too() -> None:
    running = a_trial(0, state=TrialState.RUNNING)
    execution = Execution(AttemptKey(running.name, 1), started_at=1_000, gpus=2)
    state = State.of(a_study(), [running], [execution], gpus=2)
    state.trial_gone(running.name, 4_000)

    assert state.charges.gpu_milliseconds == 6_000
    assert state.departed.gpu_milliseconds == 6_000
    assert not state.executions


def test_a_trial_unknown_or_deleted_twice_changes_nothing() -> None:
    state = State.of(a_study(), [a_trial(0)])
    state.trial_gone("digits-0", 0)
    state.trial_gone("digits-0", 0)
    state.trial_gone("digits-7", 0)

    assert state.next_index == 1
    assert not state.trials


def test_a_restarted_state_takes_the_charges_of_deleted_trials_from_the_studys_status() -> None:
    attempt = Attempt(number=1, started_at=0, ended_at=700, outcome=Outcome.COMPLETED, gpu_milliseconds=700)
    ended = a_trial(1, accuracy=0.5, attempts=[attempt])
    charged = {"gpuMilliseconds": 1_000, "failedTrials": 1}
    state = State.of(a_study(status={"nextIndex": 5, "charged": charged}), [ended])

    assert (state.charges.gpu_milliseconds, state.charges.failed_trials) == (1_000, 1)
    assert state.next_index == 5


def test_after_a_restart_what_stood_in_the_way_does_so_until_the_home_says_otherwise() -> None:
    blocked = {"type": "Blocked", "status": "True", "reason": "QuotaExceeded", "message": "no room"}
    for status, expected in (("True", Obstacle("QuotaExceeded", "no room")), ("False", None)):
        conditions = [{**blocked, "status": status, "lastTransitionTime": 1_000}]
        state = State.of(a_study(status={"conditions": conditions}))
        assert state.obstacle == expected

        state.obstructed(None)
        assert state.obstacle is None


def test_an_attempts_end_is_passed_over_once_it_is_recorded_or_its_trial_has_ended_or_is_gone() -> None:
    key = AttemptKey("digits-0", 1)
    exited = Execution(key, started_at=0, exit=Exit(900, 0))
    state = State.of(a_study(), [a_trial(0, accuracy=0.5)])
    state.execution_changed(exited)
    state.execution_changed(Execution(AttemptKey("digits-0", 2), started_at=0))
    state.execution_changed(Execution(AttemptKey("digits-9", 1), started_at=0))

    assert not state.executions


def test_what_is_left_of_a_recorded_attempt_is_passed_over_though_its_trial_goes_on() -> None:
    attempt = Attempt(number=1, started_at=0, ended_at=900, outcome=Outcome.INTERRUPTED)
    state = State.of(a_study(), [a_trial(0, attempts=[attempt])])
    state.execution_changed(Execution(AttemptKey("digits-0", 1), started_at=0, exit=Exit(900, 137)))

    assert not state.executions


def test_a_trial_that_ends_takes_its_executions_along() -> None:
    state = State.of(a_study(), [a_trial(0, state=TrialState.RUNNING)])
    for number in (1, 2):
        state.execution_changed(Execution(AttemptKey("digits-0", number), started_at=0))
    state.trial_changed(a_trial(0, accuracy=0.5))

    assert not state.executions


def an_end(index: int, used: int, *, failed: bool) -> Trial:
    """A trial that has ended, after so many GPU-milliseconds."""
    attempt = Attempt(number=1, started_at=0, ended_at=used, outcome=Outcome.FAILED, gpu_milliseconds=used)
    ended = TrialState.FAILED if failed else TrialState.STOPPED
    return a_trial(index, state=ended, attempts=[attempt], completion_order=index)


EVENTS = st.lists(
    st.tuples(st.just("end"), st.integers(0, 5_000), st.booleans())
    | st.tuples(st.just("delete"), st.integers(0, 30), st.booleans())
    | st.tuples(st.sampled_from(["write", "restart"]), st.just(0), st.just(False)),
    max_size=40,
)


@given(events=EVENTS, noticed=st.booleans())
def test_charges_never_fall_and_are_exact_where_each_deletion_was_written(
    events: list[tuple[str, int, bool]], noticed: bool
) -> None:
    """`noticed`: the home always writes that a trial was deleted before it is restarted."""
    study, trials = a_study(), dict[str, Trial]()
    state = State.of(study)
    charged, index, unwritten, exact = NOTHING, 0, False, True

    def written(study: HyperparameterStudy) -> HyperparameterStudy:
        update = {"charged": state.charges, "departed": state.departed}
        return study.model_copy(update={"status": study.status.model_copy(update=update)})

    for event, number, flag in events:
        if event == "end":
            trial = an_end(index, number, failed=flag)
            trials[trial.name] = trial
            state.trial_changed(trial)
            charged, index = total(charged, charges_of(trial)), index + 1
        elif event == "delete" and trials:
            name = sorted(trials)[number % len(trials)]
            del trials[name]
            state.trial_gone(name, 0)
            unwritten = True
        if event == "write" or (noticed and unwritten):
            study, unwritten = written(study), False
        if event == "restart":
            exact, unwritten = exact and not unwritten, False
            state = State.of(study, trials.values())

        mark = study.status.charged
        assert greater(state.charges, mark) == state.charges
        assert greater(state.charges, charged) == charged
        if exact:
            assert state.charges == charged
    assert exact or not noticed


def test_what_a_trial_that_was_deleted_unseen_had_been_charged_stays_charged_whatever_ends_later() -> None:
    first, second = an_end(0, 700, failed=False), an_end(1, 300, failed=False)
    known = {"charged": {"gpuMilliseconds": 1_000}}
    state = State.of(a_study(status=known), [second])
    assert state.departed.gpu_milliseconds == first.status.attempts[0].gpu_milliseconds

    state.trial_changed(an_end(2, 50, failed=False))
    assert state.charges.gpu_milliseconds == 1_050
