"""Short texts."""

import pytest

from tunewright.api.base import Scalar
from tunewright.engine.wording import MAX_LENGTH, in_one_line


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, ""),
        ({"accuracy": 0.98333}, "accuracy=0.9833"),
        ({"loss": 1.5e-7, "size": 12345678.0}, "loss=1.5e-07, size=1.235e+07"),
        ({"layers": 1234567, "bias": True, "name": "größe"}, "layers=1234567, bias=true, name=größe"),
        ({"name": "two\nlines"}, "name=two lines"),
    ],
)
def test_names_and_values(values: dict[str, Scalar], text: str) -> None:
    assert in_one_line(values) == text


def test_a_long_text_is_cut() -> None:
    text = in_one_line({f"parameter_{number}": number for number in range(200)})

    assert len(text) == MAX_LENGTH
    assert text.endswith(" ...")
