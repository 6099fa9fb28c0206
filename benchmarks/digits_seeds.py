"""Test accuracy of the best and of the default configuration on digits, over several seeds.

    python benchmarks/digits_seeds.py 1 2 3 4 5

Runs examples/digits.yaml once per seed, for sampler and trainer. A line per seed, then the means.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STUDY = Path(__file__).parent.parent / "examples" / "digits.yaml"
COMMAND = [sys.executable, "-m", "tunewright.cli.main"]


def measure(seed: int) -> tuple[float, float, float]:
    """Test accuracy of the best and of the default configuration, and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        place = ["--dir", folder]
        seeds = [f"--set=spec.algorithm.seed={seed}", f"--set=spec.trial.trainer.seed={seed}"]
        begun = time.perf_counter()
        subprocess.run([*COMMAND, "run", str(STUDY), *place, *seeds], check=True, capture_output=True)
        seconds = time.perf_counter() - begun
        done = subprocess.run([*COMMAND, "results", *place, "-o", "json"], check=True, capture_output=True)
    found = json.loads(done.stdout)
    default = next(trial for trial in found["trials"] if trial["purpose"] == "default")
    return found["best"]["test"]["test_accuracy"], default["test"]["test_accuracy"], seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", type=int, nargs="+")
    rows = []
    for seed in parser.parse_args().seeds:
        rows.append(measure(seed))
        print("seed {}: best {:.4f}, default {:.4f}, {:.0f} s".format(seed, *rows[-1]), flush=True)
    best, default, seconds = map(statistics.mean, zip(*rows, strict=True))
    gains = [row[0] - row[1] for row in rows]
    gained = f"gain {min(gains):+.4f} to {max(gains):+.4f}"
    print(f"mean: best {best:.4f}, default {default:.4f}, {seconds:.0f} s; {gained}")


if __name__ == "__main__":
    main()
