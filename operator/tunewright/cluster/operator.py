"""The operator, put together: lease, informer, sampler processes, workers, and kopf around them."""

import logging
import os
import signal
import socket
import threading
import time
from dataclasses import dataclass

from tunewright.cluster import handlers, health, logs, telemetry
from tunewright.cluster.events import Recorder
from tunewright.cluster.gateway import PODS, Gateway
from tunewright.cluster.home import Services
from tunewright.cluster.informer import Informer
from tunewright.cluster.job_defaults import JobDefaults
from tunewright.cluster.labels import STUDY
from tunewright.cluster.lease import Lease
from tunewright.cluster.observer import Observer
from tunewright.cluster.reconciler import Key, Reconciler, start_workers
from tunewright.cluster.sampling import SamplerPool
from tunewright.cluster.workqueue import WorkQueue

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """The command line of `tunewright operator`; see there."""

    namespaces: tuple[str, ...]
    defaults: JobDefaults
    scrape_interval: float
    sampler_workers: int
    sampler_timeout: float
    workers: int
    lease_namespace: str | None
    lease_name: str
    port: int
    log_format: str
    log_level: str
    context: str | None
    kubeconfig: str | None


def run_operator(options: Options) -> int:
    """Run until SIGTERM; the exit code.

    Raises:
        InvalidInput: no cluster can be found.
        OSError: the port cannot be had.
    """
    logs.configure(options.log_format, options.log_level)
    gateway = Gateway.connect(options.context, options.kubeconfig)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # until kopf has its own: who stands by ends well too
        signal.signal(number, lambda *_: stop.set())
    life = _Life(stop)
    health.serve(options.port, healthy=life.failure, ready=life.unready)
    lease = Lease(
        # A call that hangs must not outlast the lease.
        Gateway(gateway.api_client, gateway.default_namespace, read_timeout=3.0),
        options.lease_namespace or gateway.default_namespace,
        options.lease_name,
        _identity(),
        time.monotonic,
    )
    if not lease.acquire(stop):
        return 0
    telemetry.LEADER.set(1)
    lease.keep(lambda: life.fail("the lease was lost to another operator, or could not be renewed"))
    try:
        _lead(options, gateway, stop, life)
    finally:
        lease.release()
    if life.failure():
        LOG.error("ended: %s", life.failure())
    return 1 if life.failure() else 0


def _lead(options: Options, gateway: Gateway, stop: threading.Event, life: "_Life") -> None:
    queue: WorkQueue[Key] = WorkQueue()
    reconciler = Reconciler(queue)
    informer = Informer(gateway, options.namespaces or None, reconciler.changed)
    samplers = SamplerPool(options.sampler_workers, options.sampler_timeout)
    recorder = Recorder(gateway, _now)

    def looked(namespace: str, pod: str) -> None:
        found = informer.get(PODS, namespace, pod)
        if found is not None:
            reconciler.woken(namespace, found["metadata"]["labels"][STUDY])

    observer = Observer(gateway, _now, options.scrape_interval, looked)
    services = Services(gateway, informer, samplers, observer, recorder, options.defaults, _now)
    life.read()
    informer.start()
    observer.start()
    try:
        while not informer.wait_synced(1.0):
            if stop.is_set():
                return
        life.watch(start_workers(reconciler, services, options.workers))
        LOG.info("watching %s", ", ".join(options.namespaces) or "all namespaces")
        handlers.run(gateway.api_client.configuration, reconciler.woken, options.namespaces, stop)
    finally:
        queue.shutdown()
        life.end()
        informer.stop()
        observer.stop()
        samplers.close()


def _now() -> int:
    return time.time_ns() // 1_000_000


def _identity() -> str:
    """A container that starts again is the same operator, and need not wait for its own lease."""
    host = socket.gethostname()
    return host if "KUBERNETES_SERVICE_HOST" in os.environ else f"{host}-{os.getpid()}"


class _Life:
    """Whether all that must run does; what dies ends the operator, and its pod starts it anew."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._threads: list[threading.Thread] = []
        self._failure = ""
        self._reads = False

    def read(self) -> None:
        """The cluster is being read; until `watch` no study is worked on."""
        self._reads = True

    def watch(self, threads: list[threading.Thread]) -> None:
        self._threads = threads
        self._reads = False

    def fail(self, why: str) -> None:
        self._failure = why
        self._stop.set()

    def end(self) -> None:
        """Wait, for a while, until what is being written is written."""
        over = time.monotonic() + 10
        for thread in self._threads:
            thread.join(max(0.0, over - time.monotonic()))
        self._threads = []

    def unready(self) -> str:
        """One that stands by is ready: it does what there is to do for it."""
        return self.failure() or ("the cluster has not been read yet; see the log" if self._reads else "")

    def failure(self) -> str:
        dead = [thread.name for thread in self._threads if not thread.is_alive()]
        return self._failure or (f"{', '.join(dead)} died" if dead else "")
