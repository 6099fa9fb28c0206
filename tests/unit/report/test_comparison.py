import pytest
from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view, with_status

from tunewright.api.base import Scalar
from tunewright.api.parameters import Parameter
from tunewright.report.comparison import difference_in_words, like, metric_rows, parameter_rows, stem
from tunewright.report.view import StudyView

LOG = {"name": "x", "type": "float", "min": 1e-5, "max": 1, "scale": "log"}
LINEAR = {"name": "x", "type": "float", "min": 0, "max": 1}
LISTED = {"name": "x", "type": "categorical", "values": ["sgd", "adam"]}
FLAG = {"name": "x", "type": "bool"}


@pytest.mark.parametrize(
    ("parameter", "best", "default", "words"),
    [
        (LOG, 0.003, 0.001, "3 times the default"),
        (LOG, 0.001, 0.003, "the default divided by 3"),
        (LINEAR, 0.35, 0.2, "0.15 higher than the default"),
        (LINEAR, 0.2, 0.5, "0.3 lower than the default"),
        (LINEAR, 0.2, 0.2, "as the default"),
        (LISTED, "sgd", "adam", "sgd instead of adam"),
        (FLAG, True, False, "true instead of false"),
        (LINEAR, 0.5, None, "not active in the default"),
        (LINEAR, None, 0.5, "not active in the best"),
        (LINEAR, None, None, "not active in either"),
    ],
)
def test_difference_in_words(
    parameter: dict[str, object], best: Scalar | None, default: Scalar | None, words: str
) -> None:
    assert difference_in_words(Parameter.model_validate(parameter), best, default) == words


def test_parameters_in_the_study_s_order_with_what_differs() -> None:
    best = a_trial(1, accuracy=0.9, parameters={"momentum": 0.9, "optimizer": "sgd", "learning_rate": 0.001})
    view = with_status(a_study(), [a_trial(0, accuracy=0.5), best], {})
    rows = parameter_rows(view)
    assert [(row.parameter.name, row.differs) for row in rows] == [
        ("learning_rate", False),
        ("optimizer", True),
        ("momentum", True),
    ]


def test_metrics_are_held_against_the_objective_that_is_their_like() -> None:
    rows = metric_rows(a_view(40))
    assert [(row.metric, row.held_out) for row in rows] == [
        ("validation_accuracy", False),
        ("test_accuracy", True),
        ("test_loss", True),
    ]
    assert rows[0].words.endswith(", better")
    assert rows[1].words == "+0.0278, better"
    assert rows[2].words == "-0.0278"  # nothing says that less is better


def test_a_worse_test_metric_is_called_worse() -> None:
    best, default = a_trial(1, accuracy=0.9), a_trial(0, accuracy=0.8)
    status = {
        "best": {
            "name": best.name, "index": 1, "parameters": {}, "objectives": {"accuracy": 0.9},
            "test": {"test_accuracy": 0.7},
        },
        "default": {
            "name": default.name, "index": 0, "parameters": {}, "objectives": {"accuracy": 0.8},
            "test": {"test_accuracy": 0.75},
        },
    }  # fmt: skip
    view = StudyView(a_study(status=status), [best, default], {})
    assert [row.words for row in metric_rows(view)] == ["+0.1, better", "-0.05, worse"]


def test_without_a_best_trial_there_is_nothing_to_compare() -> None:
    assert parameter_rows(a_view(0)) == []
    assert metric_rows(a_view(0)) == []


def test_stem_and_like() -> None:
    objectives = a_study(objectives=[{"metric": "val_loss", "direction": "minimize"}]).spec.objectives
    assert stem("validation_loss") == stem("train/loss") == stem("loss") == "loss"
    assert like("test_loss", objectives) == objectives[0]
    assert like("test_accuracy", objectives) is None


def test_less_is_better_where_the_objective_says_so() -> None:
    study = a_study(objectives=[{"metric": "accuracy", "direction": "minimize"}])
    view = with_status(study, [a_trial(0, accuracy=0.5), a_trial(1, accuracy=0.25)], {})
    assert metric_rows(view)[0].words == "-0.25, better"
