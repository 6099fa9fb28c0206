"""Few of many, evenly chosen."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def thinned(items: Sequence[Item], limit: int) -> list[Item]:
    """At most `limit` of the items, at least 2, evenly spread and in their order; the first and last stay."""
    if len(items) <= limit:
        return list(items)
    last = len(items) - 1
    return [items[(2 * place * last + limit - 1) // (2 * (limit - 1))] for place in range(limit)]
