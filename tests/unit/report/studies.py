"""Realistic studies for the tests of reports: a known response surface with noise, curves and failures."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from tests.builders import a_study

from tunewright.api.constraint import Constraint, total_violation
from tunewright.api.study import HyperparameterStudy, Objective
from tunewright.api.trial import Trial
from tunewright.engine.feasibility import constrained_values, feasible, judged
from tunewright.report.view import StudyView
from tunewright.search.pareto import ParetoFront

HOSTILE = "<script>alert('x')</script>"

PARAMETERS: list[dict[str, Any]] = [
    {"name": "learning_rate", "type": "float", "min": 1e-5, "max": 0.3, "scale": "log", "default": 1e-3},
    {"name": "batch_size", "type": "int", "min": 16, "max": 256, "scale": "log", "default": 64},
    {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam", "adamw"], "default": "adam"},
    {"name": "momentum", "type": "float", "min": 0.0, "max": 0.99, "when": {"optimizer": ["sgd"]}},
    {"name": "width", "type": "ordinal", "values": [32, 64, 128, 256], "default": 64},
    {"name": "dropout", "type": "float", "min": 0.0, "max": 0.6, "default": 0.2},
    {"name": "batch_norm", "type": "bool", "default": False},
    {"name": "beta2", "type": "float", "min": 0.9, "max": 0.9999, "scale": "reverseLog", "default": 0.999},
]

DEFAULT: dict[str, Any] = {p["name"]: p["default"] for p in PARAMETERS if "default" in p}
EPOCHS = 30
START = 1_790_000_000_000


def draw(rng: random.Random) -> dict[str, Any]:
    """A configuration of PARAMETERS."""
    optimizer = rng.choice(["sgd", "adam", "adam", "adamw"])
    configuration = {
        "learning_rate": 10 ** rng.uniform(-5, math.log10(0.3)),
        "batch_size": round(2 ** rng.uniform(4, 8)),
        "optimizer": optimizer,
        "width": rng.choice([32, 64, 128, 256]),
        "dropout": rng.uniform(0, 0.6),
        "batch_norm": rng.random() < 0.5,
        "beta2": 1 - 10 ** rng.uniform(-4, -1),
    }
    if optimizer == "sgd":
        configuration["momentum"] = rng.uniform(0, 0.99)
    return configuration


def accuracy(configuration: Mapping[str, Any], rng: random.Random) -> float:
    """The accuracy that a configuration reaches: mostly a matter of the learning rate."""
    best_rate = -1.5 if configuration["optimizer"] == "sgd" else -2.7
    off = math.log10(configuration["learning_rate"]) - best_rate
    loss: float = 0.02 + 0.05 * off**2 + 0.02 * (configuration["dropout"] - 0.25) ** 2
    loss += 0.02 * (256 - configuration["width"]) / 256 - 0.005 * configuration["batch_norm"]
    return max(0.1, 1 - loss - abs(rng.gauss(0, 0.006)))


def curves_to(final: float, rng: random.Random, epochs: int = EPOCHS) -> dict[str, list[tuple[int, float]]]:
    """Curves of accuracy and loss that saturate at `final`."""
    rate = rng.uniform(0.12, 0.5)
    curves: dict[str, list[tuple[int, float]]] = {
        "validation_accuracy": [],
        "validation_loss": [],
        "train_loss": [],
    }
    for epoch in range(1, epochs + 1):
        reached = final - (final - 0.1) * math.exp(-rate * epoch)
        curves["validation_accuracy"].append((epoch, min(1.0, reached + rng.gauss(0, 0.004))))
        curves["validation_loss"].append((epoch, -math.log(max(1e-3, reached * 0.999)) + 0.002 * epoch))
        curves["train_loss"].append((epoch, -math.log(max(1e-3, reached * 0.999)) * 0.9))
    return curves


def summaries(curves: Mapping[str, list[tuple[int, float]]]) -> dict[str, Any]:
    """The metric summaries of curves."""
    result = {}
    for metric, curve in curves.items():
        least, most = min(curve, key=lambda p: p[1]), max(curve, key=lambda p: p[1])
        result[metric] = {
            "last": curve[-1][1], "lastStep": curve[-1][0],
            "min": least[1], "minStep": least[0], "max": most[1], "maxStep": most[0],
        }  # fmt: skip
    return result


FAILURES = [
    ("NotANumber", "validation_loss was NaN or infinite"),
    ("NonZeroExit", "it exited with code 1: RuntimeError: expected 64 features, got 32"),
    ("Hung", "it reported nothing for 30m"),
]


def trial_document(index: int, parameters: Mapping[str, Any], **status: Any) -> dict[str, Any]:
    """A trial as its home stores it."""
    return {
        "metadata": {"name": f"digits-5f0c-{index}"},
        "spec": {
            "study": "digits", "index": index, "purpose": "default" if index == 0 else "search",
            "parameters": dict(parameters),
            "proposal": {"sampler": "tpe", "acquisition": 1.25} if index else {},
        },
        "status": status,
    }  # fmt: skip


def _ended(
    index: int, configuration: Mapping[str, Any], rng: random.Random, objectives: list[str]
) -> tuple[Any, Any]:
    started = START + 9_000 * index
    attempt: dict[str, Any] = {
        "number": 1,
        "startedAt": started,
        "endedAt": started + rng.randint(4_000, 16_000),
    }
    chance = rng.random() if index else 1.0
    diverges = configuration["learning_rate"] > 0.1
    if diverges or chance < 0.04:
        reason, message = FAILURES[0] if diverges else rng.choice(FAILURES[1:])
        attempt |= {"outcome": "failed", "reason": reason, "message": message}
        status: dict[str, Any] = {"state": "Failed", "reason": reason, "message": message}
        return trial_document(index, configuration, **status, attempts=[attempt], completionOrder=index), {}
    stopped = chance < 0.1
    curves = curves_to(accuracy(configuration, rng), rng, rng.randint(3, 12) if stopped else EPOCHS)
    metrics = summaries(curves)
    if "latency" in objectives:
        latency = 0.4 + configuration["width"] / 64 + rng.random()
        metrics["latency"] = dict.fromkeys(("last", "min", "max"), latency) | dict.fromkeys(
            ("lastStep", "minStep", "maxStep"), 1
        )
        curves["latency"] = [(1, latency)]
    gap = metrics["validation_loss"]["last"] - metrics["train_loss"]["last"]
    for name, value in (("generalization_gap", gap), ("overfitting", float(gap > 0.1))):
        metrics[name] = {
            "last": value,
            "lastStep": 30,
            "min": value,
            "minStep": 30,
            "max": value,
            "maxStep": 30,
        }
    values = {"validation_accuracy": metrics["validation_accuracy"]["max"]}
    if "latency" in objectives:
        values["latency"] = metrics["latency"]["min"]
    attempt["outcome"] = "stopped" if stopped else "completed"
    status = {
        "state": "Stopped" if stopped else "Completed", "reason": "BudgetExhausted" if stopped else "",
        "attempts": [attempt], "metrics": metrics, "objectives": values, "completionOrder": index,
    }  # fmt: skip
    return trial_document(index, configuration, **status), curves


def best_trial(trial: Trial, test: Mapping[str, float]) -> dict[str, Any]:
    """What a study's status says of a trial."""
    return {
        "name": trial.name, "index": trial.spec.index, "parameters": trial.spec.parameters,
        "objectives": trial.status.objectives, "violations": trial.status.violations, "test": dict(test),
    }  # fmt: skip


def a_view(
    trials: int = 40,
    *,
    seed: int = 1,
    latency: bool = False,
    constraints: Sequence[Mapping[str, Any]] = (),
    phase: str = "Completed",
) -> StudyView:
    """A study that has run, by default for its 40 trials; with `latency`, of two objectives."""
    rng = random.Random(seed)
    objectives = [{"metric": "validation_accuracy", "direction": "maximize"}]
    if latency:
        objectives.append({"metric": "latency", "direction": "minimize"})
    names = [o["metric"] for o in objectives]
    made = [_ended(i, DEFAULT if i == 0 else draw(rng), rng, names) for i in range(trials)]
    all_trials = [Trial.model_validate(document) for document, _ in made]
    curves = {trial.name: each for trial, (_, each) in zip(all_trials, made, strict=True) if each}
    study = a_study(
        objectives=objectives,
        constraints=list(constraints),
        parameters=PARAMETERS,
        algorithm={"name": "tpe", "seed": 1},
        budget={
            "maxTrials": max(1, trials),
            "parallelism": 2,
            "maxFailedTrials": max(5, trials),
            "maxDuration": "2h",
        },
    )
    all_trials = [
        trial.model_copy(update={"status": judged(trial.status, study.spec.constraints)})
        for trial in all_trials
    ]
    return with_status(study, all_trials, curves, phase)


def with_status(
    study: HyperparameterStudy,
    trials: list[Trial],
    curves: Mapping[str, Mapping[str, list[tuple[int, float]]]],
    phase: str = "Completed",
) -> StudyView:
    """The view of a study whose status says what its trials say; the best and the default one are tested."""
    status: dict[str, Any] = {
        "phase": phase, "reason": "MaxTrialsReached" if phase == "Completed" else "",
        "nextIndex": len(trials), "startTime": START, "completionTime": START + 9_000 * len(trials),
        "activeMilliseconds": 9_000 * len(trials),
        "charged": {"failedTrials": sum(t.status.state == "Failed" for t in trials)},
    }  # fmt: skip
    kept = [trial for trial in trials if feasible(trial, study.spec.constraints)]
    front = front_of(kept, study.spec.objectives)
    default = next((t for t in trials if t.spec.index == 0), None)
    tests: list[Trial] = []
    if front and default:
        for key, trial, value in (("best", front[0], 0.9722), ("default", default, 0.9444)):
            test = {"test_loss": 1 - value, "test_accuracy": value}
            status[key] = best_trial(trial, test)
            if not any(t.spec.source == trial.name for t in tests):
                tests.append(a_test(trial, test))
        status["paretoFront"] = [best_trial(trial, {}) for trial in front[:50]]
    elif nearest := nearest_of(trials, study.spec.constraints):
        status["best"] = best_trial(nearest, {})
    done = study.model_copy(update={"status": type(study.status).model_validate(status)})
    logs = {trial.name: f".tunewright/digits/logs/{trial.name}-1.log" for trial in trials}
    return StudyView(done, [*trials, *tests], curves, logs)


def nearest_of(trials: list[Trial], constraints: list[Constraint]) -> Trial | None:
    """The trial that breaks the constraints least."""
    known = [t for t in trials if t.status.violations and t.status.state != "Failed"]
    values = {t.name: constrained_values(t.status.metrics, constraints) for t in known}
    return min(known, key=lambda t: total_violation(constraints, values[t.name]), default=None)


def front_of(trials: list[Trial], objectives: list[Objective]) -> list[Trial]:
    """The trials that no other beats, the best in the first objective first."""
    front = ParetoFront(objectives)
    by_index = {trial.spec.index: trial for trial in trials}
    for trial in trials:
        values = tuple(trial.status.objectives.get(o.metric, math.nan) for o in objectives)
        if trial.status.state != "Failed" and all(map(math.isfinite, values)):
            front.add(trial.spec.index, values)
    sign = -1 if objectives[0].direction == "maximize" else 1
    return sorted(
        (by_index[i] for i in front), key=lambda t: sign * t.status.objectives[objectives[0].metric]
    )


def a_test(trial: Trial, metrics: Mapping[str, float]) -> Trial:
    """The test evaluation of a trial."""
    summary = {
        metric: {"last": v, "lastStep": 30, "min": v, "minStep": 30, "max": v, "maxStep": 30}
        for metric, v in metrics.items()
    }
    return Trial.model_validate(
        {
            "metadata": {"name": f"{trial.name}-test"},
            "spec": {
                "study": "digits", "index": trial.spec.index, "purpose": "finalTest",
                "parameters": trial.spec.parameters, "source": trial.name,
            },
            "status": {
                "state": "Completed",
                "metrics": summary,
                "attempts": [
                    {"number": 1, "startedAt": START, "endedAt": START + 800, "outcome": "completed"}
                ],
            },
        }
    )  # fmt: skip
