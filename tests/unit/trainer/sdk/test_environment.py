from pathlib import Path

import pytest

from tunewright_trainer.sdk.environment import Environment


def test_every_variable_may_be_absent_or_empty() -> None:
    absent = Environment.read({})

    assert absent == Environment.read(
        {
            "TUNEWRIGHT_PARAMETERS": "",
            "TUNEWRIGHT_METRICS_PORT": "",
            "TUNEWRIGHT_MILESTONES": "",
            "TUNEWRIGHT_CHECKPOINT_DIR": "",
            "TUNEWRIGHT_FINAL_TEST": "",
        }
    )
    assert absent.parameters == {}
    assert absent.metrics_host == "127.0.0.1"
    assert not absent.final_test


def test_reads_what_a_home_says() -> None:
    environment = Environment.read(
        {
            "TUNEWRIGHT_PARAMETERS": '{"learning_rate": 1e-5, "optimizer": "sgd", "nesterov": true}',
            "TUNEWRIGHT_TRIAL": "digits-ab-3",
            "TUNEWRIGHT_ATTEMPT": "2",
            "TUNEWRIGHT_CHECKPOINT_FROM": "/data/source",
            "TUNEWRIGHT_OBJECTIVES": "accuracy, loss",
            "TUNEWRIGHT_CONSTRAINTS": "latency",
            "TUNEWRIGHT_MILESTONES": "9,3,9",
            "TUNEWRIGHT_METRICS_PORT": "9100",
            "TUNEWRIGHT_FINAL_TEST": "1",
        }
    )

    assert environment.parameters == {"learning_rate": 1e-5, "optimizer": "sgd", "nesterov": True}
    assert (environment.trial, environment.attempt) == ("digits-ab-3", 2)
    assert environment.checkpoint_source == Path("/data/source")
    assert environment.objectives == ("accuracy", "loss")
    assert environment.constraints == ("latency",)
    assert environment.milestones == (3, 9)
    assert environment.metrics_port == 9100
    assert environment.final_test


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TUNEWRIGHT_PARAMETERS", "{learning_rate: 1}"),
        ("TUNEWRIGHT_PARAMETERS", "[1, 2]"),
        ("TUNEWRIGHT_ATTEMPT", "first"),
        ("TUNEWRIGHT_METRICS_PORT", "http"),
        ("TUNEWRIGHT_MILESTONES", "1,x"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: "):
        Environment.read({name: value})
