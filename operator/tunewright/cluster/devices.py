"""The devices that an attempt's pod asks for: one GPU unless its template says otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

from tunewright.api.template import extended_resources

Document = dict[str, Any]

DEFAULT = "nvidia.com/gpu"

_ACCELERATORS = ("gpu", "mig", "tpu", "gaudi", "neuron")
"""What the names of accelerators hold: nvidia.com/gpu, nvidia.com/mig-1g.5gb, gpu.intel.com/i915."""


def with_default_device(pod: Mapping[str, Any], container: str) -> Document:
    """The pod's spec with one GPU for the named container, where none of its containers asks for a device.

    A device is asked for by an extended resource, of whatever quantity, or by a resource claim.
    """
    if any(_asks(each) for each in _all_containers(pod)):
        return {**pod}
    return {
        **pod,
        "containers": [_with_gpu(each) if each["name"] == container else each for each in pod["containers"]],
    }


def accelerators_of(pod: Mapping[str, Any]) -> int:
    """How many accelerators a pod of this spec holds while it runs.

    These are the extended resources whose name holds gpu, mig, tpu, gaudi or neuron. Init containers run
    before the others, and use what is held for those.
    """
    first = max((_accelerators(each) for each in pod.get("initContainers", [])), default=0)
    return max(first, sum(_accelerators(each) for each in pod["containers"]))


def _all_containers(pod: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def _asks(container: Mapping[str, Any]) -> bool:
    return bool(extended_resources(container) or container.get("resources", {}).get("claims"))


def _with_gpu(container: Mapping[str, Any]) -> Document:
    resources = container.get("resources", {})
    return {**container, "resources": {**resources, "limits": {**resources.get("limits", {}), DEFAULT: 1}}}


def _accelerators(container: Mapping[str, Any]) -> int:
    return sum(
        int(quantity)
        for name, quantity in extended_resources(container).items()
        if any(word in name.lower() for word in _ACCELERATORS)
    )
