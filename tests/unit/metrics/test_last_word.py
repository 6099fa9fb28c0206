"""The last word."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunewright.metrics.last_word import LastWord, parse_last_word

WORD = {"v": 1, "final": True, "step": 7, "metrics": {"accuracy": 0.9}, "curve": {"accuracy": [[1, 0.5]]}}


def test_a_last_word() -> None:
    assert parse_last_word(json.dumps(WORD).encode()) == LastWord(True, 7, {"accuracy": 0.9})


def test_before_the_first_report() -> None:
    word: dict[str, Any] = {"v": 1, "final": False, "step": None, "metrics": {}, "curve": {}}
    assert parse_last_word(json.dumps(word).encode()) == LastWord(False, None, {})


@pytest.mark.parametrize("padding", [b"", b" " * 100, b"\n", b'"curve":{"accuracy":[[1,0.5]]}}'])
def test_what_a_longer_word_left_behind_is_passed_over(padding: bytes) -> None:
    word = parse_last_word(json.dumps(WORD).encode() + padding)
    assert word == LastWord(True, 7, {"accuracy": 0.9})


@pytest.mark.parametrize("text", [b"", b"\n", b"\0\0\0"])
def test_nothing_was_said(text: bytes) -> None:
    assert parse_last_word(text) is None


@pytest.mark.parametrize(
    "text",
    [
        b"garbage",
        b'{"v":1,"final":true',
        b'{"final":"true"}',
        b'{"final":1}',
        b"[]",
        b"x" * 10**6,
        b"[" * 10**6,
    ],
)
def test_garbage_is_not_final(text: bytes) -> None:
    assert parse_last_word(text) == LastWord()


@given(st.integers(1, 200))
def test_a_torn_word_is_not_final(cut: int) -> None:
    text = json.dumps(WORD).encode()
    word = parse_last_word(text[:-cut])
    assert word is None or not word.final
