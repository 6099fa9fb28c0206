"""Attempts in real pods, without an operator: Jobs as it renders them, and what it reads from them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any, TypeVar

from tests.builders import a_study, a_trial

from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Trial
from tunewright.cluster.executions import GONE, execution_of, pod_of
from tunewright.cluster.gateway import JOBS, PODS, TRIALS, Gateway
from tunewright.cluster.informer import Change, Informer
from tunewright.cluster.job_defaults import JobDefaults
from tunewright.cluster.jobs import gpus_of, job_of
from tunewright.cluster.labels import TRIAL
from tunewright.cluster.obstacles import obstacle_of
from tunewright.cluster.pod_spec import metrics_container_of
from tunewright.engine.facts import AttemptKey, Execution, Exit, Obstacle
from tunewright.metrics.readings import NONE

Document = dict[str, Any]

SHELL = "localhost/tunewright-tests/shell:1"
DEFAULTS = JobDefaults("localhost/tunewright/trainer:0.1.0", "Never")
_Found = TypeVar("_Found")

WITHIN = 90.0
"""Seconds that anything may take."""


def shell(script: str, *, gpus: int = 0, **container: Any) -> Document:
    """A template whose container runs a script, not as root."""
    main = {
        "name": "main",
        "image": SHELL,
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", script],
        "resources": {"limits": {"nvidia.com/gpu": gpus}},
        "securityContext": {"runAsUser": 65532},
        **container,
    }
    return {"spec": {"template": {"spec": {"containers": [main]}}}}


def a_study_of(namespace: str, template: Document | None = None, **trial: Any) -> HyperparameterStudy:
    """A study in a namespace; its trials run the template, or else the built-in trainer."""
    what = {"template": template} if template else {"trainer": {"model": "mlp", "dataset": "digits"}}
    study = a_study(trial={"gracePeriod": "2s", **what, **trial})
    return study.model_copy(update={"metadata": study.metadata.model_copy(update={"namespace": namespace})})


def named(name: str) -> Trial:
    """A trial of this name."""
    trial = a_trial()
    return trial.model_copy(update={"metadata": trial.metadata.model_copy(update={"name": name})})


class Attempts:
    """First attempts of trials, by the trials' names, as the operator would see them."""

    def __init__(self, gateway: Gateway, namespace: str) -> None:
        self._gateway = gateway
        self._namespace = namespace
        self._changes: Queue[Change] = Queue()
        self._informer = Informer(gateway, [namespace], self._changes.put)
        self._studies: dict[str, HyperparameterStudy] = {}
        self._limits: dict[str, int | None] = {}
        self._pods: dict[str, dict[str, Document]] = {}
        self.stopping: set[str] = set()

    @contextmanager
    def watched(self) -> Iterator["Attempts"]:
        """While the block lasts, what happens to them is seen."""
        self._informer.start()
        try:
            yield self
        finally:
            self._informer.stop()

    def begin(
        self, name: str, template: Document | None = None, *, limit: int | None = None, **trial: Any
    ) -> None:
        """Begin a trial's first attempt."""
        study = a_study_of(self._namespace, template, **trial)
        owner = named(name).document()
        owner["metadata"] = {"name": name, "namespace": self._namespace}
        uid = self._gateway.create(TRIALS, self._namespace, owner)["metadata"]["uid"]
        self._studies[name], self._limits[name] = study, limit
        self._gateway.create(JOBS, self._namespace, job_of(study, named(name), 1, limit, DEFAULTS, uid))

    def stop(self, name: str) -> None:
        """Ask an attempt to end."""
        job = self._gateway.get(JOBS, self._namespace, f"{name}-1")
        self.stopping.add(name)
        self._gateway.delete(JOBS, self._namespace, f"{name}-1", job["metadata"]["uid"])

    def pod(self, name: str) -> str:
        """The name of its pod."""
        found = pod_of(list(self._pods[name].values()))
        assert found is not None
        return str(found["metadata"]["name"])

    def pods(self, name: str) -> int:
        """How many pods it has had so far."""
        return len(self._pods[name])

    def started(self, name: str) -> Execution:
        """Wait until it has begun to run."""
        return self._wait(lambda: self._if(name, lambda found: found.started_at is not None), name)

    def ended(self, name: str) -> Exit:
        """Wait for its end."""
        end = self._wait(lambda: self._if(name, lambda found: found.exit is not None), name).exit
        assert end is not None
        return end

    def obstructed(self, name: str) -> Obstacle:
        """Wait until something is in its way."""

        def look() -> Obstacle | None:
            pod = pod_of(list(self._pods.get(name, {}).values()))
            return None if pod is None else obstacle_of(pod)

        return self._wait(look, name)

    def _if(self, name: str, is_so: Callable[[Execution], bool]) -> Execution | None:
        found = self.execution(name)
        return found if is_so(found) else None

    def execution(self, name: str) -> Execution:
        """What is known of it now."""
        study = self._studies[name]
        container = metrics_container_of(study)
        pod = pod_of(list(self._pods.get(name, {}).values()))
        return execution_of(
            AttemptKey(name, 1),
            self._informer.get(JOBS, self._namespace, f"{name}-1"),
            pod,
            NONE,
            sdk=True,
            container=container,
            gpus=gpus_of(study, DEFAULTS),
            limit=self._limits[name],
            stopping=name in self.stopping,
            now=int(time.time() * 1000),
        )

    def _wait(self, look: Callable[[], _Found | None], name: str) -> _Found:
        over = time.monotonic() + WITHIN
        while (found := look()) is None:
            left = over - time.monotonic()
            assert left > 0, f"{name}: {self._pods.get(name)}"
            self._take(self._changes.get(timeout=left))
        return found

    def _take(self, change: Change) -> None:
        if change.kind is not PODS:
            return
        pod = {**change.object, GONE: True} if change.deleted else change.object
        name = pod["metadata"]["labels"][TRIAL]
        self._pods.setdefault(name, {})[pod["metadata"]["name"]] = pod
