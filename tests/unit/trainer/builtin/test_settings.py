import pytest

from tunewright_trainer.builtin.errors import BadInputError
from tunewright_trainer.builtin.settings import parse


def test_defaults() -> None:
    settings = parse([])

    assert (settings.model, settings.dataset, settings.max_epochs, settings.device) == (
        "mlp",
        "digits",
        30,
        "auto",
    )
    assert (settings.validation_fraction, settings.test_fraction) == (0.2, 0.2)
    assert settings.hyperparameters == {}


def test_values_by_hand_are_json_or_text() -> None:
    settings = parse(["--set", "learning_rate=1e-2", "--set", "optimizer=sgd", "--set", "nesterov=true"])

    assert settings.hyperparameters == {"learning_rate": 0.01, "optimizer": "sgd", "nesterov": True}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "rnn"], "argument --model: invalid choice: 'rnn'"),
        (["--max-epochs", "0"], "argument --max-epochs: must be at least 1, not 0"),
        (["--max-epochs", "many"], "argument --max-epochs: invalid int value"),
        (["--seed", "-1"], "argument --seed: must be from 0"),
        (["--split-seed", "4294967296"], "argument --split-seed: must be from 0"),
        (["--validation-fraction", "0.6", "--test-fraction", "0.4"], "their sum below 1, not 0.6 and 0.4"),
        (["--test-fraction", "0"], "both must be above 0"),
        (["--test-fraction", "nan"], "both must be above 0"),
        (["--set", "depth"], "argument --set: 'depth' is not NAME=VALUE"),
        (["--max", "3"], "unrecognized arguments"),
    ],
)
def test_what_is_wrong_is_named(arguments: list[str], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        parse(arguments)
