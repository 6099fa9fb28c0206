"""The name of a metric, as a study refers to it."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from tunewright.api.base import Str

_NAME = r"[A-Za-z_][A-Za-z0-9_./-]*"


def _checked(name: str) -> str:
    if not re.fullmatch(_NAME, name, re.ASCII):
        raise ValueError(
            "a metric's name starts with a letter or _ and holds letters, digits, _ . / and - only"
        )
    return name


MetricName = Annotated[
    Str,
    Field(min_length=1, max_length=63, json_schema_extra={"pattern": f"^{_NAME}$"}),
    AfterValidator(_checked),
]
