"""Every call may fail, every answer be lost, every event be late, and the operator die at each write."""

import logging
import time

import pytest
from tests.cluster import pretended
from tests.cluster.studying import Namespace
from tests.faults import pods
from tests.faults.faulty import Chance, Odds
from tests.faults.invariants import violations
from tests.faults.operating import Operators, Watched, connect

from tunewright.cluster import reconciler

CALLS = Odds(unsent=0.1, lost=0.2, slow=0.1)
NEWS = Odds(late=0.1, cut=0.03, expired=0.02, lost=0.2)
DEATHS = Odds(death=0.12, late=0.02)
ALL = Odds(unsent=0.05, lost=0.15, slow=0.05, death=0.05, late=0.05, cut=0.02, expired=0.01)

WITHIN = 200.0
"""Seconds that a study may take."""


@pytest.fixture(autouse=True)
def resync_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciler, "RESYNC_EVERY", 3_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "odds"),
    [(1, CALLS), (2, NEWS), (3, DEATHS), (4, ALL)],
    ids=["calls", "news", "deaths", "all"],
)
def test_nothing_is_lost_or_doubled(
    namespace: Namespace, seed: int, odds: Odds, caplog: pytest.LogCaptureFixture
) -> None:
    run(namespace, seed, odds, caplog)
    assert not violations(namespace, "faulty")


def run(namespace: Namespace, seed: int, odds: Odds, caplog: pytest.LogCaptureFixture) -> None:
    begun = time.monotonic()
    chance = Chance(seed, odds)
    operators = Operators(connect(namespace.cluster), namespace.name, chance)
    with pods.that_run(namespace.cluster, 300, 1500), caplog.at_level(logging.WARNING):
        namespace.apply(pretended.study("faulty", 30, 6))
        try:
            operators.run_until(Watched(namespace, "faulty").over, WITHIN)
        finally:
            operators.close()
    print(f"{time.monotonic() - begun:.0f} s, {operators.begun} operators, {dict(chance.injected)}")
    assert not [record for record in caplog.records if record.exc_info], "an error in Tunewright"
