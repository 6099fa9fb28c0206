"""What a user sees while a study runs: a live panel on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tunewright.api.trial import Trial, TrialState
from tunewright.cli.standing import Activity, Standing, event
from tunewright.engine.state import State

_REFRESHES = 2
"""A second."""

_BAR = 20
_STYLES = {TrialState.FAILED: "red", TrialState.STOPPED: "yellow", TrialState.PENDING: "yellow"}

Clock = Callable[[], int]
"""Milliseconds since the Unix epoch."""


class Progress(Protocol):
    """Told of each round of a study; entered before the first and left after the last."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def __call__(self, state: State, recorded: Sequence[Trial]) -> None:
        """The study as it is now, and the trials whose status has been written since the last call."""


def progress_on(console: Console, clock: Clock) -> Progress:
    """A live panel where the console's file is a terminal that can show one, else plain lines."""
    terminal = console.file.isatty() and not console.is_dumb_terminal
    return Panel(console, clock) if terminal else Lines(console, clock)


class Lines:
    """A line for each trial that ends."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._noticed = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __call__(self, state: State, recorded: Sequence[Trial]) -> None:
        now = self._clock()
        standing = Standing.of(state, now)
        for line in filter(None, (event(state, trial) for trial in recorded)):
            self._print(f"[{_summary(standing, now)}] {line}; best {standing.best or 'none yet'}")
        if standing.notice and standing.notice != self._noticed:
            self._print(standing.notice)
        self._noticed = standing.notice

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)


def _summary(standing: Standing, now: int) -> str:
    parts = (f"{standing.ended}/{standing.max_trials}", standing.time(now), standing.gpu_time())
    return ", ".join(part for part in parts if part)


class Panel:
    """Trials that have ended scroll by above a panel of what runs, the best so far, and the budget."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._standing: Standing | None = None
        self._live = Live(
            console=console, refresh_per_second=_REFRESHES, transient=True, get_renderable=self._render
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __call__(self, state: State, recorded: Sequence[Trial]) -> None:
        standing = self._standing = Standing.of(state, self._clock())
        for trial in recorded:
            line = event(state, trial)
            if line:
                style = "green" if standing.best_trial == trial.name else _STYLES.get(trial.status.state, "")
                self._console.print(Text(line, style=style))

    def _render(self) -> RenderableType:
        if self._standing is None:
            return Text("")
        return panel(self._standing, self._clock(), self._console.height)


def panel(standing: Standing, now: int, height: int) -> RenderableType:
    """The panel at `now`, in at most `height` lines, none of which wraps."""
    meters = Table.grid(padding=(0, 1))
    for _ in range(3):
        meters.add_column(no_wrap=True, overflow="ellipsis")
    meters.add_row("trials", _bar(standing.ended, standing.max_trials), standing.trials())
    meters.add_row("time", _bar(standing.used_at(now), standing.max_duration), standing.time(now))
    if standing.max_gpu_hours is not None:
        meters.add_row("GPUs", _bar(standing.gpu_hours, standing.max_gpu_hours), standing.gpu_time())
    lines: list[RenderableType] = [
        _one_line(f"best   {standing.best or 'none yet'}", "green" if standing.best else ""),
        meters,
    ]
    if standing.notice:
        lines.append(_one_line(standing.notice, "yellow"))
    room = height - len(lines) - 4
    return Group(_activities(standing.activities, now, room), *lines)


def _activities(activities: Sequence[Activity], now: int, room: int) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(no_wrap=True, overflow="ellipsis")
    shown = activities if len(activities) <= room else activities[: max(0, room - 1)]
    for each in shown:
        since = "" if each.since is None else f"{max(0, now - each.since) // 1000}s"
        table.add_row(each.what, since, each.said)
    if len(shown) < len(activities):
        table.add_row(f"and {len(activities) - len(shown)} more", "", "")
    return table


def _bar(used: float, limit: float | None) -> RenderableType:
    return Text("") if limit is None else ProgressBar(total=limit, completed=min(used, limit), width=_BAR)


def _one_line(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
