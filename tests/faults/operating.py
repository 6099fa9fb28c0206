"""Operators in this process: what `tunewright operator` runs, but for lease and kopf, on a faulty gateway."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.cluster.machine.cluster import Cluster
from tests.cluster.studying import Namespace
from tests.faults.faulty import Chance, FaultyGateway

from tunewright.cluster.events import Recorder
from tunewright.cluster.gateway import STUDIES, Gateway
from tunewright.cluster.home import Services
from tunewright.cluster.informer import Informer
from tunewright.cluster.job_defaults import JobDefaults
from tunewright.cluster.observer import Observer
from tunewright.cluster.reconciler import Key, Reconciler, start_workers
from tunewright.cluster.sampling import SamplerPool
from tunewright.cluster.workqueue import WorkQueue

QUICKLY = 10.0
"""Seconds; by far enough for an operator of a test to end or to take up its work."""


class Operators:
    """One operator after the other: where one dies the next begins.

    Args:
        gateway: a sound one.
        namespace: the only one that they work in.
        chance: what goes wrong.
        kind: of gateway that each of them has.
    """

    def __init__(
        self, gateway: Gateway, namespace: str, chance: Chance, kind: type[FaultyGateway] = FaultyGateway
    ) -> None:
        self._gateway = gateway
        self._kind = kind
        self._namespace = namespace
        self._chance = chance
        self._samplers = SamplerPool(1, 60.0)
        self.begun = 0

    def run_until(self, over: Callable[[], bool], seconds: float) -> None:
        """Have them work until it is over.

        Raises:
            TimeoutError: it is not, after so many seconds.
        """
        deadline = time.monotonic() + seconds
        while not over():
            with self.operator() as gateway:
                while not gateway.dead.wait(0.2) and not over():
                    if time.monotonic() > deadline:
                        raise TimeoutError(f"not over after {seconds:g} s and {self.begun} operators")

    def close(self) -> None:
        """End what they share."""
        self._samplers.close()

    @contextmanager
    def operator(self) -> Iterator[FaultyGateway]:
        """One operator, for as long as the block lasts."""
        self.begun += 1
        gateway = self._kind(self._gateway.api_client, self._namespace, self._chance)
        queue: WorkQueue[Key] = WorkQueue(base=0.05, longest=1.0)
        reconciler = Reconciler(queue)
        informer = Informer(gateway, [self._namespace], reconciler.changed)
        observer = Observer(gateway, _now, 10.0, lambda namespace, pod: None)
        recorder = Recorder(gateway, _now)
        services = Services(gateway, informer, self._samplers, observer, recorder, JobDefaults(), _now)
        informer.start()
        workers = []
        try:
            while not informer.wait_synced(0.1) and not gateway.dead.is_set():
                pass
            workers = start_workers(reconciler, services, 2)
            yield gateway
        finally:
            # The dead write nothing more, whatever their threads are at.
            gateway.dead.set()
            queue.shutdown()
            informer.stop()
            for worker in workers:
                worker.join(QUICKLY)
                assert not worker.is_alive()


class Watched:
    """Looks, soundly, at a study that a faulty operator runs."""

    def __init__(self, namespace: Namespace, study: str) -> None:
        self._gateway = connect(namespace.cluster)
        self._where = (namespace.name, study)

    def over(self) -> bool:
        """Whether it has ended, and its status has been written to the end."""
        status = self._gateway.get(STUDIES, *self._where).get("status", {})
        return status.get("phase") in ("Completed", "Failed")


def connect(cluster: Cluster) -> Gateway:
    """Soundly."""
    return Gateway.connect(kubeconfig=str(cluster.kubeconfig))


def _now() -> int:
    return time.time_ns() // 1_000_000
