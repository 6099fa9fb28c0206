"""What a user sees while a study runs: a live panel on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
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
            self._print(f"[{_summary(standing, now)}] {line}; best: {standing.best or 'none yet'}")
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
        unicode = self._console.encoding.startswith("utf")
        return Group(*panel(self._standing, self._clock(), self._console.height, unicode=unicode))


def panel(standing: Standing, now: int, height: int, *, unicode: bool = True) -> list[Text]:
    """The panel at `now`: lines that never wrap, and fit into `height` with one to spare.

    Where a terminal cannot show `unicode`, bars are drawn in ASCII.
    """

    def meter(name: str, used: float, limit: float | None, said: str) -> Text:
        return _line(("dim", f"{name:<7}"), *_bar(used, limit, "━─" if unicode else "#-"), ("", said))

    below = [
        _line(("dim", "best   "), ("green" if standing.best else "", standing.best or "none yet")),
        meter("trials", standing.ended, standing.max_trials, standing.trials()),
        meter("time", standing.used_at(now), standing.max_duration, standing.time(now)),
    ]
    if standing.max_gpu_hours is not None:
        below.append(meter("GPUs", standing.gpu_hours, standing.max_gpu_hours, standing.gpu_time()))
    if standing.notice:
        below.append(_line(("yellow", standing.notice)))
    above = _activities(standing.activities, now, height - len(below) - 2)
    return [_line(), *above, *below]


def _activities(activities: Sequence[Activity], now: int, room: int) -> list[Text]:
    shown = activities if len(activities) <= room else activities[: max(0, room - 1)]
    since = ["" if each.since is None else f"{max(0, now - each.since) // 1000}s" for each in shown]
    widths = [max(map(len, column), default=0) for column in ([each.what for each in shown], since)]
    lines = [
        _line(("cyan", f"{each.what:<{widths[0]}}"), ("", f"  {time:>{widths[1]}}  {each.said}"))
        for each, time in zip(shown, since, strict=True)
    ]
    more = len(activities) - len(shown)
    return [*lines, _line(("dim", f"and {more} more"))] if more else lines


def _bar(used: float, limit: float | None, characters: str) -> list[tuple[str, str]]:
    if limit is None:
        return []
    full = round(_BAR * min(1.0, used / limit))
    return [("cyan", characters[0] * full), ("dim", f"{characters[1] * (_BAR - full)} ")]


def _line(*parts: tuple[str, str]) -> Text:
    """Pieces of text, each with its style before it."""
    line = Text(no_wrap=True, overflow="ellipsis")
    for style, text in parts:
        line.append(text, style)
    return line
