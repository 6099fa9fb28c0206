import pytest

from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.builtin.hyperparameters import resolve
from tunewright_trainer.catalog import HYPERPARAMETERS


def test_defaults_are_the_catalogues() -> None:
    resolved = resolve("cnn", "classification", {})

    assert resolved == {name: item.default for name, item in HYPERPARAMETERS.items()}


def test_what_does_not_apply_is_left_out() -> None:
    assert HYPERPARAMETERS.keys() - resolve("mlp", "regression", {}).keys() == {
        "kernel_size",
        "label_smoothing",
    }


def test_values_get_the_catalogues_types() -> None:
    resolved = resolve("cnn", "classification", {"batch_size": 32.0, "learning_rate": 1, "kernel_size": 5.0})

    assert [type(resolved[name]) for name in ("batch_size", "learning_rate", "kernel_size")] == [
        int,
        float,
        int,
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"learningrate": 0.1},
            "^learningrate: not a hyperparameter .*; did you mean learning_rate",
        ),
        ({"zzz": 1}, "^zzz: not a hyperparameter .* it must be one of learning_rate, batch_size, "),
        ({"kernel_size": 3}, "^kernel_size: not a hyperparameter of the mlp"),
        ({"label_smoothing": 0.1}, "^label_smoothing: not a hyperparameter of the mlp in a regression"),
        ({"dropout": 1.5}, "^dropout: must be a number from 0 to 0.95, not 1.5"),
    ],
)
def test_what_is_unknown_or_not_legal_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        resolve("mlp", "regression", given)
