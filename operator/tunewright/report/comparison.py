"""The best configuration against the default one, in figures and in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter, Scale, same
from tunewright.api.study import Objective
from tunewright.report.feasibility import bounds_of
from tunewright.report.view import StudyView
from tunewright.report.wording import number, scalar, signed

_PART = re.compile(r"^(train|training|val|valid|validation|test)[_./-]")


@dataclass(frozen=True)
class ParameterRow:
    """One parameter: its value in both configurations (None: not active), and the difference in words."""

    parameter: Parameter
    best: Scalar | None
    default: Scalar | None
    words: str

    @property
    def differs(self) -> bool:
        """Whether the two values are not the same."""
        return not same(self.best, self.default)


@dataclass(frozen=True)
class MetricRow:
    """One metric of both trials (None: not reported).

    Attributes:
        metric: its name.
        held_out: whether it was measured by the final test evaluation; else the search saw it.
        best, default: its values.
        objective: the objective that says which direction is better; None where nothing says so.
        bounds: the constraints on it, in words; empty where there are none.
        comparable: whether the default configuration counts as good at all: it keeps the constraints.
    """

    metric: str
    held_out: bool
    best: float | None
    default: float | None
    objective: Objective | None
    bounds: str = ""
    comparable: bool = True

    @property
    def difference(self) -> float | None:
        """Best less default."""
        return None if self.best is None or self.default is None else self.best - self.default

    @property
    def words(self) -> str:
        """The difference in words; of a metric that has a constraint, the bound."""
        return "; ".join(filter(None, [self._change(), self.bounds and f"must be {self.bounds}"]))

    def _change(self) -> str:
        if self.best is None or self.default is None:
            return ""
        if self.best == self.default:
            return "the same"
        change = f"{signed(self.best - self.default)}"
        if self.objective is None:
            return change
        if not self.comparable:
            return f"{change}, but the default is not feasible"
        return f"{change}, {'better' if self.objective.better(self.best, self.default) else 'worse'}"


def parameter_rows(view: StudyView) -> list[ParameterRow]:
    """All parameters in the study's order; empty while there is no best trial."""
    best = view.best
    if best is None:
        return []
    default = view.default.parameters if view.default else None
    rows = []
    for parameter in view.study.spec.parameters:
        ours = best.parameters.get(parameter.name)
        theirs = default.get(parameter.name) if default is not None else parameter.default
        rows.append(ParameterRow(parameter, ours, theirs, difference_in_words(parameter, ours, theirs)))
    return rows


def metric_rows(view: StudyView) -> list[MetricRow]:
    """The objectives, other constrained metrics, then those of the tests; empty while there is no best."""
    best, default = view.best, view.default
    if best is None:
        return []
    usual = default.objectives if default else {}
    comparable = default is None or default.name not in view.infeasible
    rows = [
        MetricRow(
            o.metric,
            False,
            best.objectives.get(o.metric),
            usual.get(o.metric),
            o,
            bounds_of(view, o.metric),
            comparable,
        )
        for o in view.objectives
    ]
    rows += [
        MetricRow(
            metric,
            False,
            view.last(best.name, metric),
            view.last(default.name, metric) if default else None,
            None,
            bounds_of(view, metric),
        )
        for metric in view.constrained
    ]
    ours, theirs = view.test(best.name), view.test(default.name) if default else {}
    tested = [
        MetricRow(metric, True, ours.get(metric), theirs.get(metric), like(metric, view.objectives))
        for metric in dict.fromkeys([*ours, *theirs])
    ]
    return rows + sorted(tested, key=lambda row: row.objective is None)


def like(metric: str, objectives: Sequence[Objective]) -> Objective | None:
    """The objective that is the same quantity, if on another part of the data."""
    return next((o for o in objectives if stem(metric) == stem(o.metric)), None)


def stem(metric: str) -> str:
    """What a metric measures, whatever the data: `loss` for `test_loss` and `validation_loss`."""
    return _PART.sub("", metric)


def difference_in_words(parameter: Parameter, best: Scalar | None, default: Scalar | None) -> str:
    """How the value `best` differs from `default`; None is an inactive parameter."""
    if same(best, default):
        return "as the default" if best is not None else "not active in either"
    if best is None:
        return "not active in the best"
    if default is None:
        return "not active in the default"
    if not _is_number(best) or not _is_number(default) or not parameter.numeric:
        return f"{scalar(best)} instead of {scalar(default)}"
    return _numeric_difference(parameter, float(best), float(default))


def _numeric_difference(parameter: Parameter, best: float, default: float) -> str:
    if parameter.scale is Scale.LOG and best > 0 and default > 0:
        ratio = best / default
        if ratio >= 1:
            return f"{number(float(f'{ratio:.3g}'))} times the default"
        return f"the default divided by {number(float(f'{1 / ratio:.3g}'))}"
    change = number(float(f"{abs(best - default):.3g}"))
    return f"{change} {'higher' if best > default else 'lower'} than the default"


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
