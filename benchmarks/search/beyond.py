"""What `auto` makes of constraints, failures, several objectives, run time and priors.

    python -m benchmarks.search.beyond constraints|objectives|cost|priors [--seeds 10] [--trials 50]

The problems are the literature's, but for one, without noise, on the unit cube. A score of 0 is the best,
1 that of a random one or of nothing. Searches that are stored under .bench/ are not run again.
"""

import os

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[library] = "1"  # read when numpy is imported

import argparse  # noqa: E402
import math  # noqa: E402
from collections.abc import Callable, Mapping, Sequence  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from time import process_time  # noqa: E402
from typing import Any, Protocol  # noqa: E402

import numpy as np  # noqa: E402
from benchmarks.search.cell import Cell  # noqa: E402
from benchmarks.search.comparison import ratio  # noqa: E402
from benchmarks.search.regret import FLOOR, Array, Regrets  # noqa: E402
from benchmarks.search.runner import cells, missing  # noqa: E402
from benchmarks.search.simulation import Trace  # noqa: E402
from benchmarks.search.store import FOLDER, Store  # noqa: E402
from scipy.stats import qmc  # noqa: E402

import tunewright  # noqa: E402

AT = (10, 25, 50)


@dataclass(frozen=True)
class Outcome:
    """What a trial shows.

    Attributes:
        values: the objectives, each to be minimised; none where the trial failed.
        constraints: amounts, each to be at most 0.
        seconds: its run time.
    """

    values: tuple[float, ...] | None
    constraints: tuple[float, ...] = ()
    seconds: float = 1.0


@dataclass(frozen=True)
class Problem:
    """Something to be minimised on the unit cube.

    Attributes:
        objectives, constraints: how many there are.
        dimension: of the cube.
        trial: what a point shows.
        score: after each of some outcomes, how far the best of what was found is from the best there is.
        priors: of some coordinates, the mean and the deviation of what the user expects.
    """

    objectives: int
    constraints: int
    dimension: int
    trial: Callable[[Array], Outcome]
    score: Callable[[Sequence[Outcome]], list[float]]
    priors: Mapping[int, tuple[float, float]]


class Entrant(Protocol):
    """What proposes points."""

    def ask(self) -> Array: ...

    def tell(self, outcome: Outcome) -> None: ...


class Tunewright:
    """One of Tunewright's samplers."""

    def __init__(
        self, problem: Problem, seed: int, sampler: str = "auto", *, priors: bool = True, **settings: Any
    ) -> None:
        parameters = [
            {"name": f"x{place}", "type": "float", "min": 0.0, "max": 1.0}
            for place in range(problem.dimension)
        ]
        for place, (mean, deviation) in problem.priors.items() if priors else ():
            parameters[place]["prior"] = {"distribution": "normal", "mean": mean, "deviation": deviation}
        self._optimizer = tunewright.Optimizer(
            {
                "objectives": [
                    {"metric": f"f{n}", "direction": "minimize"} for n in range(problem.objectives)
                ],
                "constraints": [{"metric": f"c{n}", "max": 0.0} for n in range(problem.constraints)],
                "parameters": parameters,
                "initial": {"default": False},
                "algorithm": {"name": sampler, "seed": seed, "settings": settings},
            }
        )

    def ask(self) -> Array:
        (self._trial,) = self._optimizer.ask()
        return np.array(list(self._trial.parameters.values()), dtype=np.float64)

    def tell(self, outcome: Outcome) -> None:
        if outcome.values is None:
            self._optimizer.tell(self._trial, failure="the trial failed")
            return
        metrics = {f"f{n}": value for n, value in enumerate(outcome.values)}
        metrics |= {f"c{n}": amount for n, amount in enumerate(outcome.constraints)}
        self._optimizer.tell(self._trial, metrics, duration=outcome.seconds)


class Optuna:
    """One of Optuna's samplers, at its defaults, with its own way of handling constraints."""

    def __init__(self, problem: Problem, seed: int, sampler: str) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        made = getattr(optuna.samplers, sampler)(seed=seed)
        self._study = optuna.create_study(sampler=made, directions=["minimize"] * problem.objectives)
        self._dimension = problem.dimension

    def ask(self) -> Array:
        self._trial = self._study.ask()
        return np.array([self._trial.suggest_float(f"x{n}", 0.0, 1.0) for n in range(self._dimension)])

    def tell(self, outcome: Outcome) -> None:
        import optuna

        if outcome.values is None:
            self._study.tell(self._trial, state=optuna.trial.TrialState.FAIL)
            return
        for place, amount in enumerate(outcome.constraints):
            self._trial.set_constraint(f"c{place}", amount)
        self._study.tell(self._trial, outcome.values)


ENTRANTS: Mapping[str, Callable[[Problem, int], Entrant]] = {
    "auto": Tunewright,
    "auto-cost": partial(Tunewright, cost_aware=True),
    "auto-plain": partial(Tunewright, priors=False),
    "random": partial(Tunewright, sampler="random", priors=False),
    "optuna-tpe": partial(Optuna, sampler="TPESampler"),
    "optuna-gp": partial(Optuna, sampler="GPSampler"),
    "optuna-nsga2": partial(Optuna, sampler="NSGAIISampler"),
}


def of_the_best(optimum: float, median_random: float) -> Callable[[Sequence[Outcome]], list[float]]:
    """A score by the best feasible value."""

    def score(outcomes: Sequence[Outcome]) -> list[float]:
        best, scores = math.inf, []
        for outcome in outcomes:
            if outcome.values is not None and all(amount <= 0 for amount in outcome.constraints):
                best = min(best, outcome.values[0])
            scores.append(min(max((best - optimum) / (median_random - optimum), FLOOR), 1.0))
        return scores

    return score


def of_the_volume(
    ideal: Sequence[float], reference: Sequence[float], reachable: Callable[[Array], Any] | float
) -> Callable[[Sequence[Outcome]], list[float]]:
    """A score by the part of the volume above a reference point that the outcomes do not dominate.

    `reachable` tells which points are not below the best front, or which part of the box that is.
    """
    points = qmc.scale(qmc.Sobol(len(ideal), seed=0).random(2**14), ideal, reference)
    most = reachable if isinstance(reachable, float) else float(reachable(points).mean())

    def score(outcomes: Sequence[Outcome]) -> list[float]:
        dominated, scores = np.zeros(len(points), dtype=bool), []
        for outcome in outcomes:
            dominated |= (points >= np.array(outcome.values)).all(axis=1)
            scores.append(max(1 - float(dominated.mean()) / most, FLOOR))
        return scores

    return score


_HARTMANN_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_HARTMANN_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
_HARTMANN_BEST = np.array([0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573])


def hartmann(x: Array) -> float:
    """Hartmann's function of six variables; its minimum is -3.32237."""
    weights = np.array([1.0, 1.2, 3.0, 3.2])
    return -float(weights @ np.exp(-(_HARTMANN_A * (x - _HARTMANN_P) ** 2).sum(axis=1)))


def ball(x: Array) -> tuple[float, tuple[float, ...]]:
    """Hartmann's function in a ball (Letham et al., Bayesian Analysis 14, 2019)."""
    return hartmann(x), (float(np.linalg.norm(x)) - 1.0,)


def gardner(x: Array) -> tuple[float, tuple[float, ...]]:
    """Gardner et al., Bayesian Optimization with Inequality Constraints, ICML 2014, the first simulation."""
    a, b = 6.0 * x
    value = math.cos(2 * a) * math.cos(b) + math.sin(a)
    return value, (math.cos(a) * math.cos(b) - math.sin(a) * math.sin(b) - 0.5,)


def gramacy(x: Array) -> tuple[float, tuple[float, ...]]:
    """Gramacy et al., Modeling an Augmented Lagrangian, Technometrics 58, 2016: two constraints."""
    a, b = x
    wave = 1.5 - a - 2 * b - 0.5 * math.sin(2 * math.pi * (a * a - 2 * b))
    return float(a + b), (wave, float(a * a + b * b - 1.5))


def branin_currin(x: Array) -> Outcome:
    """Belakaria et al., Max-value Entropy Search for Multi-Objective Bayesian Optimization, NeurIPS 2019."""
    a, b = 15 * x[0] - 5, 15 * x[1]
    branin = (b - 5.1 * a * a / (4 * math.pi**2) + 5 * a / math.pi - 6) ** 2
    branin += 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10
    factor = 1.0 if x[1] == 0 else 1 - math.exp(-1 / (2 * x[1]))
    upper = 2300 * x[0] ** 3 + 1900 * x[0] ** 2 + 2092 * x[0] + 60
    currin = factor * upper / (100 * x[0] ** 3 + 500 * x[0] ** 2 + 4 * x[0] + 20)
    return Outcome((float(branin), float(currin)))


def zdt1(x: Array) -> Outcome:
    """Zitzler et al., Comparison of Multiobjective Evolutionary Algorithms, 2000."""
    g = 1 + 9 * float(x[1:].mean())
    return Outcome((float(x[0]), g * (1 - math.sqrt(x[0] / g))))


def reachable_zdt1(values: Array) -> Any:
    return values[:, 1] >= 1 - np.minimum(values[:, 0], 1) ** 0.5


def dtlz2(x: Array) -> Outcome:
    """Deb et al., Scalable Multi-Objective Optimization Test Problems, CEC 2002: three objectives."""
    g = 1 + float(((x[2:] - 0.5) ** 2).sum())
    a, b = x[0] * math.pi / 2, x[1] * math.pi / 2
    return Outcome((g * math.cos(a) * math.cos(b), g * math.cos(a) * math.sin(b), g * math.sin(a)))


def reachable_dtlz2(values: Array) -> Any:
    return (values * values).sum(axis=1) >= 1


def crash(x: Array) -> Outcome:
    """Liao et al., Multiobjective Optimization for Crash Safety Design of Vehicles, Structural and
    Multidisciplinary Optimization 35, 2008: the mass, the deceleration and the intrusion of a vehicle."""
    a, b, c, d, e = (float(each) for each in 1 + 2 * x)
    mass = 1640.2823 + 2.3573285 * a + 2.3220035 * b + 4.5688768 * c + 7.7213633 * d + 4.4559504 * e
    slowing = 6.5856 + 1.15 * a - 1.0427 * b + 0.9738 * c + 0.8364 * d - 0.3695 * a * d + 0.0861 * a * e
    slowing += 0.3628 * b * d - 0.1106 * a * a - 0.3437 * c * c + 0.1764 * d * d
    intrusion = -0.0551 + 0.0181 * a + 0.1024 * b + 0.0421 * c - 0.0073 * a * b + 0.024 * b * c
    intrusion += -0.0118 * b * d - 0.0204 * c * d - 0.008 * c * e - 0.0241 * b * b + 0.0109 * d * d
    return Outcome((mass, slowing, intrusion))


def network(x: Array) -> Outcome:
    """The error, the latency and the memory of a network by its width, its depth, the learning rate, dropout
    and batch size: made up, but for which way each of them goes."""
    width, depth, rate, dropout, batch = (float(each) for each in x)
    size = 0.6 * width + 0.4 * depth
    error = 0.05 + 0.5 * (1 - size) ** 2 + 0.4 * (rate - 0.7 + 0.4 * size) ** 2
    error += 0.2 * (dropout - 0.2 - 0.3 * size) ** 2 + 0.1 * (batch - 0.4) ** 2
    latency = math.exp(1.2 * width + 2.5 * depth - batch) / 10
    memory = math.exp(1.8 * width + 0.8 * depth + 1.2 * batch) / 10
    return Outcome((error, latency, memory))


def _constrained(function: Callable[[Array], tuple[float, tuple[float, ...]]], x: Array) -> Outcome:
    value, amounts = function(x)
    return Outcome((value,), amounts)


def _failing(function: Callable[[Array], tuple[float, tuple[float, ...]]], x: Array) -> Outcome:
    """Nothing is told of the constraints but that a trial failed."""
    value, amounts = function(x)
    return Outcome((value,) if max(amounts) <= 0 else None)


def _plain(x: Array) -> Outcome:
    return Outcome((hartmann(x),))


def _timed(x: Array) -> Outcome:
    """Thirty-fold differences of run time, as of a network's width: the best is in their middle."""
    return Outcome((hartmann(x),), seconds=10.0 * 30.0 ** float(x[2]))


def suites() -> Mapping[str, tuple[Sequence[str], Mapping[str, Problem]]]:
    """By name: the entrants, the first the one that is compared with the others, and the problems."""
    constrained = {
        "ball": (ball, 1, 6, -3.32237, -0.15),
        "gardner": (gardner, 1, 2, -2.0, 0.0),
        "gramacy": (gramacy, 2, 2, 0.59979, 1.1),
    }
    constraints = {}
    for name, (function, count, dimension, optimum, median) in constrained.items():
        score = of_the_best(optimum, median)
        constraints[name] = Problem(1, count, dimension, partial(_constrained, function), score, {})
        constraints[f"{name} fails"] = Problem(1, 0, dimension, partial(_failing, function), score, {})
    # What of a box can be reached: of the last two by NSGA-II (pymoo 0.6.1.3), populations of 300 and 1,500
    # in 150 generations.
    several = {
        "branin-currin": (2, branin_currin, 2, of_the_volume((0, 0), (18, 6), 59.36011874867746 / 108)),
        "zdt1": (2, zdt1, 6, of_the_volume((0, 0), (11, 11), reachable_zdt1)),
        "dtlz2": (3, dtlz2, 6, of_the_volume((0, 0, 0), (1.1, 1.1, 1.1), reachable_dtlz2)),
        "crash": (3, crash, 5, of_the_volume((1661, 6.1, 0.02), (1695, 10.5, 0.26), 0.651)),
        "network": (3, network, 5, of_the_volume((0.05, 0.03, 0.1), (0.5, 1.5, 2.0), 0.777)),
    }
    objectives = {
        name: Problem(count, 0, dimension, function, score, {})
        for name, (count, function, dimension, score) in several.items()
    }
    best = of_the_best(-3.32237, -0.15)
    single = partial(Problem, 1, 0, 6)
    good = {place: (float(_HARTMANN_BEST[place]) + 0.05, 0.1) for place in (2, 5)}
    wrong = {place: (1.0 - float(_HARTMANN_BEST[place]) + 0.35 * (place == 2), 0.1) for place in (2, 5)}
    return {
        "constraints": (("auto", "random", "optuna-tpe", "optuna-gp"), constraints),
        "objectives": (("auto", "random", "optuna-tpe", "optuna-gp", "optuna-nsga2"), objectives),
        "cost": (("auto-cost", "auto"), {"timed": single(_timed, best, {})}),
        "priors": (
            ("auto", "auto-plain"),
            {"good": single(_plain, best, good), "wrong": single(_plain, best, wrong)},
        ),
    }


def search(entrant: Entrant, problem: Problem, trials: int) -> Trace:
    """The trace of a search; what it recommends is the score."""
    outcomes, cpu = [], []
    for _ in range(trials):
        began = process_time()
        point = entrant.ask()
        cpu.append(process_time() - began)
        outcomes.append(problem.trial(point))
        entrant.tell(outcomes[-1])
    scores = problem.score(outcomes)
    seconds = np.cumsum([outcome.seconds for outcome in outcomes]).tolist()
    return Trace(list(scores), list(scores), seconds, cpu)


def main() -> None:
    known = suites()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search.beyond", description=__doc__)
    parser.add_argument("suite", choices=known)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=max(AT))
    parser.add_argument("--entrants", help="some of the suite's, by commas, the reference first")
    parser.add_argument("--problems", help="some of the suite's, by commas")
    parser.add_argument("--store", type=Path, default=FOLDER.with_name("beyond"))
    options = parser.parse_args()
    entrants, problems = known[options.suite]
    entrants = options.entrants.split(",") if options.entrants else entrants
    names = options.problems.split(",") if options.problems else list(problems)
    store = Store(options.store)
    for cell in missing(store, cells(entrants, names, options.seeds, [1]), options.trials):
        problem = problems[cell.task]
        entrant = ENTRANTS[cell.entrant.partition("@")[0]](problem, cell.seed)
        store.append(cell, search(entrant, problem, options.trials))
    traces = {entrant: store.traces(entrant) for entrant in entrants}
    seeds = range(options.seeds)
    if options.suite == "cost":
        _show(names, seeds, _by_time(traces, names, seeds), AT, "times 60 s of run time")
    else:
        curves = _by_trial(traces, names, seeds)
        _show(names, seeds, curves, [n for n in AT if n <= options.trials], "trials")


def _by_trial(
    traces: Mapping[str, Mapping[Cell, Trace]], names: Sequence[str], seeds: Sequence[int]
) -> Mapping[str, Array]:
    """Scores by entrant, of shape (problem, seed, trial)."""
    return {
        entrant: np.array(
            [[known[Cell(entrant, name, seed, 1)].recommended for seed in seeds] for name in names],
            dtype=np.float64,
        )
        for entrant, known in traces.items()
    }


def _by_time(
    traces: Mapping[str, Mapping[Cell, Trace]], names: Sequence[str], seeds: Sequence[int]
) -> Mapping[str, Array]:
    """Scores by entrant after each minute of run time, of shape (problem, seed, minute)."""
    minutes = np.arange(1, max(AT) + 1)

    def scores(trace: Trace) -> list[float]:
        ended = np.searchsorted(trace.finished, 60.0 * minutes, side="right")
        return [1.0 if count == 0 else float(trace.recommended[count - 1] or 1.0) for count in ended]

    return {
        entrant: np.array([[scores(known[Cell(entrant, name, seed, 1)]) for seed in seeds] for name in names])
        for entrant, known in traces.items()
    }


def _show(
    names: Sequence[str], seeds: Sequence[int], scores: Mapping[str, Array], at: Sequence[int], unit: str
) -> None:
    reference = next(iter(scores))
    print(f"geometric mean score after {', '.join(map(str, at))} {unit}, {len(seeds)} seeds;")
    print(f"then the score of {reference} divided by the entrant's [95 %]")
    for places, title in [*(([n], name) for n, name in enumerate(names)), (list(range(len(names))), "all")]:
        print(title)
        some = {entrant: table[places] for entrant, table in scores.items()}
        regrets = Regrets([names[n] for n in places], list(seeds), some)
        for entrant in some:
            line = f"  {entrant:14}" + "".join(f"{regrets.geometric_mean(entrant, n):8.4f}" for n in at)
            if entrant != reference:
                for n in at:
                    found = ratio(regrets, reference, entrant, n)
                    line += f"{found.ratio:8.2f} [{found.over_seeds[0]:4.2f} {found.over_seeds[1]:5.2f}]"
            print(line)


if __name__ == "__main__":
    main()
