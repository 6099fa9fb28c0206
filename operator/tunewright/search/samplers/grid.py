"""Grid search."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from tunewright.api.base import Int, Model, Scalar
from tunewright.api.problems import Problem
from tunewright.api.study import Objective
from tunewright.api.trial import Proposal
from tunewright.search.axis import Axis
from tunewright.search.enumeration import Enumeration, Position
from tunewright.search.history import key
from tunewright.search.sampler import Request, Response, Sampler, Suggestion
from tunewright.search.space import SearchSpace


class GridSettings(Model):
    """The settings of `grid`."""

    points: Annotated[Int, Field(ge=2, le=1_000)] | None = Field(
        None, description="How many values, evenly along its scale, a float without a step is given."
    )


class GridSampler(Sampler):
    """Every combination once, in a fixed order, the last parameter's values changing fastest.

    Its state is where it stands, so that the grid itself is never stored.
    """

    description = "every combination once, in a fixed order"
    settings_model = GridSettings

    def problems(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],  # noqa: ARG002
    ) -> Sequence[Problem]:
        if self.settings.points is not None:
            return []
        names = {parameter.name for parameter in space.continuous()}
        return [
            Problem(
                f"spec.parameters[{index}].step",
                f"a grid needs steps, and {parameter.name} is continuous: give a step, "
                "list values, or set spec.algorithm.settings.points",
            )
            for index, parameter in enumerate(space.parameters)
            if parameter.name in names
        ]

    def propose(self, request: Request) -> Response:
        points = self.settings.points
        levels = {p.name: _Points(request.space.axes[p.name], points) for p in request.space.continuous()}
        grid = request.space.enumerate(levels)
        seen = {key(configuration) for configuration in request.pending}
        suggestions: list[Suggestion] = []
        state: Mapping[str, Any] = request.state
        for position in _positions(grid, request.state.get("position")):
            if len(suggestions) == request.count:
                break
            state = {"position": list(position)}
            configuration = grid.configuration(position)
            identity = key(configuration)
            if identity not in seen and not request.history.tried(identity):
                seen.add(identity)
                suggestions.append(Suggestion(configuration, Proposal(sampler="grid")))
        return Response(suggestions, state)


def _positions(grid: Enumeration, last: Any) -> Iterable[Position]:
    """The positions after the one that was given out last; all where there was none."""
    position = grid.first() if last is None else grid.after(tuple(last))
    while position is not None:
        yield position
        position = grid.after(position)


class _Points:
    """Values of a continuous parameter, evenly along its scale, both bounds among them."""

    def __init__(self, axis: Axis, count: int) -> None:
        self._axis = axis
        self.count = count

    def value(self, index: int) -> Scalar:
        return self._axis.from_unit(index / (self.count - 1))
