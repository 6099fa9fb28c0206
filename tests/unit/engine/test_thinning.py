"""Few of many, evenly chosen."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tunewright.engine.thinning import thinned


@given(count=st.integers(0, 400), limit=st.integers(2, 60))
def test_so_many_at_most_in_their_order_evenly_spread_with_both_ends(count: int, limit: int) -> None:
    kept = thinned(range(count), limit)

    assert len(kept) == min(count, limit)
    assert kept == sorted(set(kept))
    if count:
        assert (kept[0], kept[-1]) == (0, count - 1)
    gaps = [later - earlier for earlier, later in pairwise(kept)]
    assert not gaps or max(gaps) - min(gaps) <= 1
