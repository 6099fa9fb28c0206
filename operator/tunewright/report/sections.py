"""The parts of the HTML report that are no plots: the headline and the tables."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from tunewright.api.parameters import Parameter, Scale
from tunewright.api.trial import Outcome, Trial, TrialState
from tunewright.report.comparison import MetricRow, metric_rows, parameter_rows
from tunewright.report.feasibility import bound, breaks, exclusions, state_of
from tunewright.report.markup import Content, element, table
from tunewright.report.proposals import prediction, source
from tunewright.report.sample import best_and_latest
from tunewright.report.summary import by_state, elapsed, why_ended, why_no_best
from tunewright.report.view import StudyView
from tunewright.report.warm_start import warm_start_lines
from tunewright.report.wording import count, duration, gpu_hours, number, scalar, sentence

MAX_ROWS = 1_000
MAX_NAMES = 20
MAX_MESSAGE = 300
_MAX_CELLS = 30_000

GAP, OVERFITTING = "generalization_gap", "overfitting"
"""The metrics by which the built-in trainer tells how far training and validation differ."""

_HOUR = 3_600_000


def headline(view: StudyView) -> list[Element]:
    """What came out, in cards: the best beside the default, and what it took."""
    parts = [element("h1", f"Study {view.name}"), element("p", f"{why_ended(view).capitalize()}.")]
    parts += [element("p", f"{line}.", class_="soft") for line in warm_start_lines(view.study.status)]
    if view.best is None:
        parts.append(element("p", why_no_best(view)))
    elif view.best.violations:
        nearest = f"No configuration is feasible. The nearest is shown; it {breaks(view.best.violations)}."
        parts.append(element("p", nearest, class_="worse"))
    elif view.default is not None and view.default.name == view.best.name:
        parts.append(element("p", "The default configuration is the best one: nothing better was found."))
    results = [_metric_card(row) for row in metric_rows(view) if row.objective is not None or row.bounds]
    return [*parts, element("dl", *results, *_budget_cards(view), class_="cards")]


def _metric_card(row: MetricRow) -> Element:
    default = "not reported" if row.default is None else number(row.default)
    return _card(
        f"{row.metric} of the best{', held-out test' if row.held_out else ''}",
        "not reported" if row.best is None else number(row.best),
        element("span", f"default {default}", class_="soft"),
        element("br"),
        element("span", row.words, class_=_verdict(row)),
    )


def _verdict(row: MetricRow) -> str:
    return row.words.rpartition(", ")[2] if row.words.endswith(("better", "worse")) else "soft"


def _card(title: str, figure: str, *content: Content) -> Element:
    return element(
        "div", element("dt", title), element("dd", element("div", figure, class_="figure"), *content)
    )


def _budget_cards(view: StudyView) -> Iterator[Element]:
    status, budget = view.study.status, view.study.spec.budget
    made = max(status.next_index, len(view.searched))
    most = budget.max_trials if budget else None
    yield _usage("trials", f"{made:,}", made, most, f"of {most or 0:,}", by_state(view))
    if budget and budget.max_failed_trials is not None:
        failed, most = status.charged.failed_trials, budget.max_failed_trials
        yield _usage("failed trials", f"{failed:,}", failed, most, f"of {most:,} that may fail")
    limit = budget.max_duration * 1000 if budget and budget.max_duration else None
    yield _usage(
        "wall-clock time", elapsed(view), status.active_milliseconds, limit, f"of {duration(limit or 0)}"
    )
    used = status.charged.gpu_milliseconds
    hours = budget.max_gpu_hours * _HOUR if budget and budget.max_gpu_hours else None
    if used or hours:
        yield _usage("GPU time", gpu_hours(used), used, hours, f"of {gpu_hours(hours or 0)}")


def _usage(title: str, figure: str, used: float, most: float | None, limit: str, more: str = "") -> Element:
    """A card of one budget; `most` None: it has no limit."""
    content: list[Content] = []
    if most:
        content.append(element("progress", value=f"{min(1, used / most):.3f}", max="1", aria_label=title))
    text = "; ".join(part for part in (limit if most is not None else "", more) if part)
    return _card(title, figure, *content, element("div", text, class_="soft"))


def comparison(view: StudyView) -> list[Element]:
    """The best configuration and its metrics against the default's."""
    if view.best is None:
        return [_nothing("There is no best configuration to compare.")]
    metrics = [
        (
            row.metric,
            "held-out test data" if row.held_out else "the search",
            _value(row.best),
            _value(row.default),
            element("span", row.words, class_=_verdict(row)),
        )
        for row in metric_rows(view)
    ]
    parameters = [
        (
            row.parameter.name,
            element("span", scalar(row.best), class_="best" if row.differs else ""),
            scalar(row.default),
            row.words,
            _domain(row.parameter),
        )
        for row in parameter_rows(view)
    ]
    first = (
        f", the best of the Pareto front in {view.objectives[0].metric}" if len(view.objectives) > 1 else ""
    )
    default = view.default.name if view.default else "which has not been evaluated"
    if view.default and view.default.name in view.infeasible:
        default += ", which is not feasible"
    best = view.best.name + (f", which {breaks(view.best.violations)}" if view.best.violations else "")
    tested = any(row.held_out for row in metric_rows(view))
    return [
        element("p", f"Best: {best}{first}. Default: {default}."),
        table(
            "Metrics. The search chose the best by its objective, so that value flatters it; "
            + (
                "the held-out test does not."
                if tested
                else "there is no held-out test evaluation to set it right."
            ),
            ["metric", "measured by", ">best", ">default", "difference"],
            metrics,
        ),
        table("Parameters.", ["parameter", ">best", ">default", "difference", "search space"], parameters),
    ]


def _domain(parameter: Parameter) -> str:
    scale = (
        f", {sentence(parameter.scale)} scale"
        if parameter.numeric and parameter.scale is not Scale.LINEAR
        else ""
    )
    return parameter.domain().removeprefix("choose ") + scale


def front(view: StudyView) -> list[Element]:
    """The trials on the Pareto front, the best in the first objective first."""
    first = view.objectives[0]
    sign = -1 if first.better(1, 0) else 1
    members = sorted(view.front, key=lambda trial: sign * trial.objectives.get(first.metric, 0.0))
    parameters = view.study.spec.parameters
    rows = [
        (
            trial.name,
            *(_value(trial.objectives.get(o.metric)) for o in view.objectives),
            *(_value(view.last(trial.name, metric)) for metric in view.constrained),
            *(scalar(trial.parameters.get(p.name)) for p in parameters),
        )
        for trial in members
    ]
    headings = ["trial", *(f">{metric}" for metric in view.study.spec.judging), *_headings(view)]
    return [table(f"{count(len(rows), 'trial')} on the Pareto front.", headings, rows)]


def constraints(view: StudyView) -> list[Element]:
    """What each constraint has excluded."""
    if not view.evaluated:
        return [_nothing("No trial has a value of every objective yet.")]
    rows = [
        (
            each.constraint.metric,
            bound(each.constraint),
            f"{len(view.evaluated) - each.broken - each.unreported:,}",
            f"{each.broken:,}",
            f"{each.alone:,}",
            f"{each.unreported:,}",
        )
        for each in exclusions(view)
    ]
    kept = len(view.evaluated) - len(view.infeasible)
    caption = (
        f"{kept:,} of {count(len(view.evaluated), 'trial')} with a value of every objective keep all "
        "constraints; the others cannot be the best. A trial's last value of the metric counts."
    )
    return [table(caption, ["metric", "bound", ">kept by", ">broken by", ">alone", ">not reported"], rows)]


def stages(view: StudyView) -> list[Element]:
    """The stages that have begun, and why each looked just there."""
    rows = [
        (stage.name, f"{stage.first_index:,}", f"{stage.trials:,}", "; ".join(stage.reasons))
        for stage in view.study.status.stages
    ]
    caption = "Each stage starts from the best trial of those before it."
    return [table(caption, ["stage", ">first trial", ">trials", "what was fixed and narrowed"], rows)]


def failures(view: StudyView) -> list[Element]:
    """The failed trials by reason, the most frequent first, and what was interrupted but tried again."""
    failed: dict[str, list[Trial]] = {}
    for trial in view.searched:
        if trial.status.state is TrialState.FAILED:
            failed.setdefault(trial.status.reason or "not told", []).append(trial)
    parts = []
    if failed:
        rows = [
            (reason, str(len(trials)), _messages(trials), _names(trials))
            for reason, trials in sorted(failed.items(), key=lambda item: -len(item[1]))
        ]
        total = sum(map(len, failed.values()))
        parts.append(
            table(f"{count(total, 'trial')} failed.", ["reason", ">trials", "message", "which"], rows)
        )
    else:
        parts.append(_nothing("No trial has failed."))
    interrupted = [a for t in view.searched for a in t.status.attempts if a.outcome is Outcome.INTERRUPTED]
    if interrupted:
        reasons = ", ".join(sorted({attempt.reason or "not told" for attempt in interrupted}))
        parts.append(element("p", f"{count(len(interrupted), 'attempt')} interrupted ({reasons})."))
    return parts


def _messages(trials: Sequence[Trial]) -> str:
    messages = list(dict.fromkeys(trial.status.message for trial in trials if trial.status.message))
    if not messages:
        return ""
    first = messages[0] if len(messages[0]) <= MAX_MESSAGE else messages[0][:MAX_MESSAGE] + "…"
    return first + (f" (and {count(len(messages) - 1, 'other message')})" if len(messages) > 1 else "")


def _names(trials: Sequence[Trial]) -> str:
    names = ", ".join(trial.name for trial in trials[:MAX_NAMES])
    return names + (f" and {len(trials) - MAX_NAMES:,} more" if len(trials) > MAX_NAMES else "")


def _why(trial: Trial) -> str:
    reason = trial.spec.proposal.reason
    return reason if len(reason) <= MAX_MESSAGE else reason[:MAX_MESSAGE] + "…"


_ORIGINS = {"from": source, ">predicted": prediction, "why": _why}
"""Columns of the table of all trials that are there if any trial has something to tell."""


def all_trials(view: StudyView) -> list[Element]:
    """The trials, best first, then those without a value."""
    if not view.searched:
        return [_nothing("There are no trials yet.")]
    gaps = [
        metric
        for metric in (GAP, OVERFITTING)
        if metric not in view.constrained and any(metric in t.status.metrics for t in view.searched)
    ]
    origins = {name: told for name, told in _ORIGINS.items() if any(map(told, view.searched))}
    headings = [
        "trial", ">rank", "state", *(f">{metric}" for metric in view.study.spec.judging),
        *(f">{metric}" for metric in gaps), ">time", *_headings(view), *origins,
    ]  # fmt: skip
    shown = best_and_latest(view, view.searched, min(MAX_ROWS, _MAX_CELLS // len(headings)))
    ranks = {name: rank for rank, name in enumerate(view.ranked, start=1)}
    shown.sort(key=lambda trial: ranks.get(trial.name, len(ranks) + 1))
    rows = [
        [*_row(view, trial, ranks.get(trial.name), gaps), *(told(trial) for told in origins.values())]
        for trial in shown
    ]
    caption = f"{count(len(view.searched), 'trial')}, best first."
    if len(shown) < len(view.searched):
        caption = (
            f"{len(shown):,} of {len(view.searched):,} trials, the best and the latest. "
            "`tunewright results --output csv` lists all."
        )
    whole = table(caption, headings, rows)
    whole.set("class", "scroll tall")
    return [whole]


def _row(view: StudyView, trial: Trial, rank: int | None, gaps: Sequence[str]) -> list[Content]:
    status = trial.status
    kind = "failed" if status.state is TrialState.FAILED else ""
    if trial.name in view.infeasible:
        kind = "soft"
    if view.default and trial.name == view.default.name:
        kind = "default"
    if any(trial.name == member.name for member in view.front):
        kind = "best"
    return [
        element("span", trial.name, class_=kind),
        "" if rank is None else str(rank),
        state_of(view, trial),
        *(_value(status.objectives.get(o.metric)) for o in view.objectives),
        *(_value(view.last(trial.name, metric)) for metric in view.constrained),
        *(_gap(trial, metric) for metric in gaps),
        _time(trial),
        *(scalar(trial.spec.parameters.get(p.name)) for p in view.study.spec.parameters),
    ]


def _gap(trial: Trial, metric: str) -> str:
    summary = trial.status.metrics.get(metric)
    if summary is None:
        return ""
    if metric == OVERFITTING:
        return "yes" if summary.last else "no"
    return number(summary.last)


def _time(trial: Trial) -> str:
    """The run time of all attempts that have ended."""
    return "" if trial.status.run_time is None else duration(trial.status.run_time)


def _headings(view: StudyView) -> list[str]:
    return [(">" if parameter.numeric else "") + parameter.name for parameter in view.study.spec.parameters]


def _value(value: float | None) -> str:
    return "" if value is None else number(value)


def _nothing(text: str) -> Element:
    return element("p", text, class_="nothing")
