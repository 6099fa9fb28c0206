"""Seconds that each sampler takes for one suggestion, after 10, 100 and 1,000 ended trials, on one thread.

    OPENBLAS_NUM_THREADS=1 python benchmarks/suggestion_time.py [--parameters 5] [--repeat 9]

The first suggestion, which imports libraries, is not counted; the median of the others is shown. It is
processor time: on an idle machine the same as wall time, and on a busy one not misleading.
"""

import argparse
import random
import statistics
import time

from tunewright.api.parameters import Parameter
from tunewright.api.study import Algorithm, Direction, Objective
from tunewright.search.history import Configuration, Evaluated, History
from tunewright.search.propose import propose
from tunewright.search.registry import create
from tunewright.search.sampler import Request, Sampler
from tunewright.search.space import SearchSpace

OBJECTIVES = [Objective(metric="loss", direction=Direction.MINIMIZE)]
SAMPLERS = {"random": {}, "sobol": {}, "grid": {"points": 10}, "tpe": {}, "gp": {}, "auto": {}}
TRIALS = (10, 100, 1_000)


def a_space(parameters: int) -> SearchSpace:
    """Floats, log-scaled floats, ints and categories in turn."""
    kinds = (
        {"type": "float", "min": 1e-5, "max": 0.3, "scale": "log"},
        {"type": "int", "min": 16, "max": 256, "scale": "log"},
        {"type": "categorical", "values": ["sgd", "adam", "adamw"]},
        {"type": "float", "min": 0.0, "max": 0.9},
        {"type": "int", "min": 1, "max": 6},
    )
    return SearchSpace(
        [Parameter.model_validate({"name": f"p{n}", **kinds[n % len(kinds)]}) for n in range(parameters)]
    )


def a_history(space: SearchSpace, trials: int) -> History:
    rng = random.Random(0)
    drawn = [space.configuration([rng.random() for _ in space.ordered]) for _ in range(trials)]
    return History(Evaluated(configuration, (loss(space, configuration),)) for configuration in drawn)


def loss(space: SearchSpace, configuration: Configuration) -> float:
    """A bowl in the unit cube."""
    return sum((space.axes[name].to_unit(value) - 0.3) ** 2 for name, value in configuration.items())


def seconds(sampler: Sampler, space: SearchSpace, history: History, repeat: int) -> float:
    """The median of `repeat` suggestions."""
    taken = []
    for number in range(repeat + 1):
        request = Request(space, OBJECTIVES, history, [], 1, 1, drawn=len(history) + number)
        start = time.process_time()
        propose(sampler, request)
        taken.append(time.process_time() - start)
    return statistics.median(taken[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parameters", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    space = a_space(options.parameters)
    histories = {trials: a_history(space, trials) for trials in TRIALS}
    print("sampler " + "".join(f"{f'{trials:,} trials':>15}" for trials in TRIALS))
    for name, settings in SAMPLERS.items():
        sampler = create(Algorithm(name=name, settings=settings), space, OBJECTIVES)
        times = [seconds(sampler, space, history, options.repeat) for history in histories.values()]
        print(f"{name:8}" + "".join(f"{time:13.4f} s" for time in times), flush=True)


if __name__ == "__main__":
    main()
