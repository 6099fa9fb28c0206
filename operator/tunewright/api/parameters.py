"""A hyperparameter as the search space of a study declares it."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from tunewright.api.base import Model, Number, Scalar, Str
from tunewright.api.problems import Invalid

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
MAX_VALUES = 1_000
MAX_PARENTS = 20
MAX_TEXT = 1_000  # of a listed value; it becomes an environment variable
MAX_INTEGER = 2**53  # a JSON number keeps an integer up to here
MAX_DEVIATIONS = 8.0  # farther out a normal law's mass is lost in rounding


class ParameterType(StrEnum):
    """What kind of value a parameter takes."""

    FLOAT = "float"
    INT = "int"
    CATEGORICAL = "categorical"
    ORDINAL = "ordinal"
    BOOL = "bool"


class Scale(StrEnum):
    """Along which a numeric range is searched uniformly."""

    LINEAR = "linear"
    LOG = "log"
    REVERSE_LOG = "reverseLog"


class Distribution(StrEnum):
    """The family of a prior."""

    NORMAL = "normal"
    LOG_NORMAL = "logNormal"


class Prior(Model):
    """Where a good value is expected: a normal or log-normal law, cut off at the parameter's bounds."""

    distribution: Distribution = Field(description="normal, or logNormal: the value's logarithm is normal.")
    mean: Number = Field(description="The law's mean; of the logarithm for logNormal.")
    deviation: Annotated[Number, Field(gt=0)] = Field(
        description="The law's standard deviation; of the logarithm for logNormal."
    )


class Parameter(Model):
    """One hyperparameter: its type, its range or values, and when it is active.

    The numeric types (`float`, `int`) take `min`, `max` and either `scale` or `prior`, and `step`; the
    listed ones (`categorical`, `ordinal`) take `values`; `bool` takes neither.
    """

    name: Str = Field(
        min_length=1,
        max_length=63,
        description="Unique in the study. Starts with a letter or _; letters, digits, _ . and - only.",
        json_schema_extra={"pattern": f"^{NAME.pattern}$"},
    )
    type: ParameterType = Field(description="float, int, categorical, ordinal or bool.")
    min: Number | None = Field(None, description="Least value, included. For float and int.")
    max: Number | None = Field(None, description="Greatest value, included. For float and int.")
    scale: Scale = Field(
        Scale.LINEAR, description="linear, log, or reverseLog (fine near max). For float and int."
    )
    step: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="Distance of neighbouring values, counted from min. For float and int."
    )
    prior: Prior | None = Field(None, description="Where a good value is expected. For float and int.")
    values: list[Scalar] = Field(
        [],
        max_length=MAX_VALUES,
        description="The values, in their order for ordinal. For categorical and ordinal.",
    )
    default: Scalar | None = Field(None, description="The value of the default configuration.")
    when: dict[str, Annotated[list[Scalar], Field(min_length=1, max_length=MAX_VALUES)]] = Field(
        {},
        max_length=MAX_PARENTS,
        description="Active only while each named parameter is active and has one of its listed values.",
    )

    @property
    def numeric(self) -> bool:
        """Whether it is a range of numbers."""
        return self.type in (ParameterType.FLOAT, ParameterType.INT)

    @property
    def low(self) -> float:
        """`min`, of a numeric parameter."""
        assert self.min is not None
        return self.min

    @property
    def high(self) -> float:
        """`max`, of a numeric parameter."""
        assert self.max is not None
        return self.max

    @property
    def _spacing(self) -> float:
        """How far apart the floats of the range lie, and so how exact its values are: far from 0 not very."""
        return math.ulp(max(abs(self.low), abs(self.high)))

    @property
    def choices(self) -> list[Scalar]:
        """The values of a parameter that lists them; empty for a numeric one."""
        if self.type is ParameterType.BOOL:
            return [False, True]
        return self.values

    def contains(self, value: object) -> bool:
        """Whether `value` is one that this parameter can take, type and step included."""
        if not self.numeric:
            return any(same(value, choice) for choice in self.choices)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return False
        if not self.low <= value <= self.high:
            return False
        if self.type is ParameterType.INT:
            return value == int(value) and (int(value) - int(self.low)) % int(self.step or 1) == 0
        if self.step is None:
            return True
        count = (value - self.low) / self.step
        return abs(count - round(count)) <= 1e-9 * max(1.0, count) + self._spacing / self.step

    def active(self, configuration: Mapping[str, Scalar]) -> bool:
        """Whether it is active beside the values of `configuration`, which holds active parameters alone."""
        return all(
            parent in configuration and any(same(configuration[parent], value) for value in values)
            for parent, values in self.when.items()
        )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not NAME.fullmatch(self.name):
            raise Invalid(
                "name", "a name starts with a letter or _ and holds letters, digits, _ . and - only"
            )
        if self.numeric:
            self._check_range()
        else:
            self._check_values()
        if self.default is not None and not self.contains(self.default):
            raise Invalid(
                "default", f"{word(self.default)} is not a value of this parameter; {self.domain()}"
            )
        return self

    def _check_range(self) -> None:
        for field in ("min", "max"):
            if getattr(self, field) is None:
                raise Invalid(field, f"required for type {self.type}")
        if self.values:
            raise Invalid("values", f"not for type {self.type}, which takes min and max")
        if self.low > self.high:
            raise Invalid("min", f"must not be greater than max, but {self.low:g} > {self.high:g}")
        if not math.isfinite(self.high - self.low):
            raise Invalid("max", "the range is too wide for floating point; narrow it")
        self._check_law()
        if self.step is not None:
            self._check_step(self.step)
        if self.type is ParameterType.INT:
            self._check_integers()

    def _check_step(self, step: float) -> None:
        width = self.high - self.low
        if self.scale is not Scale.LINEAR:
            raise Invalid(
                "step", f"not with scale {self.scale}: use scale linear, or list the values as an ordinal"
            )
        if self.low < self.high and step > width + self._spacing:
            raise Invalid("step", f"must not exceed max - min = {width:g}, but is {step:g}")
        if width / step > MAX_INTEGER or step < self._spacing:
            raise Invalid("step", f"{step:g} is too fine for a range of {width:g}; leave it out")

    def _check_law(self) -> None:
        if self.scale is not Scale.LINEAR and self.low <= 0:
            raise Invalid("min", f"must be greater than 0 for scale {self.scale}, but is {self.low:g}")
        if self.prior is None:
            return
        if self.scale is not Scale.LINEAR:
            raise Invalid(
                "prior", f"not with scale {self.scale}: the prior says how values are spread; drop one"
            )
        low, high = self.low, self.high
        if self.prior.distribution is Distribution.LOG_NORMAL:
            if low <= 0:
                raise Invalid("min", f"must be greater than 0 for a logNormal prior, but is {low:g}")
            low, high = math.log(low), math.log(high)
        distance = max(low - self.prior.mean, self.prior.mean - high) / self.prior.deviation
        if distance > MAX_DEVIATIONS:
            raise Invalid(
                "prior.mean",
                f"lies {distance:.3g} deviations outside of {low:g} to {high:g}; "
                f"at most {MAX_DEVIATIONS:g} leave anything to choose from",
            )

    def _check_integers(self) -> None:
        for field in ("min", "max", "step"):
            value = getattr(self, field)
            if value is None:
                continue
            if value != int(value):
                raise Invalid(field, f"must be a whole number for type int, but is {value:g}")
            if abs(value) > MAX_INTEGER:
                raise Invalid(field, f"must lie within +-2^53 for type int, but is {value:g}")

    def _check_values(self) -> None:
        for field in ("min", "max", "step", "prior"):
            if getattr(self, field) is not None:
                raise Invalid(field, f"not for type {self.type}; it is for float and int")
        if self.scale is not Scale.LINEAR:
            raise Invalid("scale", f"not for type {self.type}; it is for float and int")
        if self.type is ParameterType.BOOL:
            if self.values:
                raise Invalid("values", "not for type bool, whose values are false and true")
            return
        if not self.values:
            raise Invalid("values", f"required for type {self.type}: list at least one value")
        seen: set[tuple[bool, Scalar]] = set()
        for index, value in enumerate(self.values):
            if isinstance(value, str) and (len(value) > MAX_TEXT or "\0" in value):
                raise Invalid(
                    f"values[{index}]", f"a text has at most {MAX_TEXT} characters, and none is NUL"
                )
            key = (isinstance(value, bool), value)
            if key in seen:
                raise Invalid(f"values[{index}]", f"{word(value)} stands twice; list each value once")
            seen.add(key)

    def domain(self) -> str:
        """The values that it can take, in words for a message."""
        if not self.numeric:
            shown = ", ".join(word(choice) for choice in self.choices[:20])
            return f"choose one of {shown}" + (", ..." if len(self.choices) > 20 else "")
        kind = "a whole number" if self.type is ParameterType.INT else "a number"
        stepped = f", in steps of {self.step:g} from {self.low:g}" if self.step is not None else ""
        return f"choose {kind} from {self.low:g} to {self.high:g}{stepped}"


def same(left: object, right: object) -> bool:
    """Whether two values are one and the same: 1 and 1.0 are, true and 1 are not."""
    return isinstance(left, bool) is isinstance(right, bool) and left == right


def word(value: Scalar) -> str:
    """A value as a study file writes it, for a message: `true`, `3`, `sgd`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def short(value: Scalar) -> str:
    """A value for a column or a sentence: numbers rounded to four digits."""
    return f"{value:.4g}" if isinstance(value, float) else word(value)


def in_dependency_order(parameters: Sequence[Parameter]) -> list[Parameter]:
    """The parameters, each after those that its `when` names, else in the given order.

    Raises:
        Invalid: conditions form a circle. A parent that does not exist is passed over.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    ordered: dict[str, Parameter] = {}
    for parameter in parameters:
        # An explicit stack: a long chain of conditions must not exhaust Python's own.
        path: list[tuple[Parameter, Iterator[str]]] = [(parameter, iter(parameter.when))]
        on_path = {parameter.name}
        while path and parameter.name not in ordered:
            current, parents = path[-1]
            parent = next((p for p in parents if p in by_name and p not in ordered), None)
            if parent is None:
                ordered[current.name] = current
                on_path.discard(current.name)
                path.pop()
            elif parent in on_path:
                circle = " -> ".join([p.name for p, _ in path] + [parent])
                raise Invalid("when", f"conditions form a circle: {circle}; remove one of them")
            else:
                path.append((by_name[parent], iter(by_name[parent].when)))
                on_path.add(parent)
    return list(ordered.values())
