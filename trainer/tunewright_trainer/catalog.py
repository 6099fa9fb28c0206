"""What the built-in trainer knows: models, hyperparameters, data sets, metrics and exit codes.

The one truth of them: the trainer checks what it is given against it, and a study is checked against it
before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeVar

Value = float | int | str | bool
Task = Literal["classification", "regression"]
_Item = TypeVar("_Item", "Model", "Dataset", "Hyperparameter")

EXIT_BAD_INPUT = 2
"""An argument, a hyperparameter or the data is not as it must be; one line on standard error says which."""
EXIT_OUT_OF_MEMORY = 12
"""Memory, of the host or of the GPU, ran out."""
EXIT_NOT_FINITE = 13
"""A loss became NaN or infinite; it was reported."""


@dataclass(frozen=True)
class Model:
    name: str
    description: str
    needs_images: bool = False


@dataclass(frozen=True)
class Dataset:
    """A data set that ships with scikit-learn. Any other is a path ending in .npz or .csv."""

    name: str
    task: Task
    description: str
    images: bool = False


@dataclass(frozen=True)
class Hyperparameter:
    """One hyperparameter; its bounds, both inclusive, are what is legal, not what is worth searching."""

    name: str
    type: Literal["float", "int", "categorical", "bool"]
    default: Value
    description: str
    min: float | None = None
    max: float | None = None
    values: tuple[Value, ...] = ()
    models: tuple[str, ...] = ("mlp", "cnn")
    tasks: tuple[Task, ...] = ("classification", "regression")
    when: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    """It has an effect only where each of these hyperparameters has one of the values given."""

    @property
    def legal(self) -> str:
        """Its legal values in words."""
        if self.type == "bool":
            return "true or false"
        if self.type == "categorical":
            return "one of " + ", ".join(str(value) for value in self.values)
        kind = "a whole number" if self.type == "int" else "a number"
        return f"{kind} from {self.min:g} to {self.max:g}"

    def problem(self, value: object) -> str | None:
        """What is wrong with the value, as in "must be a number from 0 to 10, not -1"; None if legal."""
        return None if self._is_legal(value) else f"must be {self.legal}, not {value!r}"

    def _is_legal(self, value: object) -> bool:
        if self.type == "bool" or isinstance(value, bool):
            return self.type == "bool" and isinstance(value, bool)
        if self.type == "categorical":
            return value in self.values
        assert self.min is not None and self.max is not None
        if not isinstance(value, int | float):
            return False
        return self.min <= value <= self.max and (self.type == "float" or value == int(value))


def _by_name(items: Iterable[_Item]) -> Mapping[str, _Item]:
    return MappingProxyType({item.name: item for item in items})


MODELS: Mapping[str, Model] = _by_name(
    [
        Model("mlp", "fully connected network; images are flattened"),
        Model("cnn", "convolutional blocks with pooling, then one linear layer", needs_images=True),
    ]
)

DATASETS: Mapping[str, Dataset] = _by_name(
    [
        Dataset("digits", "classification", "1,797 images of 8 by 8 pixels, 10 classes", images=True),
        Dataset("breast_cancer", "classification", "569 rows, 30 features, 2 classes"),
        Dataset("wine", "classification", "178 rows, 13 features, 3 classes"),
        Dataset("iris", "classification", "150 rows, 4 features, 3 classes"),
        Dataset("diabetes", "regression", "442 rows, 10 features"),
    ]
)

_SGD = {"optimizer": ("sgd",)}
_DECAYING = {"schedule": ("step", "exponential")}

HYPERPARAMETERS: Mapping[str, Hyperparameter] = _by_name(
    [
        Hyperparameter("learning_rate", "float", 1e-3, "highest learning rate of the schedule", 1e-8, 10.0),
        Hyperparameter("batch_size", "int", 64, "samples per step", 2, 65_536),
        Hyperparameter(
            "optimizer",
            "categorical",
            "adam",
            "rule by which gradients change the weights",
            values=("sgd", "adam", "adamw", "rmsprop"),
        ),
        Hyperparameter(
            "momentum", "float", 0.9, "share of the last update that is kept", 0.0, 0.9999, when=_SGD
        ),
        Hyperparameter("nesterov", "bool", False, "look ahead along the momentum", when=_SGD),
        Hyperparameter(
            "weight_decay",
            "float",
            0.0,
            "L2 penalty on all weights; decoupled from the gradient in adamw",
            0.0,
            10.0,
        ),
        Hyperparameter("l1", "float", 0.0, "L1 penalty on all weights", 0.0, 10.0),
        Hyperparameter(
            "label_smoothing",
            "float",
            0.0,
            "share of a label spread over all classes while training",
            0.0,
            0.9,
            tasks=("classification",),
        ),
        Hyperparameter(
            "gradient_clip", "float", 0.0, "largest norm of the whole gradient; 0 is no limit", 0.0, 1e6
        ),
        Hyperparameter("depth", "int", 2, "hidden layers of an mlp, convolutions of a cnn", 1, 16),
        Hyperparameter(
            "width", "int", 32, "units per hidden layer; channels of a cnn, doubled at each pooling", 1, 8192
        ),
        Hyperparameter(
            "activation",
            "categorical",
            "relu",
            "nonlinearity after each layer",
            values=("relu", "gelu", "silu", "tanh", "leaky_relu", "elu"),
        ),
        Hyperparameter(
            "normalization",
            "categorical",
            "none",
            "what is normalised before each activation",
            values=("none", "batch", "layer"),
        ),
        Hyperparameter(
            "dropout",
            "float",
            0.0,
            "share of units dropped after each activation while training",
            0.0,
            0.95,
        ),
        Hyperparameter(
            "kernel_size", "categorical", 3, "side of the convolutions", values=(3, 5, 7), models=("cnn",)
        ),
        Hyperparameter(
            "schedule",
            "categorical",
            "constant",
            "course of the learning rate",
            values=("constant", "step", "exponential", "cosine", "one_cycle"),
        ),
        Hyperparameter(
            "step_size", "int", 5, "epochs between two decays", 1, 100_000, when={"schedule": ("step",)}
        ),
        Hyperparameter("gamma", "float", 0.9, "factor of each decay", 1e-4, 1.0, when=_DECAYING),
        Hyperparameter(
            "warmup_epochs",
            "int",
            0,
            "epochs over which the learning rate rises to its full value",
            0,
            100_000,
            when={"schedule": ("constant", "step", "exponential", "cosine")},
        ),
    ]
)

_CLASSIFICATION_METRICS = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
_REGRESSION_METRICS = (
    "train_loss",
    "validation_loss",
    "train_rmse",
    "validation_rmse",
    "train_r2",
    "validation_r2",
)
_COMMON_METRICS = ("generalization_gap", "learning_rate", "overfitting")

METRICS: Mapping[Task, tuple[str, ...]] = MappingProxyType(
    {
        "classification": _CLASSIFICATION_METRICS + _COMMON_METRICS,
        "regression": _REGRESSION_METRICS + _COMMON_METRICS,
    }
)
"""What is reported at each epoch."""

TEST_METRICS: Mapping[Task, tuple[str, ...]] = MappingProxyType(
    {
        "classification": ("test_loss", "test_accuracy"),
        "regression": ("test_loss", "test_rmse", "test_r2"),
    }
)
"""What the final test evaluation reports as well, at the last epoch."""
