"""How fast the planner and the store are, with trials that take no time.

    python benchmarks/throughput.py 1000 10000

One line per size: seconds in all, milliseconds per trial, peak memory. The sampler is random; all but the
processes is the real thing: loop, engine, sampler, store on disk.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import MetricSummary, Trial
from tunewright.engine.facts import AttemptKey, Execution, Exit
from tunewright.local.loop import Loop
from tunewright.local.store import AttemptRecord, Store
from tunewright.local.study import begin, sampler_of


class Instant:
    """Runs every attempt in no time: its value is its learning rate."""

    def __init__(self) -> None:
        self._ended: list[Execution] = []

    def start(self, trial: Trial, record: AttemptRecord) -> None:
        now = wall_clock()
        value = float(trial.spec.parameters["learning_rate"])
        summary = MetricSummary(last=value, last_step=1, min=value, min_step=1, max=value, max_step=1)
        end = Exit(ended_at=now, code=0, final=True)
        self._ended.append(Execution(record.key, started_at=now, metrics={"accuracy": summary}, exit=end))

    def stop(self, key: AttemptKey) -> None:
        raise AssertionError(f"{key} has ended")

    def kill(self, key: AttemptKey) -> None:
        raise AssertionError(f"{key} has ended")

    def poll(self) -> Iterable[Execution]:
        ended, self._ended = self._ended, []
        return ended

    def curves(self, key: AttemptKey) -> dict[str, list[tuple[int, float]]]:
        return {"accuracy": [(1, 0.5)]}

    def recorded(self, key: AttemptKey) -> None:
        pass

    def discard_checkpoint(self, trial: str) -> None:
        pass

    def wait(self, timeout: float | None) -> None:
        pass

    def wake(self) -> None:
        pass


def wall_clock() -> int:
    return time.time_ns() // 1_000_000


def a_study(trials: int) -> HyperparameterStudy:
    return HyperparameterStudy.model_validate(
        {
            "metadata": {"name": "throughput"},
            "spec": {
                "objectives": [{"metric": "accuracy", "direction": "maximize"}],
                "parameters": [
                    {"name": "learning_rate", "type": "float", "min": 1e-5, "max": 0.3, "scale": "log"},
                    {"name": "batch_size", "type": "int", "min": 16, "max": 256, "scale": "log"},
                    {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam"]},
                    {"name": "momentum", "type": "float", "min": 0, "max": 1, "when": {"optimizer": ["sgd"]}},
                ],
                "algorithm": {"name": "random", "seed": 1},
                "budget": {"maxTrials": trials, "parallelism": 4},
                "trial": {"template": {}, "finalTest": False},
            },
        }
    )


def measure(trials: int) -> None:
    study = begin(a_study(trials))
    with tempfile.TemporaryDirectory() as folder:
        with Store.open(Path(folder)) as store:
            begun = time.perf_counter()
            Loop(study, store, Instant(), sampler_of(study), wall_clock).run()
            seconds = time.perf_counter() - begun
        with Store.read(Path(folder)) as store:
            assert len(store.trials()) == trials
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    per_trial = 1000 * seconds / trials
    print(f"{trials} trials: {seconds:.2f} s, {per_trial:.3f} ms per trial, peak {peak:.0f} MiB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trials", type=int, nargs="+")
    sizes = parser.parse_args().trials
    if len(sizes) == 1:
        measure(sizes[0])
        return
    for size in sizes:  # each in a process of its own, for its own peak of memory
        subprocess.run([sys.executable, __file__, str(size)], check=True)


if __name__ == "__main__":
    main()
