import json
import math
from pathlib import Path

import pytest

from tunewright_trainer.sdk.last_word import LastWordFile, compose
from tunewright_trainer.sdk.record import MAX_METRICS, Record


def test_holds_exact_final_values_and_a_rounded_curve() -> None:
    record = Record()
    record.add(1, {"accuracy": 0.5})
    record.add(7, {"accuracy": 1 / 3, "loss": math.inf})

    assert json.loads(compose(record, ["accuracy"], final=False)) == {
        "v": 1,
        "final": False,
        "step": 7,
        "metrics": {"accuracy": 1 / 3, "loss": "Infinity"},
        "curve": {"accuracy": [[1, 0.5], [7, 0.333333]]},
    }


@pytest.mark.parametrize("count", [1, 3, 12, 30, MAX_METRICS])
@pytest.mark.parametrize("length", [1, 20, 300])
def test_never_exceeds_a_kibibyte_and_keeps_the_objectives(count: int, length: int) -> None:
    names = [f"{'m' * length}{i:02}" for i in range(count)]
    objectives = names[-2:]
    record = Record()
    for step in range(1, 1001):
        record.add(step, dict.fromkeys(names, math.pi * 1e-100 * step))

    word = compose(record, objectives, final=True)

    document = json.loads(word)
    assert len(word) <= 1024
    assert list(document["metrics"])[: len(objectives)] == objectives
    assert document["curve"].keys() <= document["metrics"].keys()


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
