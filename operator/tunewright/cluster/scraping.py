"""Reads a pod's /metrics page, whatever answers there."""

import ipaddress
import socket
import time
from collections.abc import Collection, Mapping
from typing import Any

from tunewright.api.problems import one_line
from tunewright.cluster.labels import ATTEMPT, TRIAL
from tunewright.cluster.metrics_port import METRICS_PORT_NAME
from tunewright.metrics.exposition import parse_page
from tunewright.metrics.gathering import Gathering
from tunewright.metrics.readings import MAX_POINTS, Readings

TIMEOUT = 2.0
MAX_BYTES = 256 * 2**10

_END_OF_HEAD = b"\r\n\r\n"


class ScrapeFailed(Exception):  # noqa: N818 - of the pod, not of this program
    """The page could not be read; the message says why, in one line."""


class TimedOut(ScrapeFailed):
    """It could not be read within its time, so that more looks would hold up those at other pods."""


def fetch(pod_ip: str, port: int, timeout: float = TIMEOUT, limit: int = MAX_BYTES) -> bytes:
    """The page at http://POD_IP:PORT/metrics. No redirect is followed, no proxy asked, no name looked up.

    Args:
        pod_ip: IPv4 or IPv6.
        port: TCP.
        timeout: seconds for all of it.
        limit: bytes, head and page.

    Raises:
        TimedOut: it takes too long.
        ScrapeFailed: there is no such page, or it is too long.
    """
    try:
        address = str(ipaddress.ip_address(pod_ip))
    except ValueError:
        raise ScrapeFailed(f"{one_line(pod_ip)!r} is no address") from None
    try:
        answer = _exchange(address, port, time.monotonic() + timeout, limit)
    except TimeoutError:
        raise TimedOut(f"no whole answer within {timeout:g} s") from None
    except OSError as error:
        raise ScrapeFailed(error.strerror or str(error)) from None
    head, end, page = answer.partition(_END_OF_HEAD)
    status = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if not end or not status[0].startswith(b"HTTP/1."):
        raise ScrapeFailed("the answer is not HTTP")
    if status[1:2] != [b"200"]:
        said = b" ".join(status[1:]).decode(errors="replace")
        raise ScrapeFailed(f"the answer is not 200: {one_line(said)}")
    return page


def _exchange(address: str, port: int, until: float, limit: int) -> bytes:
    """The answer, to its end. In HTTP/1.0 that is the connection's, and nothing is sent in chunks."""
    host = f"[{address}]" if ":" in address else address
    request = f"GET /metrics HTTP/1.0\r\nHost: {host}:{port}\r\nAccept: text/plain\r\n\r\n"
    with socket.create_connection((address, port), _left(until)) as connection:
        connection.sendall(request.encode())
        answer = bytearray()
        while True:
            connection.settimeout(_left(until))
            received = connection.recv(2**16)
            if not received:
                return bytes(answer)
            answer += received
            if len(answer) > limit:
                raise ScrapeFailed(f"the page has more than {limit} bytes")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class PageOfPod:
    """The page of one attempt's pod.

    Args:
        pod: running.
        judging: metrics that are taken in however many others there are.
    """

    def __init__(self, pod: Mapping[str, Any], judging: Collection[str] = ()) -> None:
        labels = pod["metadata"].get("labels", {})
        self._attempt = (labels.get(TRIAL), labels.get(ATTEMPT))
        self._address = _address_of(pod)
        self._gathering = Gathering(judging, MAX_POINTS)

    def look(self) -> bool:
        """Take in what is new; whether the program has reported since the last look.

        Raises:
            ScrapeFailed: nothing was seen.
        """
        if self._address is None:
            raise ScrapeFailed(
                f"its pod has no address of its own, or no container's port is named {METRICS_PORT_NAME}"
            )
        try:
            page = parse_page(fetch(*self._address, TIMEOUT))
        except ValueError as error:
            raise ScrapeFailed(str(error)) from None
        if page.attempt != self._attempt:
            raise ScrapeFailed("the page is that of another attempt")
        return self._gathering.take_readings(page.readings)

    def drain(self) -> None:
        """Nothing: once a pod has ended its page is gone, and its last word says more."""

    def readings(self) -> Readings:
        """All that was seen, without a time."""
        return self._gathering.readings()


def _address_of(pod: Mapping[str, Any]) -> tuple[str, int] | None:
    """Where its page is. On the host's network it would be the node's own address: never looked at."""
    address = pod.get("status", {}).get("podIP")
    ports = [
        port["containerPort"]
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or []
        if port.get("name") == METRICS_PORT_NAME
    ]
    if pod["spec"].get("hostNetwork") or not address or not ports:
        return None
    return address, ports[0]
