"""Where a running study stands, in words: what the live panel and the plain lines have in common."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tunewright.api.base import format_duration
from tunewright.api.problems import one_line
from tunewright.api.trial import Outcome, Purpose, Trial, TrialState
from tunewright.engine.budget import active_time, budget_of, gpu_time
from tunewright.engine.facts import Execution
from tunewright.engine.reasons import Reason
from tunewright.engine.state import State
from tunewright.report.feasibility import breaks
from tunewright.report.wording import duration, number

MAX_LINE = 160
"""Characters of a line that tells of a trial."""

_SECOND = 1_000
_HOUR = 3_600_000


@dataclass(frozen=True)
class Activity:
    """Something that goes on: what, since when (milliseconds since the Unix epoch), and its latest news."""

    what: str
    since: int | None
    said: str


@dataclass(frozen=True)
class Standing:
    """One moment of a study. It stays as it is while the study goes on, so that a thread can show it.

    Attributes:
        now: the moment, in milliseconds since the Unix epoch.
        activities: what goes on.
        best_trial: the name of the best trial so far; empty while there is none.
        best: its number, and its value of each objective; empty while there is none.
        ended, failed, max_trials: numbers of trials.
        used, max_duration: wall-clock time, in milliseconds.
        timed: whether wall-clock time is being used.
        gpu_hours, max_gpu_hours: GPU time.
        notice: what the user should know now; empty as a rule.
    """

    now: int
    activities: Sequence[Activity]
    best_trial: str
    best: str
    ended: int
    failed: int
    max_trials: int
    used: int
    max_duration: int | None
    timed: bool
    gpu_hours: float
    max_gpu_hours: float | None
    notice: str

    @classmethod
    def of(cls, state: State, now: int) -> "Standing":
        """The state's, at `now`."""
        spec, status = state.study.spec, state.study.status
        budget = budget_of(spec)
        return cls(
            now=now,
            activities=list(_activities(state)),
            best_trial=status.best.name if status.best is not None else "",
            best=_best(state),
            ended=status.trials.completed + status.trials.stopped + status.trials.failed,
            failed=status.trials.failed,
            max_trials=budget.max_trials,
            used=active_time(state, now),
            max_duration=None if budget.max_duration is None else budget.max_duration * 1000,
            timed=status.active_since is not None,
            gpu_hours=gpu_time(state, now) / _HOUR,
            max_gpu_hours=budget.max_gpu_hours,
            notice=_notice(state),
        )

    def trials(self) -> str:
        """`3 of 20, 1 failed`."""
        return f"{self.ended} of {self.max_trials}" + (f", {self.failed} failed" if self.failed else "")

    def used_at(self, now: int) -> int:
        """Wall-clock time used at a later moment, in milliseconds, if nothing happens until then."""
        return self.used + (max(0, now - self.now) if self.timed else 0)

    def time(self, now: int) -> str:
        """`1m40s left of 2m, about 50s to go`."""
        used = self.used_at(now)
        left = None if self.max_duration is None else max(0, self.max_duration - used)
        text = f"{_whole(used)} used"
        if self.max_duration is not None and left is not None:
            text = f"{_whole(left)} left of {_whole(self.max_duration)}"
        to_go = self._to_go(now)
        if to_go is not None and to_go >= _SECOND and (left is None or to_go < left):
            text += f", about {_whole(to_go)} to go"
        return text

    def gpu_time(self) -> str:
        """`0.25 of 8 GPU-hours`; empty without such a budget."""
        if self.max_gpu_hours is None:
            return ""
        return f"{number(float(f'{self.gpu_hours:.3g}'))} of {number(self.max_gpu_hours)} GPU-hours"

    def _to_go(self, now: int) -> float | None:
        """How long the rest takes, in milliseconds, if trials go on ending as often as they have."""
        if not self.ended:
            return None
        return (self.max_trials - self.ended) * self.used_at(now) / self.ended


def _whole(milliseconds: float) -> str:
    return format_duration(round(milliseconds / _SECOND))


def _activities(state: State) -> Iterator[Activity]:
    running = [(state.trials[key.trial], execution) for key, execution in state.executions.items()]
    for trial, execution in sorted(running, key=lambda each: each[0].spec.index):
        yield Activity(_label(trial), execution.started_at, _progress(state, trial, execution))
    if state.asked is not None and state.asked.response is None:
        yield Activity("sampler", None, "chooses what to try next")


def _progress(state: State, trial: Trial, execution: Execution) -> str:
    if execution.stopping:
        return "stops"
    metrics = execution.metrics
    reported = [metric for metric in state.study.spec.judging if metric in metrics]
    if trial.spec.purpose is Purpose.FINAL_TEST or not reported:
        return "" if metrics else "nothing reported yet"
    step = metrics[reported[0]].last_step
    return ", ".join(f"{name} {number(metrics[name].last)}" for name in reported) + f" at step {step}"


def _best(state: State) -> str:
    best = state.study.status.best
    if best is None:
        return ""
    return ", ".join(filter(None, [f"trial {best.index}", _values(best.objectives), breaks(best.violations)]))


def _values(metrics: dict[str, float]) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in metrics.items())


def _notice(state: State) -> str:
    definition = state.study.spec.trial
    if not (state.study.spec.suspend and state.executions) or definition is None:
        return ""
    grace = format_duration(definition.grace_period)
    return f"Stopping: what runs saves a checkpoint, and has {grace} for it; press Ctrl-C again to kill it."


def _label(trial: Trial) -> str:
    number_of = f"trial {trial.spec.index}"
    return f"test of {number_of}" if trial.spec.purpose is Purpose.FINAL_TEST else number_of


def event(state: State, trial: Trial) -> str:
    """What has become of a trial that was just recorded, on one line; empty where that is no news."""
    status = trial.status
    if status.state.terminal:
        return one_line(f"{_label(trial)} {_ending(state, trial)}", MAX_LINE)
    last = status.attempts[-1] if status.attempts else None
    if status.state is not TrialState.PENDING or status.stop is not None or last is None:
        return ""
    if last.outcome is Outcome.INTERRUPTED:
        why = ": ".join(part for part in (last.reason, last.message) if part)
        return one_line(f"{_label(trial)} interrupted, and will be tried again: {why}", MAX_LINE)
    return f"{_label(trial)} stopped, to be continued" if last.reason == Reason.SUSPENDED else ""


def _ending(state: State, trial: Trial) -> str:
    status = trial.status
    said = status.state.value.lower()
    if status.state is not TrialState.COMPLETED:
        why = ": ".join(part for part in (status.reason, status.message) if part)
        return f"{said}: {why}"
    told = [_values(_measured(state, trial)), breaks(status.violations), status.message]
    return f"{said} in {duration(status.run_time or 0)}: {', '.join(filter(None, told))}"


def _measured(state: State, trial: Trial) -> dict[str, float]:
    """What a trial is judged by; of a test evaluation what it measured beyond what its source had."""
    if trial.spec.purpose is not Purpose.FINAL_TEST:
        metrics = trial.status.metrics
        last = {metric: metrics[metric].last for metric in state.study.spec.judging if metric in metrics}
        return {**last, **trial.status.objectives}
    source = state.trials.get(trial.spec.source or "")
    known = source.status.metrics if source is not None else {}
    return {name: summary.last for name, summary in trial.status.metrics.items() if name not in known}
