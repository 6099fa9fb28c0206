"""Tests of what is seen while a study runs."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from rich.console import Console
from tests.builders import a_study, a_trial

from tunewright.api.trial import Attempt, MetricSummary, Outcome, Purpose, Stop, Trial, TrialState
from tunewright.cli.progress import Lines, Panel, panel, progress_on
from tunewright.cli.standing import MAX_LINE, Standing, event
from tunewright.engine.facts import AttemptKey, Execution
from tunewright.engine.plan import plan
from tunewright.engine.state import State

NOW = 100_000


def a_state(
    trials: Sequence[Trial] = (), executions: Sequence[Execution] = (), *, active_since: int = 0, **spec: Any
) -> State:
    """A study that has run since `active_since`, with a status as the engine gives it."""
    study = a_study(status={"active_since": active_since}, **spec)
    state = State.of(study, trials, executions)
    status = plan(state, NOW).status
    state.study_changed(study.model_copy(update={"status": status}))
    return state


def a_summary(value: float, step: int = 3) -> MetricSummary:
    return MetricSummary(last=value, last_step=step, min=value, min_step=step, max=value, max_step=step)


def running(index: int, *, since: int | None = NOW - 5_000, **fields: Any) -> tuple[Trial, Execution]:
    trial = a_trial(index, state=TrialState.RUNNING)
    return trial, Execution(AttemptKey(trial.name, 1), started_at=since, **fields)


def shown(state: State, *, height: int = 24, now: int = NOW) -> list[str]:
    return [line.plain for line in panel(Standing.of(state, NOW), now, height)]


class TestPanel:
    def test_says_what_runs_what_is_best_and_what_is_left(self) -> None:
        first, execution = running(10, metrics={"accuracy": a_summary(0.5), "loss": a_summary(1.5)})
        second, other = running(9, since=NOW - 61_000)
        trials = [a_trial(0, accuracy=0.7), a_trial(1, accuracy=0.9), first, second]
        state = a_state(trials, [execution, other], budget={"maxTrials": 20, "maxDuration": "5m"})

        assert shown(state) == [
            "",
            "trial 9   61s  nothing reported yet",
            "trial 10   5s  accuracy 0.5 at step 3",
            "best   trial 1, accuracy 0.9",
            "trials ━━────────────────── 2 of 20",
            "time   ━━━━━━━───────────── 3m20s left of 5m",
        ]

    def test_time_goes_on_while_nothing_happens(self) -> None:
        trial, execution = running(0)
        state = a_state([trial], [execution])

        assert shown(state, now=NOW)[-1] == "time   1m40s used"
        assert shown(state, now=NOW + 2_000)[-1] == "time   1m42s used"
        assert shown(state, now=NOW + 2_000)[1] == "trial 0  7s  nothing reported yet"

    def test_estimates_when_it_will_be_over(self) -> None:
        trials = [a_trial(index, accuracy=0.5) for index in range(4)]

        assert shown(a_state(trials))[-1] == "time   1m40s used, about 2m30s to go"
        roomy = a_state(trials, budget={"maxTrials": 10, "maxDuration": "10m"})
        assert shown(roomy)[-1].endswith("8m20s left of 10m, about 2m30s to go")
        scarce = a_state(trials, budget={"maxTrials": 1000, "maxDuration": "10m"})
        assert shown(scarce)[-1].endswith("8m20s left of 10m")

    def test_counts_failures_and_gpu_time(self) -> None:
        failed = a_trial(0, state=TrialState.FAILED, completion_order=0)
        trial, execution = running(1, gpus=1, since=NOW - 36_000)
        state = a_state([failed, trial], [execution], budget={"maxTrials": 4, "maxGpuHours": 0.1})

        assert shown(state)[-3:] == [
            "trials ━━━━━─────────────── 1 of 4, 1 failed",
            "time   1m40s used, about 5m to go",
            "GPUs   ━━────────────────── 0.01 of 0.1 GPU-hours",
        ]

    @pytest.mark.parametrize("height", [24, 12, 8])
    def test_fits_into_the_terminal(self, height: int) -> None:
        trials, executions = zip(*[running(index) for index in range(50)], strict=True)

        lines = shown(a_state(trials, executions), height=height)

        assert len(lines) == height - 1
        hidden = 50 - (height - 1 - 5)
        assert lines[-4] == f"and {hidden} more"

    def test_tells_of_what_is_about_to_stop(self) -> None:
        trial, execution = running(0, stopping=True)
        state = a_state([trial], [execution], suspend=True)

        assert shown(state)[1] == "trial 0  5s  stops"
        assert (
            shown(state)[-1]
            == "Stopping: what runs saves a checkpoint, and has 30s for it; press Ctrl-C again to kill it."
        )

    def test_tells_of_a_sampler_that_thinks(self) -> None:
        state = a_state(initial={"default": False})
        (question,) = plan(state, NOW).actions
        state.sampler_asked(question)  # type: ignore[arg-type]

        assert shown(state)[1] == "sampler    chooses what to try next"

    def test_of_a_test_evaluation(self) -> None:
        test = a_trial(3, purpose=Purpose.FINAL_TEST, state=TrialState.RUNNING)
        state = a_state([test], [Execution(AttemptKey(test.name, 1), started_at=NOW - 1000)])

        assert shown(state)[1] == "test of trial 3  1s  nothing reported yet"

    def test_can_do_with_ascii(self) -> None:
        lines = panel(Standing.of(a_state([a_trial(0, accuracy=0.5)]), NOW), NOW, 24, unicode=False)

        assert all(line.plain.isascii() for line in lines)

    def test_leaves_only_the_ended_trials_behind(self) -> None:
        console, text = a_terminal()
        trial = a_trial(0, accuracy=0.5)
        with Panel(console, lambda: NOW) as progress:
            progress(a_state([trial]), [trial])
        assert "trial 0 completed in 0.9s: accuracy 0.5" in text.getvalue()
        assert text.getvalue().endswith("\x1b[1A\x1b[2K")  # the panel's first line is cleared last


def a_terminal(**fields: Any) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    text.isatty = lambda: True  # type: ignore[method-assign]
    return Console(file=text, width=80, height=24, force_terminal=True, _environ={}, **fields), text


class TestLines:
    def test_a_line_for_each_trial_that_ends(self) -> None:
        text = io.StringIO()
        first, second = a_trial(0, accuracy=0.7), a_trial(1, accuracy=0.25)
        lines = Lines(Console(file=text, width=40), lambda: NOW)

        lines(a_state([first, second], budget={"maxTrials": 4, "maxDuration": "5m"}), [first, second])

        prefix = "[2/4, 3m20s left of 5m, about 1m40s to go]"
        assert text.getvalue().splitlines() == [
            f"{prefix} trial 0 completed in 0.9s: accuracy 0.7; best: trial 0, accuracy 0.7",
            f"{prefix} trial 1 completed in 0.9s: accuracy 0.25; best: trial 0, accuracy 0.7",
        ]

    def test_the_stopping_is_told_once(self) -> None:
        text = io.StringIO()
        trial, execution = running(0, stopping=True)
        state = a_state([trial], [execution], suspend=True)
        lines = Lines(Console(file=text), lambda: NOW)

        lines(state, [trial])
        lines(state, [])

        assert (
            text.getvalue()
            == "Stopping: what runs saves a checkpoint, and has 30s for it; press Ctrl-C again to kill it.\n"
        )


def an_attempt(outcome: Outcome, reason: str = "", message: str = "") -> Attempt:
    return Attempt(number=1, started_at=0, ended_at=1500, outcome=outcome, reason=reason, message=message)


@pytest.mark.parametrize(
    ("trial", "said"),
    [
        (a_trial(0), ""),
        (a_trial(0, state=TrialState.RUNNING), ""),
        (a_trial(0, accuracy=0.75), "trial 0 completed in 0.9s: accuracy 0.75"),
        (
            a_trial(4, state=TrialState.FAILED, reason="NonZeroExit", message="it exited with code 3: no"),
            "trial 4 failed: NonZeroExit: it exited with code 3: no",
        ),
        (
            a_trial(4, state=TrialState.STOPPED, reason="TargetReached", message="the study was over"),
            "trial 4 stopped: TargetReached: the study was over",
        ),
        (
            a_trial(4, attempts=[an_attempt(Outcome.INTERRUPTED, "Killed", "it was sent SIGKILL")]),
            "trial 4 interrupted, and will be tried again: Killed: it was sent SIGKILL",
        ),
        (
            a_trial(4, attempts=[an_attempt(Outcome.STOPPED, "Suspended")]),
            "trial 4 stopped, to be continued",
        ),
        (
            a_trial(
                4,
                attempts=[an_attempt(Outcome.STOPPED, "Suspended")],
                stop=Stop(attempt=2, reason="Suspended"),
            ),
            "",
        ),
    ],
)
def test_what_has_become_of_a_trial(trial: Trial, said: str) -> None:
    assert event(a_state(), trial) == said


LATENCY = [{"metric": "latency", "max": 50}]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"feasible": True}, "trial 0 completed in 0.9s: accuracy 0.75, latency 63"),
        (
            {"feasible": False, "violations": {"latency": 13.0}},
            "trial 0 completed in 0.9s: accuracy 0.75, latency 63, breaks latency by 13",
        ),
        (
            {"feasible": False, "reason": "ConstraintNotReported", "message": "it never reported latency"},
            "trial 0 completed in 0.9s: accuracy 0.75, latency 63, it never reported latency",
        ),
    ],
)
def test_of_a_trial_with_constraints_how_it_stands_to_them_is_told(status: dict[str, Any], said: str) -> None:
    trial = a_trial(0, accuracy=0.75, reported={"latency": 63.0}, **status)

    assert event(a_state([trial], constraints=LATENCY), trial) == said


def test_the_nearest_to_feasible_says_what_it_breaks() -> None:
    trial = a_trial(0, accuracy=0.75, reported={"latency": 63.0}, violations={"latency": 13.0})
    other, execution = running(1, metrics={"accuracy": a_summary(0.5), "latency": a_summary(20.0)})
    lines = shown(a_state([trial, other], [execution], constraints=LATENCY))

    assert lines[1].endswith("accuracy 0.5, latency 20 at step 3")
    assert lines[2] == "best   trial 0, accuracy 0.75, breaks latency by 13"


def test_of_a_test_evaluation_what_it_measured_is_told() -> None:
    source = a_trial(0, accuracy=0.75)
    test = a_trial(
        0,
        purpose=Purpose.FINAL_TEST,
        state=TrialState.COMPLETED,
        attempts=[an_attempt(Outcome.COMPLETED)],
        metrics={"accuracy": a_summary(0.75), "test_accuracy": a_summary(0.5)},
    )
    test = test.model_copy(update={"spec": test.spec.model_copy(update={"source": source.name})})

    assert event(a_state([source]), test) == "test of trial 0 completed in 1.5s: test_accuracy 0.5"


def test_a_long_message_is_cut() -> None:
    trial = a_trial(0, state=TrialState.FAILED, reason="NonZeroExit", message="x" * 1000)

    assert len(event(a_state(), trial)) == MAX_LINE


@pytest.mark.parametrize(("kind_of_terminal", "seen"), [("xterm", Panel), ("dumb", Lines)])
def test_a_panel_needs_a_terminal_that_can_move_the_cursor(kind_of_terminal: str, seen: type[object]) -> None:
    environment = {"TERM": kind_of_terminal}
    text = io.StringIO()
    assert isinstance(progress_on(Console(file=text, _environ=environment), lambda: NOW), Lines)
    text.isatty = lambda: True  # type: ignore[method-assign]
    assert isinstance(progress_on(Console(file=text, _environ=environment), lambda: NOW), seen)


def test_where_colours_are_forced_a_file_still_gets_lines() -> None:
    console = Console(file=io.StringIO(), _environ={"FORCE_COLOR": "1"})

    assert isinstance(progress_on(console, lambda: NOW), Lines)
