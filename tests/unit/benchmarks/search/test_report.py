"""The tables of the document."""

from pathlib import Path

import pytest
from benchmarks.search.cell import Cell
from benchmarks.search.errors import BenchmarkError
from benchmarks.search.regret import Curves
from benchmarks.search.report import BEGIN, END, Report, write_between_markers
from benchmarks.search.timing import Timing

TASKS = ["failing-divergence", "conditional-optimizer"]  # both have their optimum at 0


def curves(entrant: str, values: list[float], seeds: int) -> Curves:
    return {entrant: {Cell(entrant, t, s, workers=1): values for t in TASKS for s in range(seeds)}}


BOTH: Curves = {**curves("sobol", [1.0, 0.02, 0.02], seeds=3), **curves("random", [1.0, 0.04, 0.04], seeds=2)}
REPORT = Report(BOTH, reference="sobol", tasks=TASKS, at=[2, 3])


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_each_is_compared_on_the_searches_that_both_have_made() -> None:
    header, _, best, other = rows(REPORT.regrets(workers=1))
    assert header[1:4] == ["tasks x seeds", "regret at 2", "regret at 3"]
    assert (best[0], best[1], best[4]) == ("`sobol`", "2 x 3", "")
    assert (other[0], other[1], other[4]) == ("`random`", "2 x 2", "0.50 [0.50, 0.50] [0.50, 0.50]")
    assert float(other[2]) == pytest.approx(2 * float(best[2]), rel=0.01)


def test_of_one_seed_no_interval_over_seeds_is_told() -> None:
    one = {**curves("sobol", [1.0, 0.02], seeds=1), **curves("random", [1.0, 0.04], seeds=1)}
    _, _, _, other = rows(Report(one, reference="sobol", tasks=TASKS, at=[2]).regrets(workers=1))
    assert other[3] == "0.50 [one seed] [0.50, 0.50]"


def test_only_who_made_all_searches_has_a_rank() -> None:
    ranks = {row[0]: row[-1] for row in rows(REPORT.regrets(workers=1))}
    assert ranks["`sobol`"] == "1.0 / 1.0"
    assert ranks["`random`"] == ""


def test_a_curve_is_drawn_of_who_has_searched_all_tasks() -> None:
    some = {cell: curve for cell, curve in BOTH["random"].items() if cell.task == TASKS[0]}
    assert set(REPORT.mean_regrets(workers=1)) == {"sobol", "random"}
    partly = Report({**BOTH, "random": some}, reference="sobol", tasks=TASKS, at=[2, 3])
    assert set(partly.mean_regrets(workers=1)) == {"sobol"}


def test_without_searches_of_the_reference_there_is_no_table() -> None:
    with pytest.raises(BenchmarkError, match="with 4 workers"):
        REPORT.regrets(workers=4)


def test_who_never_reaches_it_is_past_the_last_trial() -> None:
    header, _, *found = rows(REPORT.reached(workers=1, trials=2))
    assert header == ["", "`random`"]
    assert found == [[TASKS[0], "> 3"], [TASKS[1], "> 3"], ["**median**", "**> 3**"]]


def test_the_text_has_what_was_measured(tmp_path: Path) -> None:
    text = REPORT.text([1], [Timing("sobol", {10: 0.001, 100: 0.002}, "it ended")])
    assert "| `sobol` | 0.001 | 0.002 | it ended |" in text
    document = tmp_path / "benchmarks.md"
    document.write_text(f"# Title\n\n{BEGIN}\nold\n{END}\nafter\n")
    write_between_markers(document, text)
    assert document.read_text() == f"# Title\n\n{BEGIN}\n\n{text}\n{END}\nafter\n"


def test_a_document_without_a_place_for_the_tables_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text("nothing\n")
    with pytest.raises(BenchmarkError, match=r"benchmarks\.md has no place"):
        write_between_markers(document, "text")
    assert document.read_text() == "nothing\n"
