"""What is told of the studies that a study began with."""

from typing import Any

import pytest
from tests.builders import a_study

from tunewright.report.sections import headline
from tunewright.report.view import StudyView
from tunewright.report.warm_start import warm_start_lines

OLD = {"study": "old", "uid": "u", "completed": 1400, "trials": 50}
GONE = {"study": "gone", "reason": "it was\x1b[31m deleted"}


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        ({}, []),
        ({"warmStart": []}, ["Warm start: no finished study fits the selector"]),
        ({"warmStart": [OLD | {"trials": 1}]}, ["Warm start: 1 trial of old"]),
        (
            {"warmStart": [OLD, GONE]},
            ["Warm start: 50 trials of old", "Warm start: nothing of gone: it was\\x1b[31m deleted"],
        ),
        (
            {"warmStart": [OLD | {"reason": "it was deleted"}]},
            ["Warm start: 50 trials of old, but no longer: it was deleted"],
        ),
    ],
)
def test_each_study_has_a_line(status: dict[str, Any], lines: list[str]) -> None:
    assert warm_start_lines(a_study(status=status).status) == lines


def test_the_page_begins_with_them() -> None:
    texts = [
        "".join(part.itertext()) for part in headline(StudyView(a_study(status={"warmStart": [OLD]}), [], {}))
    ]
    assert "Warm start: 50 trials of old." in texts
