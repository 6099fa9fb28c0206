"""Models of scikit-learn on small data that ship with it, fitted at every trial; the idea is Bayesmark's."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.search.tasks.references import reference
from benchmarks.search.tasks.task import (
    Configuration,
    Evaluation,
    ParameterDefinition,
    Task,
    log_normal_seconds,
)
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.ensemble import GradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

Make = Callable[[Configuration, int], Any]  # an estimator from a configuration and a random state
Loss = Callable[[Any, NDArray[Any], NDArray[Any]], float]  # of a fitted estimator on held-out data

RANDOM_SPLITS, FIXED_SPLITS = 2, 5
HELD_OUT = 0.3
SCALERS = {"none": FunctionTransformer, "standard": StandardScaler, "unit": MinMaxScaler}


@dataclass(frozen=True)
class Data:
    """Features and targets."""

    features: NDArray[np.float64]
    targets: NDArray[Any]


class EstimatorTask(Task):
    """The held-out loss of an estimator: a trial's is the mean of random splits, the true one of fixed ones.

    `worst` is the loss of a model that cannot be fitted, or does worse.
    """

    def __init__(
        self,
        name: str,
        parameters: Sequence[ParameterDefinition],
        data: Data,
        make: Make,
        loss: Loss,
        worst: float,
    ) -> None:
        known = reference(name)
        super().__init__(name, parameters, known.optimum, known.median_random)
        self._data, self._make, self._loss, self._worst = data, make, loss, worst

    def evaluate(self, configuration: Configuration, rng: np.random.Generator) -> Evaluation:
        seconds = log_normal_seconds(rng)
        return Evaluation(self._mean_loss(configuration, rng.integers(2**31, size=RANDOM_SPLITS)), seconds)

    def true(self, configuration: Configuration) -> float:
        return self._mean_loss(configuration, range(FIXED_SPLITS))

    def _mean_loss(self, configuration: Configuration, splits: Iterable[int]) -> float:
        return float(np.mean([self._held_out_loss(configuration, int(split)) for split in splits]))

    def _held_out_loss(self, configuration: Configuration, seed: int) -> float:
        data = self._data
        train, test, train_targets, test_targets = train_test_split(
            data.features, data.targets, test_size=HELD_OUT, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # few epochs are meant, and overflow is a loss like any other
            try:
                fitted = self._make(configuration, seed).fit(train, train_targets)
            except ValueError:  # weights that are not finite
                return self._worst
            return min(self._loss(fitted, test, test_targets), self._worst)


def svm_digits(name: str) -> EstimatorTask:
    """A support vector machine on features that are scaled and bent first."""
    parameters: list[ParameterDefinition] = [
        _log("C", 1e-3, 1e3),
        _log("gamma", 1e-6, 10.0),
        {"name": "scaling", "type": "categorical", "values": list(SCALERS)},
        {"name": "exponent", "type": "float", "min": 0.2, "max": 3.0},
    ]

    def make(c: Configuration, seed: int) -> Any:
        bend = FunctionTransformer(lambda features: features ** c["exponent"])
        return make_pipeline(bend, SCALERS[c["scaling"]](), SVC(C=c["C"], gamma=c["gamma"]))

    return EstimatorTask(name, parameters, _load(datasets.load_digits, 600), make, _error, worst=1.0)


def forest_diabetes(name: str) -> EstimatorTask:
    """A random forest for a regression."""
    parameters: list[ParameterDefinition] = [
        {"name": "n_estimators", "type": "int", "min": 2, "max": 20, "scale": "log"},
        {"name": "max_depth", "type": "int", "min": 1, "max": 12},
        {"name": "max_features", "type": "float", "min": 0.1, "max": 1.0},
        {"name": "min_samples_leaf", "type": "int", "min": 1, "max": 60, "scale": "log"},
        {"name": "bootstrap", "type": "bool"},
        {"name": "criterion", "type": "categorical", "values": ["squared_error", "poisson"]},
    ]

    def make(c: Configuration, seed: int) -> Any:
        return RandomForestRegressor(random_state=seed, **c)

    return EstimatorTask(
        name, parameters, _load(datasets.load_diabetes, 442), make, _relative_squared_error, worst=2.0
    )


def mlp_wine(name: str) -> EstimatorTask:
    """A perceptron, trained for a few epochs."""
    parameters: list[ParameterDefinition] = [
        {"name": "units", "type": "int", "min": 2, "max": 64, "scale": "log"},
        {"name": "layers", "type": "int", "min": 1, "max": 3},
        {"name": "activation", "type": "categorical", "values": ["relu", "tanh", "logistic"]},
        {"name": "solver", "type": "categorical", "values": ["adam", "sgd"]},
        {"name": "batch_size", "type": "ordinal", "values": [8, 16, 32, 64]},
        _log("learning_rate_init", 1e-4, 1.0),
        _log("alpha", 1e-6, 10.0),
        {"name": "momentum", "type": "float", "min": 0.0, "max": 0.99, "when": {"solver": ["sgd"]}},
    ]

    def make(c: Configuration, seed: int) -> Any:
        own = {key: value for key, value in c.items() if key not in ("units", "layers")}
        network = MLPClassifier((c["units"],) * c["layers"], max_iter=12, random_state=seed, **own)
        return make_pipeline(StandardScaler(), network)

    return EstimatorTask(name, parameters, _load(datasets.load_wine, 178), make, _log_loss, worst=3.0)


def boosting_cancer(name: str) -> EstimatorTask:
    """Gradient boosting."""
    parameters: list[ParameterDefinition] = [
        _log("learning_rate", 0.005, 1.0),
        {"name": "n_estimators", "type": "int", "min": 2, "max": 40, "scale": "log"},
        {"name": "max_depth", "type": "int", "min": 1, "max": 6},
        {"name": "subsample", "type": "float", "min": 0.2, "max": 1.0},
        {"name": "min_samples_leaf", "type": "int", "min": 1, "max": 50, "scale": "log"},
        {"name": "max_features", "type": "float", "min": 0.05, "max": 1.0},
    ]

    def make(c: Configuration, seed: int) -> Any:
        return GradientBoostingClassifier(random_state=seed, **c)

    return EstimatorTask(
        name, parameters, _load(datasets.load_breast_cancer, 300), make, _log_loss, worst=2.0
    )


def kernel_branches(name: str) -> EstimatorTask:
    """A support vector machine whose kernel opens its own parameters."""
    parameters: list[ParameterDefinition] = [
        {"name": "kernel", "type": "categorical", "values": ["linear", "poly", "rbf", "sigmoid"]},
        _log("C", 1e-3, 1e3),
        {**_log("gamma", 1e-6, 10.0), "when": {"kernel": ["poly", "rbf", "sigmoid"]}},
        {"name": "degree", "type": "int", "min": 2, "max": 5, "when": {"kernel": ["poly"]}},
        {"name": "coef0", "type": "float", "min": 0.0, "max": 2.0, "when": {"kernel": ["poly", "sigmoid"]}},
    ]

    def make(c: Configuration, seed: int) -> Any:
        return make_pipeline(StandardScaler(), SVC(max_iter=2_000, **c))

    return EstimatorTask(name, parameters, _load(datasets.load_digits, 600), make, _error, worst=1.0)


def classifier_branches(name: str) -> EstimatorTask:
    """A choice of model that opens its own parameters."""
    models: dict[str, tuple[Any, list[ParameterDefinition]]] = {
        "logistic": (LogisticRegression, [_log("C", 1e-4, 1e4)]),
        "neighbours": (
            KNeighborsClassifier,
            [
                {"name": "n_neighbors", "type": "int", "min": 1, "max": 60, "scale": "log"},
                {"name": "weights", "type": "categorical", "values": ["uniform", "distance"]},
                {"name": "p", "type": "float", "min": 1.0, "max": 4.0},
            ],
        ),
        "tree": (
            DecisionTreeClassifier,
            [
                {"name": "max_depth", "type": "int", "min": 1, "max": 10},
                {"name": "min_samples_leaf", "type": "int", "min": 1, "max": 60, "scale": "log"},
                {"name": "criterion", "type": "categorical", "values": ["gini", "entropy"]},
            ],
        ),
        "bayes": (GaussianNB, [_log("var_smoothing", 1e-9, 10.0)]),
    }
    parameters: list[ParameterDefinition] = [
        {"name": "model", "type": "categorical", "values": list(models)},
        {"name": "scaling", "type": "categorical", "values": list(SCALERS)},
    ]
    for model, (_, own) in models.items():
        parameters += [
            {**parameter, "name": f"{model}_{parameter['name']}", "when": {"model": [model]}}
            for parameter in own
        ]

    def make(c: Configuration, seed: int) -> Any:
        prefix = f"{c['model']}_"
        own = {key.removeprefix(prefix): value for key, value in c.items() if key.startswith(prefix)}
        model = models[c["model"]][0](**own)
        if "random_state" in model.get_params():
            model.set_params(random_state=seed)
        return make_pipeline(SCALERS[c["scaling"]](), model)

    return EstimatorTask(
        name, parameters, _load(datasets.load_breast_cancer, 300), make, _log_loss, worst=2.0
    )


def _log(name: str, low: float, high: float) -> ParameterDefinition:
    return {"name": name, "type": "float", "min": low, "max": high, "scale": "log"}


def _error(fitted: Any, features: NDArray[Any], targets: NDArray[Any]) -> float:
    return float(np.mean(fitted.predict(features) != targets))


def _log_loss(fitted: Any, features: NDArray[Any], targets: NDArray[Any]) -> float:
    chances = fitted.predict_proba(features)[np.arange(len(targets)), targets]
    return float(-np.log(np.maximum(chances, 1e-3)).mean())


def _relative_squared_error(fitted: Any, features: NDArray[Any], targets: NDArray[Any]) -> float:
    return float(np.mean((fitted.predict(features) - targets) ** 2) / np.var(targets))


def _load(read: Callable[..., Any], rows: int) -> Data:
    """So many rows, drawn without order."""
    features, targets = read(return_X_y=True)
    drawn = np.random.default_rng(0).permutation(len(targets))[:rows]
    return Data(features[drawn], targets[drawn])
