"""What a study needs to run beyond its schema: a budget, and a trial definition that can be followed."""

import json
import math
from collections.abc import Iterator, Sequence

from tunewright.api.base import format_duration
from tunewright.api.parameters import Parameter
from tunewright.api.problems import Problem
from tunewright.api.study import Budget, HyperparameterStudy
from tunewright.api.template import check_template
from tunewright.api.trainer import check_trainer

_MARGIN = 2
"""Seconds beyond the grace period: one that the engine keeps to start and stop, and one to train in."""


_MAX_BYTES = 100 * 1024
"""Of a configuration as JSON: Linux takes at most 128 KiB in one environment variable."""

_LONGEST_NUMBER = -1.2345678901234567e-300


def check(study: HyperparameterStudy) -> list[Problem]:
    """What keeps a valid study from being run in either home; empty where nothing does.

    Sampler names and settings are for `search` to check, and what only one home cannot do is for that home.
    """
    spec = study.spec
    problems = []
    if spec.budget is None:
        problems.append(Problem("spec.budget", "required to run, such as budget: {maxTrials: 20}"))
    if spec.trial is None:
        problems.append(Problem("spec.trial", "required to run; give trainer or template below it"))
    if spec.trial is not None and spec.trial.trainer is not None:
        problems += check_trainer(spec, spec.trial.trainer)
    if spec.trial is not None and spec.trial.template is not None:
        problems += check_template(spec, spec.trial)
    if spec.budget is not None and spec.trial is not None:
        problems += _check_room(spec.budget, spec.trial.grace_period)
    problems += _check_size(spec.parameters)
    return problems


def _check_size(parameters: Sequence[Parameter]) -> Iterator[Problem]:
    """Whether TUNEWRIGHT_PARAMETERS can carry every configuration."""
    size = sum(_longest(parameter) for parameter in parameters)
    if size > _MAX_BYTES:
        yield Problem(
            "spec.parameters",
            f"a configuration can be {size} bytes of JSON, and may be at most {_MAX_BYTES}; shorten the"
            " listed texts",
        )


def _longest(parameter: Parameter) -> int:
    """Bytes of the parameter's longest entry in a configuration."""
    entries = [{parameter.name: value} for value in parameter.choices or [_LONGEST_NUMBER]]
    texts = (json.dumps(entry, ensure_ascii=False) for entry in entries)
    return max(len(text.encode(errors="surrogatepass")) for text in texts)


def _check_room(budget: Budget, grace: int) -> Iterator[Problem]:
    """Whether the budget has room for one trial: what it may take to stop is kept back from the start."""
    least = grace + _MARGIN
    needs = f"it keeps back gracePeriod, {format_duration(grace)}, to stop what runs"
    if budget.max_duration is not None and budget.max_duration < least:
        message = f"leaves no time to train: {needs}; give at least {format_duration(least)}"
        yield Problem("spec.budget.maxDuration", message)
    if budget.max_gpu_hours is not None and budget.max_gpu_hours * 3600 < least:
        hours = math.ceil(least / 3600 * 10_000) / 10_000
        message = f"leaves no GPU time to train: {needs}; give at least {hours:g}"
        yield Problem("spec.budget.maxGpuHours", message)
