import json
import math
from pathlib import Path

import pytest

from tunewright_trainer.sdk.last_word import MAX_BYTES, LastWordFile, compose
from tunewright_trainer.sdk.record import MAX_METRICS, Record


def test_holds_exact_summaries_and_a_rounded_curve() -> None:
    record = Record()
    record.add(1, {"accuracy": 0.5})
    record.add(3, {"accuracy": 0.1, "gain": math.nan})
    record.add(7, {"accuracy": 1 / 3, "loss": 1.5})
    record.add(8, {"loss": math.inf})

    assert json.loads(compose(record, ["accuracy"], final=False)) == {
        "v": 2,
        "final": False,
        "metrics": {
            "accuracy": [[7, 1 / 3], [3, 0.1], [1, 0.5]],
            "gain": [None, None, None, 1],
            "loss": [[7, 1.5], None, None, 1],
        },
        "curve": {"accuracy": [[1, 0.5], [3, 0.1], [7, 0.333333]]},
    }


def long_record(names: list[str]) -> Record:
    """A course whose last point and extremes are three, of the longest numbers."""
    record = Record()
    begin = 2**53 - 1001
    for step in range(begin, begin + 1000):
        value = {begin + 500: -1.2345678901234567e-300, begin + 700: 1.2345678901234567e300}.get(step, 0.0)
        record.add(step, dict.fromkeys(names, value))
    record.add(2**53 - 1, dict.fromkeys(names, -2.2250738585072014e-308 / 3) | {names[-1]: math.nan})
    return record


@pytest.mark.parametrize("count", [1, 3, 12, 30, MAX_METRICS])
@pytest.mark.parametrize("length", [2, 20, 63])
def test_holds_at_most_a_kibibyte_unless_what_must_be_there_needs_more(count: int, length: int) -> None:
    names = [f"{i:02}".rjust(length, "m") for i in range(count)]
    judging = names[-2:]

    word = compose(long_record(names), judging, final=True)

    document = json.loads(word)
    assert len(word) <= 1024
    assert list(document["metrics"])[: len(judging)] == judging
    assert document["curve"].keys() <= document["metrics"].keys()


@pytest.mark.parametrize("count", [16, MAX_METRICS])
def test_as_many_objectives_and_constraints_as_a_study_may_have_always_fit(count: int) -> None:
    names = [f"{i:02}".rjust(63, "m") for i in range(count)]
    record = long_record(names)
    for _ in range(999):
        record.add(2**53 - 1, dict.fromkeys(names, math.nan))

    word = compose(record, names[:16], final=False)

    assert 1024 < len(word) <= MAX_BYTES
    metrics = json.loads(word)["metrics"]
    assert list(metrics) == names[:16]
    assert metrics[names[0]] == [
        *([point.step, point.value] for point in record.metrics[names[0]].summary or ()),
        999,
    ]


def test_more_than_that_do_not_break_the_limit() -> None:
    names = [f"{i:02}".rjust(63, "m") for i in range(MAX_METRICS)]
    word = compose(long_record(names), names, final=True)
    assert len(word) <= MAX_BYTES
    assert len(json.loads(word)["metrics"]) >= 16


def test_room_that_is_left_goes_to_the_objectives_curve_first() -> None:
    record = Record()
    for step in range(1, 31):
        record.add(step, {"loss": 1 / step, "accuracy": step / 30, "other": step * 1.0})

    curve = json.loads(compose(record, ["accuracy"], final=True))["curve"]

    assert [step for step, _ in curve["accuracy"]] == list(range(1, 31))
    assert 2 <= len(curve["loss"]) < 30
    assert [curve["loss"][0][0], curve["loss"][-1][0]] == [1, 30]


def test_a_file_is_rewritten_in_place(tmp_path: Path) -> None:
    path = tmp_path / "termination-log"
    path.touch()
    inode = path.stat().st_ino
    file = LastWordFile(path)

    file.write(b'{"long": "word"}')
    file.write(b"{}")

    assert path.read_bytes() == b"{}"
    assert path.stat().st_ino == inode


def test_a_reader_between_write_and_truncate_sees_valid_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "termination-log"
    seen: list[bytes] = []
    file = LastWordFile(path)
    file.write(b'{"long": "word"}')
    monkeypatch.setattr("os.ftruncate", lambda descriptor, length: seen.append(path.read_bytes()))

    file.write(b'{"v":1}')

    assert json.loads(seen[0]) == {"v": 1}
