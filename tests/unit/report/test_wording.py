import math

import pytest

from tunewright.report.wording import count, duration, gpu_hours, number, printable, scalar, sentence, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1e-5, "1e-5"),
        (1.5e-12, "1.5e-12"),
        (1e20, "1e+20"),
        (123456789, "123456789"),
        (0.0673925580360608, "0.0673926"),
        (math.nan, "NaN"),
        (-math.inf, "-infinity"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert number(value) == text


def test_scalar_tells_types_apart() -> None:
    assert [scalar(value) for value in (True, 1, 1.5, "adam", None)] == ["true", "1", "1.5", "adam", "-"]


def test_printable_spells_what_a_terminal_would_obey() -> None:
    assert printable("a\x1b[31mb\nc\u202ed 日本 é") == "a\\x1b[31mb\\nc\\u202ed 日本 é"


def test_signed() -> None:
    assert [signed(value) for value in (0.0278, -1e-7, 0.0)] == ["+0.0278", "-1e-7", "0"]


def test_duration() -> None:
    assert [duration(ms) for ms in (0, 900, 9_999, 10_000, 3_723_000)] == [
        "0.0s",
        "0.9s",
        "10.0s",
        "10s",
        "1h2m3s",
    ]


def test_gpu_hours() -> None:
    assert gpu_hours(5_400_000) == "1.5 GPU-hours"


def test_count() -> None:
    assert [count(n, "trial") for n in (0, 1, 2000)] == ["0 trials", "1 trial", "2,000 trials"]


def test_sentence() -> None:
    assert sentence("MaxTrialsReached") == "max trials reached"
