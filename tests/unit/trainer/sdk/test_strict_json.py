import json
import math

import pytest

from tunewright_trainer.sdk import strict_json


@pytest.mark.parametrize(
    ("value", "text"),
    [(math.nan, '"NaN"'), (math.inf, '"Infinity"'), (-math.inf, '"-Infinity"'), (0.1, "0.1")],
)
def test_every_float_is_strict_json(value: float, text: str) -> None:
    encoded = strict_json.encode(strict_json.number(value))

    assert encoded.decode() == text
    assert float(json.loads(encoded)) == pytest.approx(value, nan_ok=True)


def test_a_bare_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        strict_json.encode({"loss": math.nan})
