"""The search space: which configurations there are, and where each lies in the unit cube."""

from collections.abc import Iterator, Mapping, Sequence

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter, in_dependency_order
from tunewright.search.axis import Axis, Continuous, Levels, Stepped, axis_of
from tunewright.search.enumeration import Enumeration, cardinality
from tunewright.search.law import law_of

MAX_COUNTED = 100_000
"""Up to how many configurations a space is counted."""


class SearchSpace:
    """The configurations that a study may try.

    A configuration maps the names of the active parameters, and of no others, to their values.

    Attributes:
        parameters: the parameters as they were given.
        ordered: the parameters in dependency order, each after those that its condition names. The
            coordinates of the unit cube follow it.
        axes: for each parameter, in dependency order, its transforms between values and the unit interval.
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        """Raises `Invalid` if conditions form a circle."""
        self.parameters = tuple(parameters)
        self.ordered = tuple(in_dependency_order(self.parameters))
        self.axes: Mapping[str, Axis] = {parameter.name: axis_of(parameter) for parameter in self.ordered}
        self._cardinality: int | None = None
        self._counted = False

    def configuration(self, units: Sequence[float]) -> dict[str, Scalar]:
        """The active configuration at a point of the unit cube; uniform points follow scales and priors."""
        configuration: dict[str, Scalar] = {}
        for parameter, u in zip(self.ordered, units, strict=True):
            if parameter.active(configuration):
                configuration[parameter.name] = self.axes[parameter.name].from_unit(u)
        return configuration

    def activate(self, values: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """The active part of a full set of legal values, each in its parameter's own type."""
        configuration: dict[str, Scalar] = {}
        for parameter in self.ordered:
            if parameter.active(configuration):
                configuration[parameter.name] = self._own(parameter, values[parameter.name])
        return configuration

    def default_configuration(self, fallback: Mapping[str, object] | None = None) -> dict[str, Scalar]:
        """Each active parameter's `default`, else `fallback`'s value where that is legal, else its middle.

        The middle is that of the range in its scale, or the prior's median; of an ordinal parameter the
        middle value, of a categorical one the first, of a bool one false.
        """
        return self.complete({}, fallback)

    def complete(
        self, partial: Mapping[str, Scalar], fallback: Mapping[str, object] | None = None
    ) -> dict[str, Scalar]:
        """A configuration from legal values of some parameters: the others take their defaults.

        Values of parameters that turn out inactive are left out.
        """
        return self.activate(
            {
                parameter.name: partial[parameter.name]
                if parameter.name in partial
                else self._default(parameter, fallback or {})
                for parameter in self.ordered
            }
        )

    def default(self, parameter: Parameter, fallback: Mapping[str, object] | None = None) -> Scalar:
        """The value that the default configuration has of a parameter of the space where it is active."""
        return self._own(parameter, self._default(parameter, fallback or {}))

    def contains(self, configuration: Mapping[str, object]) -> bool:
        """Whether it has a legal value for every active parameter, and nothing else."""
        active: dict[str, Scalar] = {}
        for parameter in self.ordered:
            if not parameter.active(active):
                continue
            value = configuration.get(parameter.name)
            if not isinstance(value, bool | int | float | str) or not parameter.contains(value):
                return False
            active[parameter.name] = value
        return len(active) == len(configuration)

    def cardinality(self) -> int | None:
        """How many configurations there are; none if infinitely many, or more than `MAX_COUNTED`."""
        if not self._counted:
            self._cardinality = cardinality(self.ordered, self._levels(), MAX_COUNTED)
            self._counted = True
        return self._cardinality

    def enumerate(self, levels: Mapping[str, Levels] | None = None) -> Enumeration:
        """All configurations in a fixed order, each once; `levels` are those of continuous parameters.

        Raises:
            ValueError: a continuous parameter has no levels.
        """
        every = {name: own or (levels or {}).get(name) for name, own in self._levels().items()}
        complete = {name: own for name, own in every.items() if own is not None}
        if len(complete) < len(every):
            raise ValueError("continuous parameters cannot be enumerated without levels")
        return Enumeration(self.ordered, complete)

    def continuous(self) -> Iterator[Parameter]:
        """The parameters with more values than can be listed, in the given order."""
        return (p for p in self.parameters if isinstance(self.axes[p.name], Continuous))

    def _levels(self) -> dict[str, Levels | None]:
        return {name: None if isinstance(axis, Continuous) else axis for name, axis in self.axes.items()}

    def _default(self, parameter: Parameter, fallback: Mapping[str, object]) -> Scalar:
        if parameter.default is not None:
            return parameter.default
        given = fallback.get(parameter.name)
        if isinstance(given, bool | int | float | str) and parameter.contains(given):
            return given
        axis = self.axes[parameter.name]
        if not axis.ordered:
            return axis.from_unit(0.0)
        if isinstance(axis, Stepped):
            # Not at u = 0.5, which counts half a step beyond the bounds: on a log scale that shows.
            return law_of(parameter, parameter.low, parameter.high).quantile(0.5)
        return axis.from_unit(0.5)

    def _own(self, parameter: Parameter, value: Scalar) -> Scalar:
        """A legal value as its axis writes it: 3.0 is the int 3, 0.30000000000000004 the step 0.3."""
        axis = self.axes[parameter.name]
        if isinstance(axis, Continuous):
            return float(value)
        return axis.value(axis.index(value))
