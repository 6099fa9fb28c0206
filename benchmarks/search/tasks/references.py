"""The optimum and the median of random configurations, of the tasks whose tables do not tell them.

They are recorded once, by `python -m benchmarks.search.tasks.record_references`.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLES = Path(__file__).parents[1] / "tables"
FILE = TABLES / "references.csv"


@dataclass(frozen=True)
class Reference:
    """What regret is measured between: the best true value, and the median one of random configurations."""

    optimum: float
    median_random: float


UNKNOWN = Reference(float("nan"), float("nan"))


def reference(task: str) -> Reference:
    """Of the task of that name; not a number where none was recorded yet."""
    return _references().get(task, UNKNOWN)


@cache
def _references() -> dict[str, Reference]:
    if not FILE.exists():
        return {}
    with FILE.open(newline="") as file:
        return {
            row["task"]: Reference(float(row["optimum"]), float(row["median_random"]))
            for row in csv.DictReader(file)
        }
