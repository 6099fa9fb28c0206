"""Which other studies' results a study begins with."""

import re
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from tunewright.api.base import Model, Str
from tunewright.api.naming import MAX_STUDY_NAME, STUDY_NAME
from tunewright.api.problems import Invalid

MAX_STUDIES = 5
"""Of the other studies that one study learns from: each makes every proposal dearer."""

_LABEL = r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)"
_PREFIX = r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)"

StudyName = Annotated[
    Str, Field(min_length=1, max_length=MAX_STUDY_NAME, json_schema_extra={"pattern": f"^{STUDY_NAME}$"})
]


class LabelSelector(Model):
    """Which studies are meant, by their labels."""

    match_labels: dict[str, Annotated[Str, Field(max_length=63)]] = Field(
        min_length=1, max_length=20, description="Labels that a study must have, with these values."
    )

    @field_validator("match_labels")
    @classmethod
    def _check_labels(cls, labels: dict[str, str]) -> dict[str, str]:
        for name, value in labels.items():
            if not re.fullmatch(f"{_PREFIX}?{_LABEL}", name, re.ASCII):
                raise Invalid("", f"{name!r} is not the name of a label, such as team or example.com/team")
            if not re.fullmatch(f"{_LABEL}?", value, re.ASCII):
                raise Invalid(name, f"a label's value has letters, digits, - _ and . only, not {value!r}")
        return labels

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether an object with these labels is meant."""
        return all(labels.get(name) == value for name, value in self.match_labels.items())


class WarmStart(Model):
    """Finished studies whose trials the sampler may learn from."""

    studies: list[StudyName] = Field(
        [],
        max_length=MAX_STUDIES,
        description="Studies by name. Each must be finished when this one begins.",
    )
    selector: LabelSelector | None = Field(
        None,
        description="The prior bank: finished studies with these labels, of the same objectives and the same "
        "trainer, newest first.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.studies and self.selector is None:
            raise Invalid("", "give studies, by name, or a selector, by labels")
        for index, name in enumerate(self.studies):
            if not re.fullmatch(STUDY_NAME, name, re.ASCII):
                raise Invalid(
                    f"studies[{index}]", f"a study's name has a-z, 0-9, - and . only, unlike {name!r}"
                )
            if name in self.studies[:index]:
                raise Invalid(f"studies[{index}]", f"{name} stands twice; name each study once")
        return self
