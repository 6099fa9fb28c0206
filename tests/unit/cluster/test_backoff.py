"""Delays after failures."""

from tunewright.cluster.backoff import delay_after


def test_doubles_up_to_the_longest() -> None:
    assert [delay_after(n, 0.5, 3.0) for n in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_any_number_of_failures() -> None:
    assert delay_after(10**9, 0.5, 3.0) == 3.0
