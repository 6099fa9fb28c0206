"""What has been tried."""

from typing import Any

import pytest

from tunewright.search.history import Evaluated, History, key


def a_trial(x: float) -> Evaluated:
    return Evaluated({"x": x}, (x,))


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": False}, {"a": 0}, False),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": 1}, {"a": 1, "b": 1}, False),
        ({"a": 1}, {"b": 1}, False),
        ({}, {}, True),
    ],
)
def test_when_configurations_are_the_same(left: dict[str, Any], right: dict[str, Any], same: bool) -> None:
    assert (key(left) == key(right)) is same


def test_a_trial_is_tried_once_it_is_appended_well_or_not() -> None:
    history = History([a_trial(1.0)])
    history.append(Evaluated({"x": 2.0}, None))
    assert history.tried(key({"x": 1}))
    assert history.tried(key({"x": 2.0}))
    assert not history.tried(key({"x": 3.0}))


def test_a_snapshot_stays_as_it_was() -> None:
    history = History([a_trial(1.0)])
    snapshot = history.snapshot()
    history.append(a_trial(2.0))
    history.append(a_trial(1.0))
    assert list(snapshot) == [a_trial(1.0)]
    assert len(snapshot) == 1
    assert snapshot[-1] == a_trial(1.0)
    assert not snapshot.tried(key({"x": 2.0}))
    assert snapshot.tried(key({"x": 1.0}))
    with pytest.raises(IndexError):
        snapshot[1]
    with pytest.raises(TypeError):
        snapshot.append(a_trial(3.0))
    assert len(history) == 3


def test_it_is_a_sequence() -> None:
    history = History(a_trial(float(x)) for x in range(5))
    assert history[1:4:2] == [a_trial(1.0), a_trial(3.0)]
    assert history[-1] == a_trial(4.0)
    assert a_trial(2.0) in history
    assert list(history) == [history[index] for index in range(5)]
