"""When a study's status is written; writes are noted, and go nowhere."""

from typing import Any, cast

import pytest

from tunewright.api.study_status import Charges, Phase, StudyStatus, TrialCounts
from tunewright.cluster.api_error import Conflict
from tunewright.cluster.gateway import Gateway
from tunewright.cluster.informer import Informer
from tunewright.cluster.standing import LIVE, PROMPT, Standing

STUDY: dict[str, Any] = {"metadata": {"name": "digits", "namespace": "n", "resourceVersion": "1"}}
BEFORE = StudyStatus(phase=Phase.RUNNING, trials=TrialCounts(created=4, running=4))
START = 1_000_000


class Writes:
    """A gateway and an informer that keep what they are given."""

    def __init__(self) -> None:
        self.written: list[dict[str, Any]] = []
        self.refuses = False

    def replace_status(self, kind: object, body: dict[str, Any]) -> dict[str, Any]:
        if self.refuses:
            raise Conflict(409, "Conflict", "somebody was faster")
        self.written.append(body["status"])
        return body

    def offer(self, kind: object, body: dict[str, Any]) -> None:
        assert body["status"] == self.written[-1]


@pytest.fixture
def writes() -> Writes:
    return Writes()


@pytest.fixture
def standing(writes: Writes) -> Standing:
    """That has just written."""
    made = Standing(cast(Gateway, writes), cast(Informer, writes), StudyStatus())
    assert made.write(BEFORE, STUDY, START) is None
    return made


def with_counts(**counts: int) -> StudyStatus:
    return BEFORE.model_copy(update={"trials": BEFORE.trials.model_copy(update=counts)})


def test_what_is_written_is_not_written_again(standing: Standing, writes: Writes) -> None:
    assert standing.settled
    assert standing.write(BEFORE, STUDY, START + LIVE) is None
    assert len(writes.written) == 1


@pytest.mark.parametrize(
    ("after", "pause"),
    [
        pytest.param(BEFORE.model_copy(update={"phase": Phase.COMPLETED}), 0, id="phase"),
        pytest.param(BEFORE.model_copy(update={"departed": Charges(gpu_milliseconds=1)}), 0, id="departed"),
        pytest.param(BEFORE.model_copy(update={"warm_start": []}), 0, id="warm start"),
        pytest.param(with_counts(completed=1), PROMPT, id="ended"),
        pytest.param(with_counts(running=3), LIVE, id="running"),
        pytest.param(BEFORE.model_copy(update={"next_index": 5}), LIVE, id="next"),
    ],
)
def test_what_matters_more_is_written_sooner(
    standing: Standing, writes: Writes, after: StudyStatus, pause: int
) -> None:
    if pause:
        assert standing.write(after, STUDY, START) == START + pause
        assert standing.write(after, STUDY, START + pause - 1) == START + pause
        assert not standing.settled
        assert len(writes.written) == 1
    assert standing.write(after, STUDY, START + pause) is None
    assert standing.settled
    assert standing.written == after
    assert len(writes.written) == 2


def test_what_was_not_written_is_still_to_be(standing: Standing, writes: Writes) -> None:
    writes.refuses = True
    over = BEFORE.model_copy(update={"phase": Phase.COMPLETED})
    with pytest.raises(Conflict):
        standing.write(over, STUDY, START)
    assert not standing.settled
    writes.refuses = False
    assert standing.write(over, STUDY, START) is None
    assert writes.written[-1]["phase"] == "Completed"


def test_fields_at_their_defaults_are_written_too(standing: Standing, writes: Writes) -> None:
    """For the columns: a zero is to be read, not a blank."""
    assert writes.written[0]["trials"]["completed"] == 0
