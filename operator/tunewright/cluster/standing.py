"""The study's status in the cluster, written sparingly."""

from typing import Any

from tunewright.api.study_status import StudyStatus, TrialCounts
from tunewright.cluster.gateway import STUDIES, Gateway
from tunewright.cluster.informer import Informer

PROMPT = 1_000
"""At least so long, in milliseconds, between two writes for what has come about: a burst is written once."""

LIVE = 15_000
"""And so long where only what runs has changed: a trial's share of these writes must stay below one."""

_AT_ONCE = ("phase", "conditions", "departed", "warm_start")
"""What is written as soon as it changes: nothing else tells what a Trial that was deleted was charged, or
which studies a sampler was to learn from."""


class Standing:
    """What the cluster holds of one study's status, and when it is to be written again.

    Args:
        gateway: the API server.
        informer: gets what was written.
        written: the status that the cluster holds.
    """

    def __init__(self, gateway: Gateway, informer: Informer, written: StudyStatus) -> None:
        self._gateway = gateway
        self._informer = informer
        self._written_at: int | None = None
        self.written = written
        self.settled = False

    def write(self, status: StudyStatus, document: dict[str, Any], now: int) -> int | None:
        """Write the status if it is time to.

        Args:
            status: as it is now.
            document: the study as the cluster holds it.
            now: in milliseconds since the Unix epoch.

        Returns:
            When to call again, in milliseconds since the Unix epoch; None: not before something changes.

        Raises:
            ApiError: it was not written.
        """
        self.settled = status == self.written
        if self.settled:
            return None
        due = now if self._written_at is None else self._written_at + self._interval(status)
        if due > now:
            return due
        self._informer.offer(
            STUDIES, self._gateway.replace_status(STUDIES, {**document, "status": _document(status)})
        )
        self.written, self._written_at, self.settled = status, now, True
        return None

    def _interval(self, status: StudyStatus) -> int:
        if any(getattr(status, name) != getattr(self.written, name) for name in _AT_ONCE):
            return 0
        return LIVE if _lasting(status) == _lasting(self.written) else PROMPT


def _lasting(status: StudyStatus) -> StudyStatus:
    """The status without what changes as trials come and go."""
    counts = status.trials
    lasting = TrialCounts(completed=counts.completed, stopped=counts.stopped, failed=counts.failed)
    return status.model_copy(update={"trials": lasting, "next_index": 0})


def _document(status: StudyStatus) -> dict[str, Any]:
    document: dict[str, Any] = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    return document
