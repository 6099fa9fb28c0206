"""Functions of the COCO platform (Hansen et al. 2021, arXiv:1603.08785), by the package coco-experiment.

bbob and bbob-mixint are its suites. The noise of the noisy tasks follows bbob-noisy's definition (Hansen et
al. 2009, INRIA RR-6869), but is drawn here, so that a run can be repeated. Each task is the suite's first
instance: shifted, and rotated where the function is.
"""

from functools import cache
from typing import Any

import numpy as np
from benchmarks.search.tasks.function import FunctionTask, Noise
from benchmarks.search.tasks.task import Configuration, ParameterDefinition

ROSENBROCK, ELLIPSOID, SCHAFFERS, GALLAGHER, SPHERE = 8, 10, 17, 21, 1


def bbob(name: str, function: int, dimension: int, noise: Noise | None = None) -> FunctionTask:
    """A continuous function of the suite `bbob`."""
    return _task(name, "bbob", function, dimension, noise)


def bbob_mixint(name: str, function: int, dimension: int) -> FunctionTask:
    """A function of the suite `bbob-mixint`: four fifths of its parameters are whole numbers."""
    return _task(name, "bbob-mixint", function, dimension, None)


def _task(name: str, suite: str, function: int, dimension: int, noise: Noise | None) -> FunctionTask:
    problem = _suite(suite).get_problem_by_function_dimension_instance(function, dimension, 1)
    lows, highs = problem.lower_bounds, problem.upper_bounds
    integers = problem.number_of_integer_variables
    parameters = [
        _parameter(index, index < integers, float(low), float(high))
        for index, (low, high) in enumerate(zip(lows, highs, strict=True))
    ]
    names = [parameter["name"] for parameter in parameters]

    def value(configuration: Configuration) -> float:
        return float(problem(np.array([configuration[name] for name in names], dtype=np.float64)))

    def optimum() -> float:
        problem._best_parameter("print")  # tells it only by a file in the working directory
        return float(problem(np.loadtxt("._bbob_problem_best_parameter.txt")))

    return FunctionTask(name, parameters, value, noise, exact_optimum=optimum)


def _parameter(index: int, integer: bool, low: float, high: float) -> ParameterDefinition:
    if integer:
        return {"name": f"x{index}", "type": "int", "min": int(low), "max": int(high)}
    return {"name": f"x{index}", "type": "float", "min": low, "max": high}


@cache
def _suite(name: str) -> Any:
    """A suite must live as long as its problems do."""
    import cocoex

    return cocoex.Suite(name, "", "instance_indices:1")
