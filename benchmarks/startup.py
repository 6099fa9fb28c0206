"""How long `tunewright --help` takes to start, beside the bare interpreter.

    python benchmarks/startup.py [ROUNDS]

In each round both are run, the first one by turns, so that what else the machine does falls on both alike.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 30
INTERPRETER = [sys.executable, "-c", "pass"]
TUNEWRIGHT = [str(Path(sys.executable).with_name("tunewright")), "--help"]


def seconds(command: Sequence[str]) -> float:
    """The wall time of a command."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Measure, and print medians."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    for command in (INTERPRETER, TUNEWRIGHT):  # once before, to have their files in memory
        seconds(command)
    pairs = []
    for number in range(rounds):
        order = [INTERPRETER, TUNEWRIGHT] if number % 2 else [TUNEWRIGHT, INTERPRETER]
        took = {command[0] == TUNEWRIGHT[0]: seconds(command) for command in order}
        pairs.append((took[False], took[True]))
    bare, own = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(own / bare for bare, own in pairs)
    print(f"python -c pass     {bare:.3f} s")
    print(f"tunewright --help  {own:.3f} s, {ratio:.1f} times as long (medians of {rounds} pairs)")


if __name__ == "__main__":
    main()
