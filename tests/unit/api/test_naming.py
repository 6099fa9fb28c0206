"""Names elsewhere."""

import pytest

from tunewright.api.naming import environment_name


@pytest.mark.parametrize(
    ("parameter", "variable"),
    [("learning_rate", "HP_LEARNING_RATE"), ("learning-rate", "HP_LEARNING_RATE"), ("layer.1", "HP_LAYER_1")],
)
def test_the_variable_of_a_parameter(parameter: str, variable: str) -> None:
    assert environment_name(parameter) == variable
