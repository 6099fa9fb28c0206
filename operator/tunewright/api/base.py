"""What all models share: field naming, strictness, and the scalar types of the schema."""

import functools
import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AllowInfNan,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    Strict,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from tunewright.api.problems import Invalid, unknown

GROUP = "tunewright.dev"
VERSION = "v1alpha1"
ApiVersion = Literal["tunewright.dev/v1alpha1"]
API_VERSION: ApiVersion = "tunewright.dev/v1alpha1"


class Model(BaseModel):
    """Immutable; camelCase outside, snake_case inside; unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, protected_namespaces=()
    )

    not_built_yet: ClassVar[tuple[str, ...]] = ()
    """Fields that the design has and this version has not; refused by name."""

    @model_validator(mode="before")
    @classmethod
    def _accept_known_fields(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if cls.model_config.get("extra") == "forbid":
            for field in data:
                if field in cls.not_built_yet:
                    raise Invalid(str(field), "not built yet; remove it")
                if field not in cls._accepted():
                    raise Invalid(str(field), unknown("field", str(field), cls._fields()))
        # Null means absent, as it does to the Kubernetes API server.
        return {field: value for field, value in data.items() if value is not None}

    @classmethod
    @functools.cache
    def _fields(cls) -> list[str]:
        return [info.alias or name for name, info in cls.model_fields.items()]

    @classmethod
    @functools.cache
    def _accepted(cls) -> frozenset[str]:
        return frozenset([*cls.model_fields, *cls._fields()])

    def document(self) -> dict[str, Any]:
        """The object as plain JSON types, fields at their defaults left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


class Status(Model):
    """Written by Tunewright alone; unknown fields, from a newer version, are passed over."""

    model_config = ConfigDict(extra="ignore")


Int = Annotated[int, Strict()]
Number = Annotated[float, Strict(), AllowInfNan(False)]
Bool = Annotated[bool, Strict()]
Str = Annotated[str, Strict()]


def _scalar(value: object) -> object:
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("must be a text, a finite number, true or false")


# One validator, not a union's four: a union would report each of its members' complaints.
Scalar = Annotated[bool | int | float | str, PlainValidator(_scalar, json_schema_input_type=Any)]
"""A parameter's value: bool, int, float or string."""

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_SECONDS = (86_400, 3_600, 60, 1)
_MAX_SECONDS = 10 * 365 * 86_400


def parse_duration(value: object) -> int:
    """Seconds of a duration such as `90s`, `30m` or `1h30m`.

    Raises:
        ValueError: it is not such a text, is zero, or is longer than ten years.
    """
    match = _DURATION.fullmatch(value) if isinstance(value, str) and 0 < len(value) <= 40 else None
    if match is None:
        raise ValueError("must be a duration such as 90s, 30m, 2h or 1h30m")
    seconds = sum(int(part) * unit for part, unit in zip(match.groups(), _SECONDS, strict=True) if part)
    if not 0 < seconds <= _MAX_SECONDS:
        raise ValueError("must be a duration of at least 1s and at most 3650d")
    return seconds


def format_duration(seconds: int) -> str:
    """The text of a duration of `seconds`, the inverse of `parse_duration`."""
    parts = []
    for unit, letter in zip(_SECONDS, "dhms", strict=True):
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"


Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
            "minLength": 2,
            "maxLength": 40,
        }
    ),
]
"""Seconds inside, a text such as `1h30m` outside."""


def parse_time(value: object) -> int:
    """Milliseconds since the Unix epoch of an RFC 3339 text."""
    if isinstance(value, int):
        return value
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError("a time is RFC 3339 with its zone, such as 2026-01-31T12:00:00Z")
    return round(moment.timestamp() * 1000)


def format_time(milliseconds: int) -> str:
    """The RFC 3339 text, in UTC, of milliseconds since the Unix epoch."""
    text = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


Time = Annotated[
    int,
    BeforeValidator(parse_time),
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""Milliseconds since the Unix epoch inside, RFC 3339 outside."""


class ObjectMeta(Model):
    """The part of Kubernetes' object metadata that Tunewright reads; the rest of it is passed over."""

    model_config = ConfigDict(extra="ignore")

    name: Str = Field(description="The object's name.")
    namespace: Str = Field("", description="The namespace that holds it; none on a laptop.")
    uid: Str = Field("", description="Tells it from others that had its name before.")
    generation: Int = Field(1, description="Counts the changes of its spec.")
    labels: dict[str, Str] = Field({}, description="Labels, to select by.")
    annotations: dict[str, Str] = Field({}, description="Annotations, for other tools.")


class Resource(Model):
    """A whole object: what it is, its metadata, and by the subclass a spec and a status."""

    api_version: ApiVersion = Field(API_VERSION, description="The schema's version: tunewright.dev/v1alpha1.")
    kind: str = Field(description="What the object is.")
    metadata: ObjectMeta = Field(description="Name, namespace, labels and the like.")

    def document(self) -> dict[str, Any]:
        """The object as plain JSON types; fields at their defaults are left out, but for what it is."""
        return {"apiVersion": self.api_version, "kind": self.kind, **super().document()}


class Condition(Status):
    """One condition of a status, as Kubernetes words it."""

    type: Str = Field(description="What it is about; unique in its list.")
    status: Str = Field(description="True, False or Unknown.")
    reason: Str = Field(description="Why, in one word for programs.")
    message: Str = Field("", description="Why, in a sentence for people.")
    last_transition_time: Time = Field(description="When its status last changed.")
    observed_generation: Int = Field(0, description="The generation of the spec that it was set by.")
