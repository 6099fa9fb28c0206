"""Field naming, strictness, and the scalar types of the schema."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from tests.builders import a_study, a_trial, study_document

from tunewright.api.base import Scalar, format_duration, format_time, parse_duration, parse_time
from tunewright.api.study import Budget, Direction, HyperparameterStudy, Objective
from tunewright.api.study_status import StudyStatus
from tunewright.api.trial import Purpose, Trial

TEN_YEARS = 10 * 365 * 86_400


class TestDurations:
    @given(st.integers(1, TEN_YEARS))
    def test_there_and_back(self, seconds: int) -> None:
        assert parse_duration(format_duration(seconds)) == seconds

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [("90s", 90), ("30m", 1_800), ("1h30m", 5_400), ("2d", 172_800), ("1d1h1m1s", 90_061), ("0h5s", 5)],
    )
    def test_a_text(self, text: str, seconds: int) -> None:
        assert parse_duration(text) == seconds

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "s",
            "90",
            "1.5h",
            "1m1h",
            "-1s",
            "1 h",
            "1H",
            "0s",
            "3651d",
            "9" * 5000 + "s",
            "1h\n",
            "\u0661s",
            90,
            1.5,
            None,
            True,
        ],
    )
    def test_what_is_none(self, value: object) -> None:
        with pytest.raises(ValueError, match=r"^must be a duration"):
            parse_duration(value)

    def test_a_model_shows_the_text(self) -> None:
        budget = Budget.model_validate({"maxTrials": 1, "maxDuration": "90m"})
        assert budget.max_duration == 5_400
        assert budget.document() == {"maxTrials": 1, "maxDuration": "1h30m"}


class TestTimes:
    @given(st.integers(-(2**40), 2**43))
    def test_there_and_back(self, milliseconds: int) -> None:
        assert parse_time(format_time(milliseconds)) == milliseconds

    @pytest.mark.parametrize("text", ["2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00"])
    def test_a_text(self, text: str) -> None:
        assert format_time(parse_time(text)) == "2026-01-31T12:00:00.000Z"

    @pytest.mark.parametrize("text", ["yesterday", "2026-01-31T12:00:00", ""])
    def test_what_is_none(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"."):
            parse_time(text)


class TestScalars:
    ADAPTER: TypeAdapter[Any] = TypeAdapter(Scalar)

    @pytest.mark.parametrize("value", [True, 1, 1.0, -0.5, "", "a"])
    def test_a_value_keeps_its_type(self, value: object) -> None:
        assert self.ADAPTER.validate_python(value) == value
        assert type(self.ADAPTER.validate_python(value)) is type(value)

    @pytest.mark.parametrize("value", [None, [], {}, float("nan"), float("inf"), b"a"])
    def test_what_is_none(self, value: object) -> None:
        with pytest.raises(ValidationError, match="must be a text, a finite number, true or false"):
            self.ADAPTER.validate_python(value)


class TestDocuments:
    @pytest.mark.parametrize(
        "whole",
        [
            a_study(),
            a_study(status={"phase": "Running", "nextIndex": 3, "startTime": 1_000, "paretoFront": []}),
            a_study(
                objectives=[{"metric": "a", "direction": "minimize", "target": 0.5, "summary": "last"}],
                algorithm={"name": "tpe", "seed": 3, "settings": {"a": [1, None, {"b": None}]}},
                budget={"maxTrials": 3, "maxDuration": "1h", "maxGpuHours": 0.5, "maxFailedTrials": 0},
                trial={"template": {"spec": {"a": None}}, "progressDeadline": "10s", "finalTest": False},
                suspend=True,
            ),
            a_trial(),
            a_trial(3, accuracy=0.5, purpose=Purpose.FINAL_TEST),
        ],
    )
    def test_there_and_back(self, whole: HyperparameterStudy | Trial) -> None:
        document = whole.document()
        assert type(whole).model_validate(document) == whole
        assert document["kind"] == type(whole).__name__
        assert document["apiVersion"] == "tunewright.dev/v1alpha1"

    def test_defaults_are_left_out(self) -> None:
        assert set(a_study().document()) == {"apiVersion", "kind", "metadata", "spec"}

    def test_an_object_cannot_be_changed(self) -> None:
        with pytest.raises(ValidationError):
            a_study().metadata.name = "other"  # type: ignore[misc]

    def test_a_status_of_a_newer_version_is_read(self) -> None:
        assert StudyStatus.model_validate({"phase": "Running", "mood": "good"}).phase == "Running"

    def test_python_and_kubernetes_names(self) -> None:
        assert Budget(max_trials=3) == Budget.model_validate({"maxTrials": 3})

    def test_null_means_absent(self) -> None:
        document = study_document()
        document["spec"]["suspend"] = None
        assert HyperparameterStudy.model_validate(document) == a_study()

    def test_a_field_that_is_required_may_not_be_null(self) -> None:
        with pytest.raises(ValidationError, match="required"):
            Objective.model_validate({"metric": None, "direction": Direction.MAXIMIZE})


def test_the_models_are_imported_without_yaml_or_numbers() -> None:
    """`tunewright --help` must be quick."""
    program = (
        "import sys, tunewright.api.study, tunewright.api.trial, tunewright.api.checks\n"
        "print(*sorted({'yaml', 'numpy', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
