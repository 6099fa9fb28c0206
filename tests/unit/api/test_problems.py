"""Messages about an input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunewright.api.problems import InvalidInput, Problem, join, one_line, path_of, unknown


@pytest.mark.parametrize(
    ("prefix", "path", "joined"),
    [("a", "b", "a.b"), ("a", "[0].b", "a[0].b"), ("", "b", "b"), ("a", "", "a"), ("", "", "")],
)
def test_join(prefix: str, path: str, joined: str) -> None:
    assert join(prefix, path) == joined


def test_path_of() -> None:
    assert path_of(("spec", "parameters", 1, "when", "x", 0)) == "spec.parameters[1].when.x[0]"


@pytest.mark.parametrize(
    ("name", "known", "message"),
    [
        (
            "maxTrial",
            ["maxTrials", "seed"],
            "no field is named maxTrial; did you mean maxTrials? Choose one of maxTrials, seed",
        ),
        (
            "MAX_TRIALS",
            ["maxTrials"],
            "no field is named MAX_TRIALS; did you mean maxTrials? Choose one of maxTrials",
        ),
        ("zzz", ["maxTrials", "seed"], "no field is named zzz; choose one of maxTrials, seed"),
        ("zzz", [], "no field is named zzz; there is none"),
        ("", ["a"], "no field is named ; choose one of a"),
    ],
)
def test_unknown(name: str, known: list[str], message: str) -> None:
    assert unknown("field", name, known) == message


@given(st.text(), st.integers(10, 100))
def test_a_line_is_one_short_printable_line(text: str, length: int) -> None:
    line = one_line(text, length)
    assert line.isprintable()
    assert len(line) <= length


def test_a_plain_text_is_left_as_it_is() -> None:
    assert one_line("a  b\n\tc\u00e9") == "a b c\u00e9"


def test_the_lines_of_a_refusal() -> None:
    problems = [Problem("spec.a", "is wrong"), Problem("", "is empty")]
    assert InvalidInput(problems, "x.yaml").lines() == ["x.yaml: spec.a: is wrong", "x.yaml: is empty"]
    assert str(InvalidInput(problems)) == "spec.a: is wrong\nis empty"


def test_a_problem_seen_from_above() -> None:
    assert Problem("a", "b").under("c[0]") == Problem("c[0].a", "b")
