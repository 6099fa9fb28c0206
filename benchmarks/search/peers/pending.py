"""What a library calls the trials that are under way, found again by their configurations."""

import json
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

Handle = TypeVar("Handle")


class Pending(Generic[Handle]):
    """Handles of a library's running trials; of equal configurations the oldest is told first."""

    def __init__(self) -> None:
        self._handles: defaultdict[str, deque[Handle]] = defaultdict(deque)

    def add(self, configuration: Mapping[str, Any], handle: Handle) -> None:
        self._handles[_key(configuration)].append(handle)

    def pop(self, configuration: Mapping[str, Any]) -> Handle:
        """The handle of a running trial, which runs no longer."""
        return self._handles[_key(configuration)].popleft()

    def handles(self) -> list[Handle]:
        """Of all running trials."""
        return [handle for handles in self._handles.values() for handle in handles]


def _key(configuration: Mapping[str, Any]) -> str:
    return json.dumps(configuration, sort_keys=True)
