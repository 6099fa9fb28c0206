"""Synthetic response surfaces with the traits of tuning: branches, many categories, failures.

Each is about 1 at a random configuration and, but for the one that is best where it fails, 0 at its one
optimum, which lies at no round place. Constants without a meaning come from a generator seeded by the task's
name.
"""

import math

import numpy as np
from benchmarks.search.tasks.function import FunctionTask, gaussian
from benchmarks.search.tasks.task import Configuration, ParameterDefinition, search_space


def optimizer_branches(name: str) -> FunctionTask:
    """A training whose optimizer opens its own parameters, and wants its own learning rate."""
    parameters: list[ParameterDefinition] = [
        {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam", "rmsprop"]},
        {"name": "learning_rate", "type": "float", "min": 1e-5, "max": 1.0, "scale": "log"},
        {"name": "weight_decay", "type": "float", "min": 1e-6, "max": 0.1, "scale": "log"},
        {"name": "dropout", "type": "float", "min": 0.0, "max": 0.8},
        {"name": "momentum", "type": "float", "min": 0.0, "max": 0.99, "when": {"optimizer": ["sgd"]}},
        {"name": "nesterov", "type": "bool", "when": {"optimizer": ["sgd"]}},
        {"name": "beta1", "type": "float", "min": 0.5, "max": 0.999, "when": {"optimizer": ["adam"]}},
        {"name": "epsilon", "type": "float", "min": 1e-10, "max": 1e-2, "scale": "log",
         "when": {"optimizer": ["adam", "rmsprop"]}},
    ]  # fmt: skip

    def loss(c: Configuration) -> float:
        rate = math.log10(c["learning_rate"])
        shared: float = 0.10 * (math.log10(c["weight_decay"]) + 3.7) ** 2 + 1.5 * (c["dropout"] - 0.23) ** 2
        if c["optimizer"] == "sgd":
            effective = rate - math.log10(1.0 - c["momentum"])  # the step after momentum
            shared += 0.25 * (effective + 0.41) ** 2 + 0.4 * (c["momentum"] - 0.87) ** 2
            return shared + (0.0 if c["nesterov"] else 0.02)
        branch = 0.30 * (rate + (2.83 if c["optimizer"] == "adam" else 3.35)) ** 2
        branch += 0.01 * (math.log10(c["epsilon"]) + 6.1) ** 2
        if c["optimizer"] == "adam":
            branch += 0.05 + 3.0 * (c["beta1"] - 0.83) ** 2
        else:
            branch += 0.12
        return shared + branch

    return FunctionTask(name, parameters, loss, gaussian(0.01), exact_optimum=_zero)


def layer_branches(name: str) -> FunctionTask:
    """A network whose depth opens each layer's own width and dropout."""
    parameters: list[ParameterDefinition] = [
        {"name": "layers", "type": "ordinal", "values": [1, 2, 3, 4]},
        {"name": "learning_rate", "type": "float", "min": 1e-4, "max": 1.0, "scale": "log"},
    ]
    for layer in range(1, 5):
        opened = {} if layer == 1 else {"when": {"layers": list(range(layer, 5))}}
        parameters += [
            {"name": f"units_{layer}", "type": "int", "min": 8, "max": 512, "scale": "log", **opened},
            {"name": f"dropout_{layer}", "type": "float", "min": 0.0, "max": 0.7, **opened},
        ]
    units, dropouts = (5.2, 6.4, 4.4, 3.7), (0.11, 0.34, 0.21, 0.45)
    depth_cost = {1: 0.25, 2: 0.06, 3: 0.0, 4: 0.09}

    def loss(c: Configuration) -> float:
        layers = int(c["layers"])
        # Deeper networks want smaller steps.
        total = depth_cost[layers] + 0.2 * (math.log10(c["learning_rate"]) + 0.9 + 0.45 * layers) ** 2
        for layer in range(1, layers + 1):
            width = math.log(c[f"units_{layer}"]) - units[layer - 1]
            dropout = c[f"dropout_{layer}"] - dropouts[layer - 1]
            # The wider, the more dropout is wanted.
            total += (0.10 * width**2 + 2.0 * (dropout - 0.04 * width) ** 2) / layer
        return total

    return FunctionTask(name, parameters, loss, gaussian(0.01), exact_optimum=_zero)


def many_categories(name: str) -> FunctionTask:
    """Eight categories of five values each, some of them in pairs, and two numbers that depend on them."""
    categories = [f"c{index}" for index in range(8)]
    values = ["a", "b", "c", "d", "e"]
    parameters: list[ParameterDefinition] = [
        *({"name": category, "type": "categorical", "values": values} for category in categories),
        {"name": "x", "type": "float", "min": 0.0, "max": 1.0},
        {"name": "y", "type": "float", "min": 1e-4, "max": 1.0, "scale": "log"},
    ]
    rng = _constants(name)
    alone = rng.uniform(0.0, 0.25, (len(categories), len(values)))
    pairs = rng.uniform(0.0, 0.25, (2, len(values), len(values)))
    best = rng.integers(len(values), size=len(categories))
    alone[range(len(categories)), best] = 0.0
    for pair, table in enumerate(pairs):
        table[best[2 * pair], best[2 * pair + 1]] = 0.0
    wanted_x = rng.uniform(0.1, 0.9, len(values))

    def loss(c: Configuration) -> float:
        chosen = [values.index(c[category]) for category in categories]
        effects = sum(alone[index, value] for index, value in enumerate(chosen))
        effects += sum(pairs[n, chosen[2 * n], chosen[2 * n + 1]] for n in range(2))
        x, y = c["x"], math.log10(c["y"])
        return float(effects + 1.0 * (x - wanted_x[chosen[0]]) ** 2 + 0.15 * (y + 2.3 + x) ** 2)

    return FunctionTask(name, parameters, loss, gaussian(0.005), exact_optimum=_zero)


def mixed_bag(name: str) -> FunctionTask:
    """Twelve parameters of all types; half of them matter little."""
    parameters: list[ParameterDefinition] = [
        {"name": "rate", "type": "float", "min": 1e-5, "max": 0.3, "scale": "log"},
        {"name": "decay", "type": "float", "min": 1e-7, "max": 0.1, "scale": "log"},
        {"name": "smoothing", "type": "float", "min": 0.0, "max": 0.5},
        {"name": "batch", "type": "ordinal", "values": [16, 32, 64, 128, 256, 512]},
        {"name": "width", "type": "int", "min": 16, "max": 1024, "scale": "log"},
        {"name": "depth", "type": "int", "min": 1, "max": 8},
        {"name": "warmup", "type": "int", "min": 0, "max": 10},
        {"name": "precision", "type": "ordinal", "values": ["low", "middle", "high"]},
        {"name": "activation", "type": "categorical", "values": ["relu", "gelu", "silu", "tanh", "elu"]},
        {"name": "norm", "type": "categorical", "values": ["none", "batch", "layer", "group"]},
        {"name": "schedule", "type": "categorical", "values": ["constant", "cosine", "linear", "step"]},
        {"name": "shuffle", "type": "bool"},
    ]
    axes = search_space(parameters).axes
    rng = _constants(name)
    numeric = list(axes)[:8]
    # The optimum has to be where the steps of ordinals and whole numbers reach.
    best = np.array([axes[n].to_unit(axes[n].from_unit(rng.uniform(0.15, 0.85))) for n in numeric])
    rotation = np.linalg.qr(rng.standard_normal((len(numeric), len(numeric))))[0]
    weights = np.geomspace(6.0, 0.06, len(numeric))
    effects = {
        name: dict(zip(choices, rng.permutation(np.linspace(0.0, 0.2, len(choices))), strict=True))
        for name, choices in ((p["name"], p.get("values", [False, True])) for p in parameters[8:])
    }
    narrowing = {"none": 1.8, "batch": 1.0, "layer": 0.8, "group": 1.2}

    def loss(c: Configuration) -> float:
        turned = rotation @ (np.array([axes[n].to_unit(c[n]) for n in numeric]) - best)
        height = narrowing[c["norm"]] * float(weights @ turned**2)
        return height + sum(float(effect[c[name]]) for name, effect in effects.items())

    return FunctionTask(name, parameters, loss, gaussian(0.005), exact_optimum=_zero)


def diverging(name: str) -> FunctionTask:
    """Trainings that diverge, and so fail, where the step is too large; the best lies close to there."""
    parameters: list[ParameterDefinition] = [
        {"name": "learning_rate", "type": "float", "min": 1e-4, "max": 10.0, "scale": "log"},
        {"name": "momentum", "type": "float", "min": 0.0, "max": 0.99},
        {"name": "batch_size", "type": "int", "min": 8, "max": 512, "scale": "log"},
        {"name": "gradient_clip", "type": "float", "min": 0.01, "max": 10.0, "scale": "log"},
        {"name": "weight_decay", "type": "float", "min": 1e-6, "max": 0.1, "scale": "log"},
    ]

    def step(c: Configuration) -> float:
        """The log of the effective step, 0 where it begins to diverge."""
        effective = math.log10(c["learning_rate"]) - math.log10(1.0 - c["momentum"])
        return effective - 0.35 * math.log10(c["batch_size"] / 64.0) - 0.25

    def fails(c: Configuration) -> bool:
        return step(c) > 0.0

    def loss(c: Configuration) -> float:
        total: float = 0.35 * (step(c) + 0.18) ** 2 + 0.8 * (c["momentum"] - 0.78) ** 2
        total += 0.05 * math.log(c["batch_size"] / 47.0) ** 2
        total += 0.12 * (math.log10(c["gradient_clip"]) + 0.3) ** 2
        return total + 0.06 * (math.log10(c["weight_decay"]) + 3.4) ** 2

    return FunctionTask(name, parameters, loss, gaussian(0.01), fails, exact_optimum=_zero)


def out_of_memory(name: str) -> FunctionTask:
    """Networks that do not fit into memory fail; larger ones are better, so the best lies at the border."""
    parameters: list[ParameterDefinition] = [
        {"name": "width", "type": "int", "min": 32, "max": 2048, "scale": "log"},
        {"name": "depth", "type": "int", "min": 1, "max": 16},
        {"name": "batch_size", "type": "ordinal", "values": [8, 16, 32, 64, 128, 256]},
        {"name": "precision", "type": "categorical", "values": ["single", "half"]},
        {"name": "learning_rate", "type": "float", "min": 1e-5, "max": 0.1, "scale": "log"},
        {"name": "dropout", "type": "float", "min": 0.0, "max": 0.6},
    ]
    half, limit = {"single": 1.0, "half": 0.5}, 2.0e6

    def memory(c: Configuration) -> float:
        used: float = half[c["precision"]] * (c["width"] * c["depth"] * c["batch_size"] + c["width"] ** 2)
        return used

    def fails(c: Configuration) -> bool:
        return memory(c) > limit

    def loss(c: Configuration) -> float:
        size = math.log(c["width"] / 2048.0) * 0.6 + math.log(c["depth"] / 16.0)
        rate = math.log10(c["learning_rate"]) + 2.9 + 0.04 * c["depth"]
        batch = math.log2(c["batch_size"] / 64.0)
        rough = 0.03 if c["precision"] == "half" else 0.0
        dropout: float = 2.0 * (c["dropout"] - 0.17) ** 2
        return dropout + rough + 0.06 * float(size) ** 2 + 0.25 * float(rate) ** 2 + 0.02 * batch**2

    return FunctionTask(name, parameters, loss, gaussian(0.01), fails)


def _constants(name: str) -> np.random.Generator:
    return np.random.default_rng(list(name.encode()))


def _zero() -> float:
    return 0.0
