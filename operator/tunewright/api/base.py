"""What all models share: field naming, strictness, and the scalar types of the schema."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import (
    AllowInfNan,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    Strict,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from tunewright.api.problems import Invalid

GROUP = "tunewright.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"


class Model(BaseModel):
    """Immutable; camelCase outside, snake_case inside; unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, protected_namespaces=()
    )

    not_built_yet: ClassVar[tuple[str, ...]] = ()
    """Fields that the design has and this version has not; refused by name."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_fields(cls, data: Any) -> Any:
        if cls.model_config.get("extra") == "forbid" and isinstance(data, dict):
            known = {name for field, info in cls.model_fields.items() for name in (field, info.alias or field)}
            for field in data:
                if field in cls.not_built_yet:
                    raise Invalid(str(field), "not built yet; remove it")
                if field not in known:
                    names = ", ".join(info.alias or name for name, info in cls.model_fields.items())
                    raise Invalid(str(field)[:80], f"no such field; the fields here are {names}")
        return data

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
Scalar = Bool | Int | Number | Str
"""A parameter's value: bool, int, float or string."""

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_SECONDS = (86_400, 3_600, 60, 1)
_MAX_SECONDS = 10 * 365 * 86_400


def parse_duration(value: object) -> int:
    """Seconds of a duration such as `90s`, `30m` or `1h30m`.

    Raises:
        ValueError: it is not such a text, is zero, or is longer than ten years.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        seconds = value
    else:
        match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
        if match is None:
            raise ValueError("a duration is a text such as 90s, 30m, 2h or 1h30m")
        seconds = sum(int(part) * unit for part, unit in zip(match.groups(), _SECONDS, strict=True) if part)
    if not 0 < seconds <= _MAX_SECONDS:
        raise ValueError("a duration is at least 1s and at most 10 years")
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
    WithJsonSchema({"type": "string", "pattern": r"^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$", "minLength": 2}),
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
    """The part of Kubernetes' object metadata that Tunewright reads."""

    model_config = ConfigDict(extra="ignore")

    name: Str
    namespace: Str = ""
    uid: Str = ""
    generation: Int = 1
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Condition(Status):
    """One condition of a status, as Kubernetes words it."""

    type: Str
    status: Str
    reason: Str
    message: Str = ""
    last_transition_time: Time
    observed_generation: Int = 0
