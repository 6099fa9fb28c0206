"""How long kwok's pods pretend to run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster import pretended
from tests.cluster.machine.cluster import Cluster


@contextmanager
def that_run(cluster: Cluster, shortest: int, longest: int) -> Iterator[None]:
    """While the block lasts, pods of Jobs run for so many milliseconds, and leave a last word."""
    pretended.complete_with_last_word(cluster)
    before = json.loads(cluster.kubectl("get", "stage", "pod-complete", "-o", "json"))["spec"]
    template: str = before["next"]["statusTemplate"]
    kept = "startedAt: {{ $origin.state.running.startedAt | Quote }}"
    slow = {
        "delay": {"durationMilliseconds": shortest, "jitterDurationMilliseconds": longest},
        "next": {"statusTemplate": template.replace("startedAt: {{ $now | Quote }}", kept)},
    }
    _patch(cluster, slow)
    try:
        yield
    finally:
        _patch(cluster, {"delay": None, "next": {"statusTemplate": template}})


def _patch(cluster: Cluster, spec: dict[str, object]) -> None:
    cluster.kubectl("patch", "stage", "pod-complete", "--type=merge", "-p", json.dumps({"spec": spec}))
