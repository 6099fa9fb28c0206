"""Tests of the devices that a pod asks for."""

from typing import Any

import pytest

from tunewright.cluster.devices import accelerators_of, with_default_device


def a_container(name: str = "main", **resources: Any) -> dict[str, Any]:
    return {"name": name, "resources": resources} if resources else {"name": name}


def a_pod(*containers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"containers": list(containers), **fields}


class TestTheDefault:
    @pytest.mark.parametrize(
        ("resources", "expected"),
        [
            ({}, {"limits": {"nvidia.com/gpu": 1}}),
            (
                {"requests": {"cpu": "2"}, "limits": {"memory": "1Gi"}},
                {"requests": {"cpu": "2"}, "limits": {"memory": "1Gi", "nvidia.com/gpu": 1}},
            ),
            ({"limits": {"hugepages-2Mi": "4Mi"}}, {"limits": {"hugepages-2Mi": "4Mi", "nvidia.com/gpu": 1}}),
        ],
    )
    def test_one_gpu_for_the_container_that_trains(
        self, resources: dict[str, Any], expected: dict[str, Any]
    ) -> None:
        pod = with_default_device(a_pod(a_container("side"), a_container(**resources), nodeName="a"), "main")

        assert pod == a_pod(a_container("side"), a_container(**expected), nodeName="a")

    @pytest.mark.parametrize(
        "pod",
        [
            a_pod(a_container(limits={"nvidia.com/gpu": 0})),
            a_pod(a_container(limits={"nvidia.com/mig-1g.5gb": 1})),
            a_pod(a_container(requests={"amd.com/gpu": "2"})),
            a_pod(a_container(), a_container("side", limits={"gpu.intel.com/i915": 1})),
            a_pod(a_container(), initContainers=[a_container("first", limits={"nvidia.com/gpu": 1})]),
            a_pod(a_container(claims=[{"name": "gpu"}])),
        ],
    )
    def test_nothing_where_a_device_is_named(self, pod: dict[str, Any]) -> None:
        assert with_default_device(pod, "main") == pod

    def test_the_template_is_left_as_it_is(self) -> None:
        pod = a_pod(a_container(limits={"cpu": 1}))

        with_default_device(pod, "main")

        assert pod == a_pod(a_container(limits={"cpu": 1}))


@pytest.mark.parametrize(
    ("pod", "count"),
    [
        (a_pod(a_container()), 0),
        (a_pod(a_container(limits={"nvidia.com/gpu": "4"})), 4),
        (a_pod(a_container(limits={"nvidia.com/gpu": 0})), 0),
        (a_pod(a_container(requests={"nvidia.com/gpu": 2}, limits={"nvidia.com/gpu": 2})), 2),
        (a_pod(a_container(limits={"nvidia.com/gpu": 1}), a_container("b", limits={"amd.com/gpu": 2})), 3),
        (a_pod(a_container(limits={"nvidia.com/mig-3g.20gb": 1, "rdma/hca": 8})), 1),
        (a_pod(a_container(limits={"gpu.intel.com/i915": 1})), 1),
        (a_pod(a_container(limits={"google.com/tpu": 4, "aws.amazon.com/neuroncore": 2})), 6),
        (a_pod(a_container(limits={"habana.ai/Gaudi": 8})), 8),
        (
            a_pod(
                a_container(limits={"nvidia.com/gpu": 2}),
                initContainers=[a_container("first", limits={"nvidia.com/gpu": 1})],
            ),
            2,
        ),
        (
            a_pod(
                a_container(),
                initContainers=[a_container("first", limits={"nvidia.com/gpu": 1})],
            ),
            1,
        ),
    ],
)
def test_how_many_accelerators_are_held(pod: dict[str, Any], count: int) -> None:
    assert accelerators_of(pod) == count
