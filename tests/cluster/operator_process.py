"""The operator as a process of this machine, for tests that kill it; the chart's runs in a pod."""

import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.machine.cluster import Cluster


class OperatorProcess:
    """`tunewright operator`, started at once.

    Args:
        cluster: whose studies it runs.
        namespace: only there.
        log: a file that it logs to; several operators may share it.
        environment: variables beside this process's own.
    """

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        log: Path,
        *options: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        with log.open("a") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tunewright.cli.main", "operator"),
                    *("--kubeconfig", str(cluster.kubeconfig)),
                    *("--namespace", namespace, "--lease-namespace", namespace),
                    *("--port", "0", "--log-format", "text", *options),
                ],
                stderr=output,
                env={**cluster.environment(), **(environment or {})},
            )

    @property
    def pid(self) -> int:
        """Of the operator itself, not of its sampler processes."""
        return self._process.pid

    def children(self) -> list[int]:
        """The processes that it has started, and that still are."""
        threads = Path("/proc", str(self.pid), "task").iterdir()
        return [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]

    def kill(self) -> None:
        """Give it no time for anything."""
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """Ask it to end, and wait for that; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=30)


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.create_server(("", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def page(port: int, path: str) -> str:
    """What an operator on this machine serves there.

    Raises:
        OSError: it does not answer, or not well.
    """
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return str(answer.read().decode())
