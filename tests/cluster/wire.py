"""A wire to the API server that can be cut: for clients that must live with a network."""

import contextlib
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml


class Wire:
    """Forwards connections to an address; cut, it resets those that are open and takes no more."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._whole = True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        with self._lock:
            self._whole = False
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        with self._lock:
            self._whole = True

    def close(self) -> None:
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()  # the server is away
                continue
            with self._lock:
                if not self._whole:
                    near.close()
                    far.close()
                    continue
                self._open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()


def through(kubeconfig: Path, folder: Path) -> Wire:
    """A wire to the server of a kubeconfig; `folder/kubeconfig` uses it."""
    document: dict[str, Any] = yaml.safe_load(kubeconfig.read_text())
    [entry] = document["clusters"]
    server = urlsplit(entry["cluster"]["server"])
    assert server.hostname is not None
    wire = Wire(server.hostname, server.port or 443)
    entry["cluster"]["server"] = f"https://127.0.0.1:{wire.port}"
    entry["cluster"]["tls-server-name"] = server.hostname
    (folder / "kubeconfig").write_text(yaml.safe_dump(document))
    return wire
