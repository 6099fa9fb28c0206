"""Fits a polynomial to a noisy sine by gradient descent: the least program that can be tuned."""

import argparse
import math
import random

from tunewright_trainer import parameters, report


def features(x: float, degree: int) -> list[float]:
    """Chebyshev polynomials of x, from the constant one up to `degree`."""
    return [math.cos(k * math.acos(x)) for k in range(degree + 1)]


def main() -> None:
    """Train, and report the losses after every epoch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--degree", type=int, default=3)
    arguments = parser.parse_args()
    # The study's values over these defaults; run by hand, the defaults alone.
    hyperparameters = parameters(learning_rate=0.01, l2=1e-3)

    generator = random.Random(0)  # noqa: S311
    points = [generator.uniform(-1, 1) for _ in range(60)]
    targets = [math.sin(3 * x) + generator.gauss(0, 0.1) for x in points]
    rows = [features(x, arguments.degree) for x in points]
    training, validation = range(40), range(40, 60)
    weights = [0.0] * (arguments.degree + 1)

    def predict(index: int) -> float:
        return sum(weight * value for weight, value in zip(weights, rows[index], strict=True))

    def loss(indices: range) -> float:
        return sum((predict(i) - targets[i]) ** 2 for i in indices) / len(indices)

    for epoch in range(1, arguments.epochs + 1):
        for i in training:
            error = predict(i) - targets[i]
            for k, value in enumerate(rows[i]):
                gradient = error * value + hyperparameters["l2"] * weights[k]
                weights[k] -= hyperparameters["learning_rate"] * gradient
        report(epoch, train_loss=loss(training), validation_loss=loss(validation))


if __name__ == "__main__":
    main()
