"""What running a study in a cluster costs beyond its trainings: wall time against the pods' own run times.

    python benchmarks/cluster_study.py [--trials 40] [--parallelism 4] [--seconds 10] [--digits]

The cluster is the one that kubectl would take, with Tunewright installed. Without --digits a trial is a shell
program that waits for so many seconds; its image is named by --image. Memory is the operator's peak.
"""

import argparse
import json
import subprocess
import time
from datetime import datetime
from typing import Any


def kubectl(*arguments: str, input: str | None = None) -> str:
    done = subprocess.run(["kubectl", *arguments], input=input, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.strip())
    return done.stdout


def study(options: argparse.Namespace) -> dict[str, Any]:
    if options.digits:
        objective = "validation_accuracy"
        trial: dict[str, Any] = {
            "trainer": {"model": "mlp", "dataset": "digits", "maxEpochs": options.epochs}
        }
        parameter = {"name": "learning_rate", "type": "float", "min": 1e-4, "max": 0.1, "scale": "log"}
    else:
        objective = "score"
        container = {
            "name": "train",
            "image": options.image,
            "command": ["sh", "-c", f"sleep {options.seconds}; echo score=$(HP_X)"],
            "securityContext": {"runAsUser": 65532},
        }
        template = {"spec": {"template": {"spec": {"containers": [container]}}}}
        trial = {"metrics": {"source": "log"}, "template": template}
        parameter = {"name": "x", "type": "float", "min": 0, "max": 1}
    return {
        "apiVersion": "tunewright.dev/v1alpha1",
        "kind": "HyperparameterStudy",
        "metadata": {"name": f"benchmark-{int(time.time())}"},
        "spec": {
            "objectives": [{"metric": objective, "direction": "maximize"}],
            "parameters": [parameter],
            "algorithm": {"name": "random"},
            "budget": {"maxTrials": options.trials, "parallelism": options.parallelism},
            "trial": {**trial, "finalTest": False},
        },
    }


def seconds(since: str, until: str) -> float:
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--parallelism", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--digits", action="store_true")
    parser.add_argument("--image", default="localhost/tunewright-tests/shell:1")
    parser.add_argument("--namespace", default="default")
    options = parser.parse_args()
    document = study(options)
    name, where = document["metadata"]["name"], ("-n", options.namespace)
    kubectl("create", *where, "-f-", input=json.dumps(document))
    kubectl("wait", *where, f"hps/{name}", "--for=condition=Complete", "--timeout=1800s")
    status = json.loads(kubectl("get", *where, "hps", name, "-o", "json"))["status"]
    trials = json.loads(kubectl("get", *where, "hptrial", "-l", f"tunewright.dev/study={name}", "-o", "json"))
    attempts = [attempt for trial in trials["items"] for attempt in trial["status"]["attempts"]]
    ran = sum(seconds(attempt["startedAt"], attempt["endedAt"]) for attempt in attempts)
    wall = seconds(status["startTime"], status["completionTime"])
    ideal = ran / options.parallelism
    print(
        f"{len(attempts)} attempts, {wall:.1f} s; {ran:.0f} s of pods / {options.parallelism} = {ideal:.1f} s"
    )
    print(
        f"{wall / ideal:.2f} times the ideal; a trial took its place "
        f"{(wall - ideal) * options.parallelism / options.trials:.2f} s longer than it ran"
    )


if __name__ == "__main__":
    main()
