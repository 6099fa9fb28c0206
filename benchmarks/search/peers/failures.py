"""What a failed trial is told as, to a library that knows no failures."""


class WorstSeen:
    """Puts the worst value seen so far in place of a failure."""

    def __init__(self) -> None:
        self._worst: float | None = None

    def instead_of(self, value: float | None) -> float | None:
        """The value to tell; None while there is nothing but failures."""
        if value is not None and (self._worst is None or value > self._worst):
            self._worst = value
        return self._worst if value is None else value
