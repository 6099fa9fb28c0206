"""A study with constraints, as each report shows it."""

import csv
import io
import json
import re
from typing import Any

import plotly.graph_objects as go
from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view, with_status
from tests.unit.report.test_details import section
from tests.unit.report.test_sections import rows_of, text_of

from tunewright.api.trial import Trial
from tunewright.engine.feasibility import judged
from tunewright.report import sections
from tunewright.report.comparison import metric_rows
from tunewright.report.details import details
from tunewright.report.feasibility import Exclusion, exclusions, feasible_share, shortcoming
from tunewright.report.figures.drawing import describe
from tunewright.report.figures.history import history
from tunewright.report.figures.parallel import parallel_coordinates
from tunewright.report.figures.pareto import pareto_front
from tunewright.report.page import render
from tunewright.report.records import as_csv, as_json
from tunewright.report.summary import closing_summary
from tunewright.report.tables import as_table
from tunewright.report.view import StudyView

LATENCY = {"metric": "latency", "max": 50}
RECALL = {"metric": "recall", "min": 0.5}
METRICS: list[tuple[float, dict[str, float]]] = [
    (0.6, {"latency": 60.0, "recall": 0.75}),
    (0.9, {"latency": 63.0, "recall": 0.25}),
    (0.8, {"latency": 50.0, "recall": 0.5}),
    (0.7, {"latency": 20.0}),
    (0.5, {"latency": 20.0, "recall": 0.75}),
]


def a_bound_view(
    metrics: list[tuple[float, dict[str, float]]] = METRICS, *constraints: dict[str, Any]
) -> StudyView:
    study = a_study(constraints=constraints or [LATENCY, RECALL])
    trials = [
        judged_by(study.spec.constraints, a_trial(i, accuracy=a, reported=r))
        for i, (a, r) in enumerate(metrics)
    ]
    return with_status(study, trials, {})


def judged_by(constraints: Any, trial: Trial) -> Trial:
    return trial.model_copy(update={"status": judged(trial.status, constraints)})


def traces(plot: go.Figure | None) -> dict[str, go.Scatter]:
    assert plot is not None
    return {trace.name: trace for trace in plot.data}


def test_what_each_constraint_excludes() -> None:
    view = a_bound_view()
    first, second = view.constraints

    assert view.infeasible == {"digits-0", "digits-1", "digits-3"}
    assert list(exclusions(view)) == [Exclusion(first, 2, 1, 0), Exclusion(second, 1, 0, 1)]
    assert feasible_share(view) == (
        "2 of 5 trials feasible; excluded: 2 by latency at most 50, "
        "2 by recall at least 0.5 (1 did not report it)"
    )


def test_what_a_trial_falls_short_of() -> None:
    view = a_bound_view()

    assert [shortcoming(view, trial) for trial in view.searched] == [
        "breaks latency by 10",
        "breaks latency by 13, recall by 0.25",
        "",
        "recall not reported",
        "",
    ]


def test_without_constraints_nothing_is_said() -> None:
    view = a_view(12)

    assert view.infeasible == set()
    assert feasible_share(view) == ""
    assert "feasible" not in closing_summary(view)
    assert "feasible" not in as_csv(view)
    assert "Constraints" not in details(view, "digits-5f0c-0")


def test_the_feasible_come_before_the_better() -> None:
    view = a_bound_view()

    assert [member.name for member in view.front] == ["digits-2"]
    assert view.ranked == ["digits-2", "digits-4", "digits-1", "digits-3", "digits-0"]


def test_the_table_shows_the_metric_and_by_how_much_it_breaks_its_bound() -> None:
    lines = as_table(a_bound_view()).splitlines()

    assert lines[0].split()[:5] == ["trial", "state", "accuracy", "latency", "recall"]
    assert lines[2].startswith("   digits-1  Completed (breaks latency by 13, recall by 0.25)")
    assert lines[3].split()[:6] == ["*", "digits-2", "Completed", "0.8", "50", "0.5"]
    assert "Completed (recall not reported)" in lines[4]


def test_a_trial_is_held_against_each_bound() -> None:
    view = a_bound_view()
    text = details(view, "digits-1")

    assert text.splitlines()[1].endswith("; not feasible")
    assert [line.split() for line in section(text, "Constraints")[1:]] == [
        ["latency", "at", "most", "50", "63", "broken", "by", "13"],
        ["recall", "at", "least", "0.5", "0.25", "broken", "by", "0.25"],
    ]
    assert section(details(view, "digits-2"), "Constraints")[1].split()[-1] == "kept"
    assert section(details(view, "digits-3"), "Constraints")[2].split()[-3:] == ["-", "not", "reported"]
    assert details(view, "digits-2").splitlines()[1].endswith("; rank 1 of 5")


def test_the_summary_compares_what_has_a_bound_too() -> None:
    lines = closing_summary(a_bound_view()).splitlines()

    assert lines[2].startswith("2 of 5 trials feasible; excluded: ")
    assert lines[4] == "Best configuration: digits-2"
    assert [re.sub(" +", " ", line) for line in lines[-5:-2]] == [
        "accuracy (objective) 0.8 0.6 +0.2, but the default is not feasible",
        "latency (constraint) 50 60 -10; must be at most 50",
        "recall (constraint) 0.5 0.75 -0.25; must be at least 0.5",
    ]


def test_an_objective_may_have_a_bound() -> None:
    view = a_bound_view([(0.9, {}), (0.95, {})], {"metric": "accuracy", "min": 0.5})

    [objective] = [row for row in metric_rows(view) if not row.held_out]
    assert objective.words == "+0.05, better; must be at least 0.5"
    assert as_table(view).splitlines()[0].split()[:4] == ["trial", "state", "accuracy", "learning_rate"]


def test_while_none_is_feasible_the_nearest_is_shown_as_that() -> None:
    view = a_bound_view(METRICS[:2])

    assert view.front == []
    text = closing_summary(view)
    assert "No configuration is feasible; the nearest: digits-0, which breaks latency by 10" in text
    assert "nothing better was found" not in text
    assert "No configuration is feasible. The nearest is shown; it breaks latency by 10." in text_of(
        sections.headline(view)
    )
    assert "Best: digits-0, which breaks latency by 10." in text_of(sections.comparison(view))
    assert not any(line.startswith("*") for line in as_table(view).splitlines())


def test_nothing_is_known_of_a_metric_that_was_never_reported() -> None:
    view = a_bound_view([(0.9, {}), (0.8, {})])
    says = "No trial reported every metric that has a constraint, so there is no best configuration."

    assert says in closing_summary(view)
    assert says in text_of(sections.headline(view))


def test_the_page_has_a_section_for_the_constraints() -> None:
    view = a_bound_view()

    assert rows_of(sections.constraints(view)) == [
        ["latency", "at most 50", "3", "2", "1", "0"],
        ["recall", "at least 0.5", "3", "1", "0", "1"],
    ]
    assert "2 of 5 trials with a value of every objective keep all" in text_of(sections.constraints(view))
    rows = rows_of(sections.all_trials(view))
    assert [row[:3] for row in rows][-1] == ["digits-0", "5", "Completed (breaks latency by 10)"]
    assert rows[0][3:6] == ["0.8", "50", "0.5"]
    assert 'href="#constraints"' in render(view)
    assert "latency of the best 50 default 60 -10; must be at most 50" in text_of(sections.headline(view))
    empty = with_status(a_study(constraints=[LATENCY]), [], {})
    assert text_of(sections.constraints(empty)) == "No trial has a value of every objective yet."


def test_records_say_it_to_programs() -> None:
    view = a_bound_view()
    found = json.loads(as_json(view))

    assert found["best"]["violations"] == {}
    assert [trial["feasible"] for trial in found["trials"]] == [False, False, True, None, True]
    assert found["trials"][1]["violations"] == {"latency": 13.0, "recall": 0.25}
    rows = list(csv.DictReader(io.StringIO(as_csv(view))))
    assert [row["feasible"] for row in rows] == ["false", "false", "true", "", "true"]


def test_the_pointer_tells() -> None:
    view = a_bound_view()

    text = describe(view, view.trial("digits-1"))
    assert "latency = 63" in text
    assert "breaks latency by 13, recall by 0.25" in text


def test_the_history_leaves_them_out_of_the_best_so_far() -> None:
    view = a_bound_view()
    drawing = history(view)
    found = traces(drawing.plot)

    assert list(found["not feasible"].x) == [1, 2, 4]
    assert list(found["completed"].x) == [3, 5]
    assert list(found["best so far"].x) == [3, 5]
    assert list(found["best so far"].y) == [0.8, 0.8]
    assert "do not keep the constraints" in drawing.caption


def test_the_plane_of_two_objectives_has_them_hollow() -> None:
    view = a_view(60, latency=True, constraints=[{"metric": "latency", "max": 3}])
    drawing = pareto_front(view)
    found = traces(drawing.plot)

    hollow = found["not feasible"]
    assert hollow.marker.symbol == "circle-open"
    assert len(hollow.x) == len(view.infeasible - {view.default.name if view.default else ""}) > 0
    assert all(latency > 3 for latency in hollow.y)
    assert all(latency <= 3 for latency in found["Pareto front"].y)
    assert "the front is of the others" in drawing.caption
    assert "not feasible" not in traces(pareto_front(a_view(60, latency=True)).plot)


def test_parallel_coordinates_set_them_apart() -> None:
    view = a_view(40, constraints=[{"metric": "generalization_gap", "max": 0.07}])
    found = traces(parallel_coordinates(view).plot)

    assert 0 < len(view.infeasible) < len(view.evaluated)
    label = f"not feasible ({len(view.infeasible)})"
    assert found[label].visible == "legendonly"
    assert sum(text == "" for text in found[label].text) == len(view.infeasible)
