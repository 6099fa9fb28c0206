"""What a user sees while a study runs: a live panel on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tunewright.api.study import BestTrial, StudyStatus
from tunewright.api.trial import Purpose, Trial, TrialState
from tunewright.engine.budget import active_time, budget_of, gpu_time
from tunewright.engine.state import State
from tunewright.report.wording import duration, number


class Progress(Protocol):
    """Told of each round of a study; entered before the first and left after the last."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def __call__(self, state: State, recorded: Sequence[Trial]) -> None:
        """The study as it is now, and the trials whose status has been written since the last call."""


def progress_on(console: Console, clock: Callable[[], int]) -> Progress:
    """A live panel where the console is a terminal, else plain lines."""
    return Panel(console, clock) if console.is_terminal else Lines(console, clock)


class Lines:
    """One line per trial that has ended."""

    def __init__(self, console: Console, clock: Callable[[], int]) -> None:
        self._console = console
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __call__(self, state: State, recorded: Sequence[Trial]) -> None:
        for trial in recorded:
            if trial.status.state.terminal:
                self._console.print(
                    f"{ended_line(state, trial)}  [{standing(state, self._clock())}]",
                    markup=False,
                    highlight=False,
                    soft_wrap=True,
                )


class Panel:
    """Ended trials scroll by above a panel of what runs, the best so far, and the budget left."""

    def __init__(self, console: Console, clock: Callable[[], int]) -> None:
        self._console = console
        self._clock = clock
        self._state: State | None = None
        self._live = Live(console=console, refresh_per_second=4, transient=True, get_renderable=self._render)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __call__(self, state: State, recorded: Sequence[Trial]) -> None:
        self._state = state
        for trial in recorded:
            if trial.status.state.terminal:
                self._console.print(ended_line(state, trial), markup=False, highlight=False)

    def _render(self) -> RenderableType:
        state = self._state
        if state is None:
            return Text("starting")
        now = self._clock()
        counts = state.study.status.trials
        done = counts.completed + counts.stopped + counts.failed
        bar = Table.grid(padding=(0, 1))
        bar.add_row(ProgressBar(total=budget_of(state.study.spec).max_trials, completed=done, width=40), standing(state, now))
        return Group(_running(state, now), Text(best_line(state.study.status)), bar)


def _running(state: State, now: int) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for key, execution in sorted(dict(state.executions).items()):
        trial = state.trials.get(key.trial)
        if trial is None:
            continue
        since = duration(now - execution.started_at) if execution.started_at is not None else "starting"
        reported = [
            f"{o.metric} {number(execution.metrics[o.metric].last)} at step {execution.metrics[o.metric].last_step}"
            for o in state.study.spec.objectives
            if o.metric in execution.metrics
        ]
        table.add_row(escape(label(trial)), since, escape(", ".join(reported)))
    return table


def label(trial: Trial) -> str:
    """A trial in a word: its number, or whose test it is."""
    if trial.spec.purpose is Purpose.FINAL_TEST:
        return f"test of trial {trial.spec.index}"
    return f"trial {trial.spec.index}"


def ended_line(state: State, trial: Trial) -> str:
    """What became of a trial, and the best so far."""
    said = trial.status.state.value.lower()
    if trial.status.state is not TrialState.COMPLETED:
        said += f" ({trial.status.reason}: {trial.status.message})"
    values = dict(trial.status.objectives)
    if trial.spec.purpose is Purpose.FINAL_TEST:
        source = state.trials.get(trial.spec.source or "")
        own = source.status.metrics if source is not None else {}
        values = {name: summary.last for name, summary in trial.status.metrics.items() if name not in own}
    shown = ", ".join(f"{name} {number(value)}" for name, value in values.items())
    return "  ".join(part for part in (f"{label(trial)}: {said}", shown) if part)


def best_line(status: StudyStatus) -> str:
    """The best trial so far."""
    best: BestTrial | None = status.best
    if best is None:
        return "no best trial yet"
    values = ", ".join(f"{name} {number(value)}" for name, value in best.objectives.items())
    return f"best so far: trial {best.index}, {values}"


def standing(state: State, now: int) -> str:
    """How much of each budget is used."""
    budget = budget_of(state.study.spec)
    counts = state.study.status.trials
    parts = [f"{counts.completed + counts.stopped + counts.failed}/{budget.max_trials} trials"]
    used = active_time(state, now)
    parts.append(
        duration(used)
        if budget.max_duration is None
        else f"{duration(max(0, budget.max_duration * 1000 - used))} of {duration(budget.max_duration * 1000)} left"
    )
    if budget.max_gpu_hours is not None:
        parts.append(f"{gpu_time(state, now) / 3.6e6:.2f} of {budget.max_gpu_hours:g} GPU-hours used")
    if state.study.status.best is not None:
        parts.append(best_line(state.study.status))
    return ", ".join(parts)


def wall_clock() -> int:
    """Milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000
