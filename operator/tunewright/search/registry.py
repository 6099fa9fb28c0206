"""The samplers that there are: the built-in ones, and those of other packages by entry point.

A package offers a sampler under the entry point group `tunewright.samplers`: the entry point's name is
the sampler's, and its object a subclass of `Sampler`. A built-in name cannot be taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from inspect import isabstract
from typing import Any

from pydantic import ValidationError

from tunewright.api.problems import InvalidInput, Problem, one_line, problems_of, unknown
from tunewright.api.study import Algorithm, Objective
from tunewright.search.sampler import Sampler
from tunewright.search.space import SearchSpace

GROUP = "tunewright.samplers"

_BUILT_IN = {
    "auto": "tunewright.search.samplers.auto:AutoSampler",
    "gp": "tunewright.search.samplers.gp:GpSampler",
    "grid": "tunewright.search.samplers.grid:GridSampler",
    "random": "tunewright.search.samplers.random:RandomSampler",
    "sobol": "tunewright.search.samplers.sobol:SobolSampler",
    "tpe": "tunewright.search.samplers.tpe:TpeSampler",
}


@dataclass(frozen=True)
class Available:
    """A sampler that can be named in a study: what it is, and the JSON schema of its settings."""

    name: str
    description: str
    settings: dict[str, Any]


class BrokenSamplerError(Exception):
    """Another package's sampler cannot be used; the message says why."""


def available() -> list[Available]:
    """All samplers, by name; one that is broken has the reason as its description."""
    return [_describe(name) for name in sorted({*_BUILT_IN, *_plugins()})]


def create(
    algorithm: Algorithm, space: SearchSpace, objectives: Sequence[Objective], *, warm_start: bool = False
) -> Sampler:
    """The sampler that a study asks for; `warm_start`: whether it is to learn from other studies, too.

    Raises:
        InvalidInput: there is none of that name, it is broken, it has no such setting, or it cannot honour
            something of the study; the paths begin with `spec.`.
    """
    names = sorted({*_BUILT_IN, *_plugins()})
    if algorithm.name not in names:
        raise InvalidInput([Problem("spec.algorithm.name", unknown("sampler", algorithm.name, names))])
    try:
        kind = _load(algorithm.name)
    except BrokenSamplerError as broken:
        raise InvalidInput([Problem("spec.algorithm.name", str(broken))]) from broken
    try:
        settings = kind.settings_model.model_validate(algorithm.settings)
    except ValidationError as error:
        raise InvalidInput(p.under("spec.algorithm.settings") for p in problems_of(error)) from None
    sampler = kind(settings)
    problems = list(sampler.problems(space, objectives))
    if warm_start and not kind.uses_related:
        message = f"sampler {algorithm.name} does not learn from other studies; choose auto, or remove it"
        problems.append(Problem("spec.warmStartFrom", message))
    if problems:
        raise InvalidInput(problems)
    return sampler


def _describe(name: str) -> Available:
    try:
        kind = _load(name)
    except BrokenSamplerError as broken:
        return Available(name, one_line(str(broken)), {})
    return Available(name, kind.description, kind.settings_model.model_json_schema())


def _plugins() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _load(name: str) -> type[Sampler]:
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        built_in: type[Sampler] = getattr(import_module(module), attribute)
        return built_in
    entry = _plugins()[name]
    origin = f"sampler {name} of {entry.dist.name if entry.dist else entry.value}"
    try:
        kind = entry.load()
    except Exception as error:  # whatever another package's import raises
        raise BrokenSamplerError(f"{origin} cannot be loaded: {type(error).__name__}: {error}") from error
    if not (isinstance(kind, type) and issubclass(kind, Sampler)) or isabstract(kind):
        raise BrokenSamplerError(f"{origin} is no class that implements tunewright.search.sampler.Sampler")
    if not isinstance(getattr(kind, "description", None), str):
        raise BrokenSamplerError(f"{origin} has no description")
    return kind
