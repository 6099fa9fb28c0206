"""The pod of an attempt: a template's, or the built-in trainer's, with what Tunewright adds to it."""

from typing import Any

from tunewright.api.study import HyperparameterStudy
from tunewright.api.template import metrics_container
from tunewright.api.trial import Trial
from tunewright.api.trial_definition import MetricsSource, TrialDefinition
from tunewright.cluster.checkpoints import Mounts, mounts_of
from tunewright.cluster.devices import with_default_device
from tunewright.cluster.job_defaults import JobDefaults
from tunewright.cluster.metrics_port import with_metrics_port
from tunewright.cluster.security import restricted
from tunewright.engine.trainer_options import MODULE, options_of
from tunewright.engine.variables import variables_of

Document = dict[str, Any]

TRAINER = "trainer"
"""The container of the built-in trainer, where no template names one."""

_TERMINATION_LOG = "/dev/termination-log"


def definition_of(study: HyperparameterStudy) -> TrialDefinition:
    """How the study's trials run, which a study that runs says."""
    assert study.spec.trial is not None
    return study.spec.trial


def metrics_container_of(study: HyperparameterStudy) -> str:
    """The name of the container that trains and reports."""
    definition = definition_of(study)
    if definition.template is None:
        return TRAINER
    name: str = metrics_container(definition)["name"]
    return name


def outline_of(study: HyperparameterStudy, defaults: JobDefaults) -> Document:
    """What all attempts have alike: the template's pod spec, the trainer in its place, its devices."""
    definition = definition_of(study)
    name = metrics_container_of(study)
    pod: Document = {"containers": [{"name": name}]}
    if definition.template is not None:
        template: Any = definition.template
        pod = {**template["spec"]["template"]["spec"]}
    if definition.trainer is not None:
        command = ["python", "-m", MODULE, *map(_literal, options_of(definition.trainer))]
        pod["containers"] = [
            {**_with_image(each, defaults), "command": command} if each["name"] == name else each
            for each in pod["containers"]
        ]
    return with_default_device(pod, name)


def pod_spec_of(
    study: HyperparameterStudy, trial: Trial, attempt: int, limit: int | None, defaults: JobDefaults
) -> Document:
    """The spec of an attempt's pod; `limit` is its run time in milliseconds at most."""
    definition = definition_of(study)
    pod = outline_of(study, defaults)
    mounts = mounts_of(trial, definition.checkpoints)
    main = metrics_container_of(study)
    variables = _variables(variables_of(trial, study.spec))
    pod["containers"] = [
        _training(each, pod, mounts, attempt, definition.metrics.source) if each["name"] == main else each
        for each in pod["containers"]
    ]
    for field in ("initContainers", "containers"):
        if field in pod:
            pod[field] = [
                {"terminationMessagePolicy": "FallbackToLogsOnError", **_with_variables(each, variables)}
                for each in pod[field]
            ]
    pod["volumes"] = [*pod.get("volumes", []), *mounts.volumes]
    pod["securityContext"] = {**mounts.security, **pod.get("securityContext", {})}
    pod["restartPolicy"] = "Never"
    pod["terminationGracePeriodSeconds"] = definition.grace_period
    if limit is not None:
        deadline = deadline_of(limit)
        pod["activeDeadlineSeconds"] = min(deadline, pod.get("activeDeadlineSeconds", deadline))
    return restricted(pod)


def deadline_of(limit: int) -> int:
    """The seconds after which the kubelet ends an attempt of this limit, in milliseconds: never later."""
    return max(1, limit // 1000)


def _training(
    container: Document, pod: Document, mounts: Mounts, attempt: int, source: MetricsSource
) -> Document:
    """The container that trains, with what only it is told; of its metrics where it reports by the SDK."""
    variables = _variables({"TUNEWRIGHT_ATTEMPT": str(attempt), **mounts.variables})
    if source is MetricsSource.SDK:
        last_word = container.get("terminationMessagePath", _TERMINATION_LOG)
        variables += _variables({"TUNEWRIGHT_LAST_WORD": last_word})
        container, port = with_metrics_port(pod, container)
        if port is not None:
            variables += _variables({"TUNEWRIGHT_METRICS_PORT": str(port)})
            # Its own address, of whichever family that is.
            host = {"fieldRef": {"fieldPath": "status.podIP"}}
            variables.append({"name": "TUNEWRIGHT_METRICS_HOST", "valueFrom": host})
    volume_mounts = [*container.get("volumeMounts", []), *mounts.mounts]
    return _with_variables({**container, "volumeMounts": volume_mounts}, variables)


def _with_image(container: Document, defaults: JobDefaults) -> Document:
    """The container, with the trainer's image where it names none."""
    if "image" in container:
        return container
    named = {**container, "image": defaults.trainer_image}
    if defaults.trainer_image_pull_policy is None:
        return named
    return {"imagePullPolicy": defaults.trainer_image_pull_policy, **named}


def _with_variables(container: Document, variables: list[Document]) -> Document:
    """They come before the template's own, which may refer to them."""
    return {**container, "env": [*variables, *container.get("env", [])]}


def _variables(values: dict[str, str]) -> list[Document]:
    return [{"name": name, "value": _literal(value)} for name, value in values.items()]


def _literal(text: str) -> str:
    """The text as it must stand where Kubernetes expands `$(NAME)`, to stay what it is."""
    return text.replace("$", "$$")
