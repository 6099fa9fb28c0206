"""Builders of search spaces."""

from typing import Any

from hypothesis import strategies as st

from tunewright.api.parameters import Parameter
from tunewright.search.space import SearchSpace


def a_parameter(name: str, **fields: Any) -> Parameter:
    return Parameter.model_validate({"name": name, **fields})


def a_space(**parameters: dict[str, Any]) -> SearchSpace:
    """A space of parameters by name."""
    return SearchSpace([a_parameter(name, **fields) for name, fields in parameters.items()])


@st.composite
def conditional_spaces(draw: st.DrawFn) -> SearchSpace:
    """Finite spaces of up to six parameters, whose conditions lead anywhere but back."""
    parameters: dict[str, dict[str, Any]] = {}
    for index in range(draw(st.integers(1, 6))):
        fields: dict[str, Any] = draw(
            st.sampled_from(
                [
                    {"type": "bool"},
                    {"type": "categorical", "values": ["a", True, 1]},
                    {"type": "ordinal", "values": [1, 2]},
                    {"type": "int", "min": 1, "max": 3},
                    {"type": "float", "min": 0.0, "max": 0.2, "step": 0.1},
                ]
            )
        )
        when = {}
        for name, parent in parameters.items():
            choices = [False, True] if parent["type"] == "bool" else parent.get("values", [])
            if choices and draw(st.booleans()):
                when[name] = draw(st.lists(st.sampled_from(choices), min_size=1, max_size=2))
        parameters[f"p{index}"] = {**fields, "when": when}
    names = draw(st.permutations(list(parameters)))
    return a_space(**{name: parameters[name] for name in names})
