"""Builders of test objects: valid by default, and each test names only what it is about."""

from collections.abc import Mapping
from typing import Any

from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Attempt, MetricSummary, Outcome, Purpose, Trial, TrialState

PARAMETERS: list[dict[str, Any]] = [
    {"name": "learning_rate", "type": "float", "min": 1e-5, "max": 0.3, "scale": "log", "default": 1e-3},
    {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam"], "default": "adam"},
    {"name": "momentum", "type": "float", "min": 0.0, "max": 0.99, "when": {"optimizer": ["sgd"]}},
]


def study_document(name: str = "digits", **spec: Any) -> dict[str, Any]:
    """A study as its user writes it; `spec` replaces whole fields of the spec."""
    return {
        "apiVersion": "tunewright.dev/v1alpha1",
        "kind": "HyperparameterStudy",
        "metadata": {"name": name, "uid": "5f0c"},
        "spec": {
            "objectives": [{"metric": "accuracy", "direction": "maximize"}],
            "parameters": PARAMETERS,
            "budget": {"maxTrials": 10},
            "trial": {"trainer": {"model": "mlp", "dataset": "digits"}},
            **spec,
        },
    }


def a_study(
    name: str = "digits", *, status: Mapping[str, Any] | None = None, **spec: Any
) -> HyperparameterStudy:
    """The model of `study_document`."""
    return HyperparameterStudy.model_validate({**study_document(name, **spec), "status": status or {}})


def a_trial(
    index: int = 0,
    *,
    accuracy: float | None = None,
    reported: Mapping[str, float] | None = None,
    parameters: Mapping[str, Any] | None = None,
    state: TrialState = TrialState.PENDING,
    purpose: Purpose = Purpose.SEARCH,
    **status: Any,
) -> Trial:
    """A trial of the study `digits`; with an `accuracy` it has completed, in the order of its index.

    `reported` are further metrics, each with one value.
    """
    if accuracy is not None:
        status = {
            "attempts": [
                Attempt(
                    number=1,
                    started_at=index * 1000,
                    ended_at=index * 1000 + 900,
                    outcome=Outcome.COMPLETED,
                )
            ],
            "metrics": {
                "accuracy": MetricSummary(
                    last=accuracy, last_step=3, min=0.0, min_step=1, max=accuracy, max_step=3
                ),
                **{
                    name: MetricSummary(last=value, last_step=3, min=value, min_step=3, max=value, max_step=3)
                    for name, value in (reported or {}).items()
                },
            },
            "objectives": {"accuracy": accuracy},
            "completion_order": index,
            **status,
        }
        state = TrialState.COMPLETED
    return Trial.model_validate(
        {
            "metadata": {"name": f"digits-{index}"},
            "spec": {
                "study": "digits",
                "index": index,
                "purpose": purpose,
                "parameters": dict(parameters or {"learning_rate": 0.001, "optimizer": "adam"}),
            },
            "status": {"state": state, **status},
        }
    )
