"""What a study tries before its sampler is asked."""

from typing import Any

from tests.builders import a_study

from tunewright.api.trial import Purpose
from tunewright.search.initial import initial_configurations
from tunewright.search.space import SearchSpace

DEFAULT = {"learning_rate": 0.001, "optimizer": "adam"}
SGD = {"learning_rate": 0.001, "optimizer": "sgd", "momentum": 0.495}
FAST = {"learning_rate": 0.1, "optimizer": "adam"}


def initial(fallback: dict[str, object] | None = None, **fields: Any) -> list[tuple[Purpose, dict[str, Any]]]:
    spec = a_study(initial=fields).spec
    return initial_configurations(spec, SearchSpace(spec.parameters), fallback)


def test_the_default_configuration_is_first() -> None:
    assert initial() == [(Purpose.DEFAULT, DEFAULT)]


def test_then_come_the_initial_ones_in_order_with_their_gaps_filled() -> None:
    assert initial(configurations=[{"optimizer": "sgd"}, {"learning_rate": 0.1}]) == [
        (Purpose.DEFAULT, DEFAULT),
        (Purpose.INITIAL, SGD),
        (Purpose.INITIAL, FAST),
    ]


def test_a_study_may_do_without_the_default() -> None:
    assert initial(default=False) == []
    assert initial(default=False, configurations=[{}]) == [(Purpose.INITIAL, DEFAULT)]


def test_each_configuration_is_tried_once_where_it_first_stands() -> None:
    repeated = [
        {"optimizer": "sgd"},
        {"optimizer": "adam"},
        {"learning_rate": 0.1},
        {"momentum": 0.495, "optimizer": "sgd"},
    ]
    assert initial(configurations=repeated) == [
        (Purpose.DEFAULT, DEFAULT),
        (Purpose.INITIAL, SGD),
        (Purpose.INITIAL, FAST),
    ]


def test_the_trainers_defaults_fill_what_the_study_leaves_open() -> None:
    assert initial({"momentum": 0.9, "learning_rate": 0.3}, configurations=[{"optimizer": "sgd"}])[1] == (
        Purpose.INITIAL,
        {**SGD, "momentum": 0.9},
    )
