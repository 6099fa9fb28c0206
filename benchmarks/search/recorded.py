"""Searches by peers of locked versions, kept in the repository: they took hours, and need not be run again.

A file for each peer, `recorded/<peer>.csv`: in the first line the digest of its requirements, then a row for
each search. Of what was recommended a row has the changes, `trial:value`; nothing before the first trial that
did not fail. Tunewright's own samplers change with the repository, so they are not recorded.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

from benchmarks.search.cell import Cell, Curve, merged
from benchmarks.search.environments import digest_of
from benchmarks.search.errors import BenchmarkError

FOLDER = Path(__file__).parent / "recorded"
COLUMNS = ("task", "workers", "seed", "trials", "recommended")


class Recorded:
    """The curves that a folder holds."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def curves(self, entrant: str) -> dict[Cell, Curve]:
        """All that are recorded of an entrant; none of a peer whose requirements have changed since."""
        file = self._folder / f"{entrant}.csv"
        if not file.exists():
            return {}
        with file.open(newline="") as lines:
            if lines.readline().strip() != digest_of(entrant):
                return {}
            return {
                Cell(entrant, row["task"], int(row["seed"]), int(row["workers"])): _curve(row)
                for row in csv.DictReader(lines)
            }

    def add(self, entrant: str, curves: Mapping[Cell, Curve]) -> int:
        """Records curves of an entrant; those that are there stay where they are longer. Gives their number.

        Raises:
            BenchmarkError: it is no peer of a locked version.
        """
        requirements = digest_of(entrant)
        if not requirements:
            raise BenchmarkError(f"{entrant} is not recorded: it changes with the repository")
        known = merged(self.curves(entrant), curves)
        if not known:
            return 0
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / f"{entrant}.csv").open("w", newline="") as file:
            file.write(f"{requirements}\n")
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(COLUMNS)
            for cell in sorted(known, key=lambda each: (each.task, each.workers, each.seed)):
                rows.writerow((cell.task, cell.workers, cell.seed, len(known[cell]), _changes(known[cell])))
        return len(known)


def _changes(curve: Curve) -> str:
    before = (None, *curve)
    return " ".join(
        f"{trial}:{value:.9g}"
        for trial, (last, value) in enumerate(zip(before, curve, strict=False), start=1)
        if value is not None and value != last
    )


def _curve(row: Mapping[str, str]) -> Curve:
    curve: list[float | None] = [None] * int(row["trials"])
    for change in row["recommended"].split():
        trial, _, value = change.partition(":")
        curve[int(trial) - 1 :] = [float(value)] * (len(curve) - int(trial) + 1)
    return curve
