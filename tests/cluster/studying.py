"""Studies in the cluster, as their users handle them: applied, waited for, looked at."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml
from tests.cluster import calling
from tests.cluster.machine.cluster import Cluster

Document = dict[str, Any]


class Namespace:
    """A namespace of one test, and what is in it.

    Args:
        cluster: where it is.
        name: its name.
    """

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster = cluster
        self.name = name

    def kubectl(self, *arguments: str, input: str | None = None) -> str:
        """kubectl, in this namespace."""
        return self.cluster.kubectl("-n", self.name, *arguments, input=input)

    def apply(self, *documents: Document) -> None:
        """Apply objects."""
        self.kubectl("apply", "-f-", input=yaml.safe_dump_all(documents))

    def edit(self, study: str, **spec: Any) -> None:
        """Change a study's spec."""
        self.kubectl("patch", "hps", study, "--type=merge", "-p", json.dumps({"spec": spec}))

    def get(self, kind: str, name: str) -> Document:
        """One object."""
        found: Document = json.loads(self.kubectl("get", kind, name, "-o", "json"))
        return found

    def trials(self, study: str) -> list[Document]:
        """A study's trials, in the order of their index."""
        found = self.list("hptrial", "-l", f"tunewright.dev/study={study}")
        return sorted(found, key=lambda trial: (trial["spec"]["index"], trial["metadata"]["name"]))

    def wait(self, what: str, condition: str, timeout: int = 60) -> None:
        """Wait, in seconds at most, for a condition as `kubectl wait --for` knows it."""
        self.kubectl("wait", what, f"--for={condition}", f"--timeout={timeout}s")

    def wait_for_new(self, what: str, condition: str, timeout: int = 60) -> None:
        """The same, for an object that need not be there yet."""
        self.kubectl("wait", what, "--for=create", f"--timeout={timeout}s")
        self.wait(what, condition, timeout)

    def condition(self, study: str, kind: str) -> Document:
        """A study's condition."""
        conditions = self.get("hps", study)["status"]["conditions"]
        [found] = [each for each in conditions if each["type"] == kind]
        return dict(found)

    def list(self, kind: str, *options: str) -> list[Document]:  # last: below it, `list` is this method
        """All objects of a kind."""
        found: list[Document] = json.loads(self.kubectl("get", kind, *options, "-o", "json"))["items"]
        return found


@contextmanager
def a_namespace(cluster: Cluster, **labels: str) -> Iterator[Namespace]:
    """A namespace for as long as the block lasts."""
    with calling.a_namespace(cluster) as name:
        if labels:
            marks = (f"{key}={value}" for key, value in labels.items())
            cluster.kubectl("label", "namespace", name, *marks)
        yield Namespace(cluster, name)


RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def study(name: str, **spec: Any) -> Document:
    """A study, as its user writes it."""
    return {
        "apiVersion": "tunewright.dev/v1alpha1",
        "kind": "HyperparameterStudy",
        "metadata": {"name": name},
        "spec": spec,
    }


def digits(name: str, trials: int, parallelism: int, **spec: Any) -> Document:
    """The built-in trainer on the digits; each attempt asks for a GPU, as it does by itself."""
    return study(
        name,
        **{
            "objectives": [{"metric": "validation_accuracy", "direction": "maximize"}],
            "parameters": [
                {"name": "learning_rate", "type": "float", "min": 1e-4, "max": 0.1, "scale": "log"},
                {"name": "width", "type": "int", "min": 16, "max": 128, "scale": "log"},
                {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam"]},
                {"name": "momentum", "type": "float", "min": 0, "max": 0.99, "when": {"optimizer": ["sgd"]}},
            ],
            "budget": {"maxTrials": trials, "parallelism": parallelism},
            "trial": {"trainer": {"model": "mlp", "dataset": "digits", "maxEpochs": 5}},
            **spec,
        },
    )


def shell(name: str, script: str, trials: int = 2, parallelism: int = 2, **spec: Any) -> Document:
    """A plain shell program of one parameter x, which knows nothing of Tunewright: its log is read."""
    container = {
        "name": "train",
        "image": "localhost/tunewright-tests/shell:1",
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", script],
        "env": [{"name": "X", "value": "$(HP_X)"}],
        "securityContext": {"runAsUser": 65532},
    }
    return study(
        name,
        **{
            "objectives": [{"metric": "score", "direction": "maximize"}],
            "parameters": [{"name": "x", "type": "float", "min": 0.0, "max": 1.0}],
            "algorithm": {"name": "random", "seed": 1},
            "budget": {"maxTrials": trials, "parallelism": parallelism},
            "trial": {
                "metrics": {"source": "log"},
                "finalTest": False,
                "gracePeriod": "5s",
                "template": {"spec": {"template": {"spec": {"containers": [container]}}}},
            },
            **spec,
        },
    )
