import json
import math
from pathlib import Path

import pytest

from tunewright_trainer.sdk.observations import ObservationsFile


def test_each_report_is_one_line_of_strict_json(tmp_path: Path) -> None:
    path = tmp_path / "observations.jsonl"
    file = ObservationsFile(path)
    file.append(1, 1699.25, {"loss": math.nan, "accuracy": 0.5})
    file.append(2, 1700.5, {"loss": 0.25})

    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"step": 1, "time": 1699.25, "metrics": {"loss": "NaN", "accuracy": 0.5}},
        {"step": 2, "time": 1700.5, "metrics": {"loss": 0.25}},
    ]


def test_a_line_that_an_earlier_attempt_tore_stays_apart(tmp_path: Path) -> None:
    path = tmp_path / "observations.jsonl"
    path.write_text('{"step": 1}\n{"st')
    ObservationsFile(path).append(2, 0.0, {"loss": 0.5})

    assert path.read_text().splitlines()[1:] == ['{"st', '{"step":2,"time":0.0,"metrics":{"loss":0.5}}']


def test_a_full_disk_is_an_error() -> None:
    with pytest.raises(OSError, match="No space left"):
        ObservationsFile(Path("/dev/full")).append(1, 0.0, {"loss": 0.5})
