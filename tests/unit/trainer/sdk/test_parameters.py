import pytest

from tunewright_trainer import final_test, parameters


def test_by_hand_the_defaults_hold() -> None:
    assert parameters(learning_rate=0.1, optimizer="adam") == {"learning_rate": 0.1, "optimizer": "adam"}
    assert not final_test()


def test_the_studys_values_go_over_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEWRIGHT_PARAMETERS", '{"learning_rate": 1e-5, "depth": 3}')
    monkeypatch.setenv("TUNEWRIGHT_FINAL_TEST", "1")

    assert parameters(learning_rate=0.1, momentum=0.9) == {"learning_rate": 1e-5, "momentum": 0.9, "depth": 3}
    assert final_test()


def test_an_unreadable_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEWRIGHT_PARAMETERS", "learning_rate=1")

    with pytest.raises(ValueError, match=r"^TUNEWRIGHT_PARAMETERS: not JSON"):
        parameters()
