"""Which of many things to draw, so that a page of any study opens."""

from collections.abc import Sequence
from typing import TypeVar

from tunewright.api.trial import Trial
from tunewright.report.view import StudyView

T = TypeVar("T")


def evenly(items: Sequence[T], limit: int) -> list[T]:
    """At most `limit` of the items, evenly spread, the first and the last among them."""
    if len(items) <= limit:
        return list(items)
    return [items[round(i * (len(items) - 1) / (limit - 1))] for i in range(limit)]


def best_and_latest(view: StudyView, trials: Sequence[Trial], limit: int) -> list[Trial]:
    """At most `limit` of the trials, by index.

    The default one and those that none beats come first, then the better half by rank, then the latest.
    """
    if len(trials) <= limit:
        return list(trials)
    by_name = {trial.name: trial for trial in trials}
    always = [view.default.name] if view.default else []
    always += [trial.name for trial in view.front]
    better = list(view.ranked[: limit // 2])
    latest = [trial.name for trial in reversed(trials)]
    chosen = [name for name in dict.fromkeys(always + better + latest) if name in by_name][:limit]
    return sorted((by_name[name] for name in chosen), key=lambda trial: trial.spec.index)
