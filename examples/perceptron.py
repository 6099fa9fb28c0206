"""Trains a perceptron to tell two clouds of points apart, and prints its accuracy after every epoch."""

import argparse
import random


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument(
        "--margin", type=float, default=0.0, help="points closer to the border count as wrong"
    )
    parser.add_argument("--average", choices=("true", "false"), default="false", help="average all weights")
    arguments = parser.parse_args()

    generator = random.Random(0)  # noqa: S311
    samples = [
        ([generator.gauss(side, 1.5), generator.gauss(-side, 1.5), 1.0], side)
        for side in (generator.choice((-1, 1)) for _ in range(400))
    ]
    training, validation = samples[:300], samples[300:]
    weights, total = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    for epoch in range(1, 11):
        for point, side in training:
            if side * sum(w * x for w, x in zip(weights, point, strict=True)) <= arguments.margin:
                weights = [
                    w + arguments.learning_rate * side * x for w, x in zip(weights, point, strict=True)
                ]
            total = [t + w for t, w in zip(total, weights, strict=True)]
        chosen = total if arguments.average == "true" else weights
        right = sum(
            side * sum(w * x for w, x in zip(chosen, point, strict=True)) > 0 for point, side in validation
        )
        print(f"[epoch {epoch}] accuracy {right / len(validation)}", flush=True)


if __name__ == "__main__":
    main()
