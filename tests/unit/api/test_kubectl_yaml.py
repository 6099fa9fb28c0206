"""What kubectl reads: the values were taken from `kubectl label --local -o json` (client 1.32)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunewright.api.kubectl_yaml import read
from tunewright.api.problems import Invalid

SCALARS: dict[str, object] = {
    "1e-5": 1e-5,
    "1.0e-5": 1e-5,
    "1E+3": 1000,
    "1e5": 100000,
    ".5": 0.5,
    "+.5e2": 50,
    "5.": 5,
    "1.0": 1,
    "-0": 0,
    "1e400": "1e400",
    "7e4739": "7e4739",
    "1e-400": 0,
    "100000000000000000000.0": 1e20,
    "9223372036854775807": 2**63 - 1,
    "-9223372036854775808": -(2**63),
    "+12": 12,
    "1_000": 1000,
    "_1": "_1",
    "1,000": "1,000",
    "017": 15,
    "0o17": 15,
    "0O17": 15,
    "-017": -15,
    "08": 8,
    "0x1F": 31,
    "0X1f": 31,
    "-0x1F": -31,
    "0b11": 3,
    "0b102": "0b102",
    "0x": "0x",
    "0x1p4": "0x1p4",
    "1e": "1e",
    "+": "+",
    ".": ".",
    "1:30": "1:30",
    "190:20:30": "190:20:30",
    "2026-01-31": "2026-01-31",
    "2001-12-14t21:59:43.10-05:00": "2001-12-14t21:59:43.10-05:00",
    "y": True,
    "Y": True,
    "yes": True,
    "on": True,
    "ON": True,
    "TRUE": True,
    "N": False,
    "no": False,
    "Off": False,
    "tRue": "tRue",
    "nO": "nO",
    "~": None,
    "Null": None,
    "nULL": "nULL",
    "=": "=",
    "infinity": "infinity",
    "nan": "nan",
    '"1e-5"': "1e-5",
    "'yes'": "yes",
    '"2026-01-31"': "2026-01-31",
    '""': "",
}


@pytest.mark.parametrize(("text", "value"), SCALARS.items())
def test_a_scalar(text: str, value: object) -> None:
    document = read(f"k: {text}")
    assert isinstance(document, dict)
    assert document == {"k": value}
    assert type(document["k"]) is type(value)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1))
def test_a_number_as_python_writes_it(number: float) -> None:
    assert read(repr(number)) == number


@given(st.text(st.characters(max_codepoint=0xD7FF, exclude_categories=["Cc", "Zl", "Zp"])))
def test_a_text_in_quotes(text: str) -> None:
    assert read("'" + text.replace("'", "''") + "'") == text


def test_a_merge_gives_way_to_what_is_written() -> None:
    text = "base: &base {a: 1, b: 1}\nother: &other {a: 2, c: 2}\nboth: {b: 3, <<: [*base, *other]}\n"
    assert read(text) == {
        "base": {"a": 1, "b": 1},
        "other": {"a": 2, "c": 2},
        "both": {"a": 1, "b": 3, "c": 2},
    }


def test_an_alias_is_a_copy() -> None:
    value = read("a: &a [1]\nb: *a\n")
    assert isinstance(value, dict)
    first, second = value["a"], value["b"]
    assert first == second
    assert first is not second


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert read('"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n", "---\n---\n", "null"])
def test_nothing(text: str) -> None:
    assert read(text) is None


def test_empty_documents_do_not_count() -> None:
    assert read("---\n---\na: 1\n---\n") == {"a": 1}


def test_a_tab_in_a_quoted_text_of_yaml_stays() -> None:
    assert read('{a: "x\ty"}') == {"a": "x\ty"}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a: 1\na: 2", "a"),
        ("a: {b: [x, {c: .nan}]}", "a.b[1].c"),
        ("a: [1, !x 2]", "a[1]"),
        ("a: [", "line 1, column 5"),
        ("&a [*a]", "line 1, column 5"),
    ],
)
def test_where(text: str, path: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(text)
    assert caught.value.problem.path == path
