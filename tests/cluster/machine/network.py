"""The cable between this machine and a cluster: `100.64.<n>.0/30`, with a route to its pods behind it."""

import json
from contextlib import suppress
from dataclasses import dataclass

from tests.cluster.machine.commands import CommandError, run
from tests.cluster.machine.errors import Unavailable

API_SERVICE = "10.96.0.1"
"""The `kubernetes` service's address: the node has it itself, so that pods reach it with no kube-proxy."""

SERVICES = "10.96.0.0/16"


@dataclass(frozen=True)
class Network:
    number: int

    @property
    def link(self) -> str:
        return f"tunewright{self.number}"

    @property
    def outside(self) -> str:
        return f"100.64.{self.number}.1"

    @property
    def node(self) -> str:
        """The node's address: the API server and the kubelet, reached from this machine."""
        return f"100.64.{self.number}.2"

    @property
    def pods(self) -> str:
        return f"10.244.{self.number}.0/24"


def free() -> Network:
    """The first network that nothing on this machine uses."""
    routes = json.loads(ip("-j", "route", "show", "table", "all"))
    taken = {str(route.get("dst", "")) for route in routes}
    links = {link["ifname"] for link in json.loads(ip("-j", "link"))}
    for network in map(Network, range(256)):
        if network.link not in links and not taken & {f"100.64.{network.number}.0/30", network.pods}:
            return network
    raise Unavailable("all 256 networks 100.64.n.0/30 are taken: take a cluster down")


def connect(network: Network, pid: int) -> None:
    """Lay the cable into the network namespace of process `pid`; it goes when that namespace goes."""
    ip("link", "add", network.link, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    ip("address", "add", f"{network.outside}/30", "dev", network.link)
    ip("link", "set", network.link, "up")
    ip("route", "add", network.pods, "via", network.node)
    inside = ("nsenter", "-t", str(pid), "-n", "ip")
    run([*inside, "address", "add", f"{network.node}/30", "dev", "eth0"])
    run([*inside, "link", "set", "eth0", "up"])
    run([*inside, "address", "add", f"{API_SERVICE}/32", "dev", "lo"])
    run([*inside, "route", "add", "default", "via", network.outside])


def disconnect(network: Network) -> None:
    """Remove the cable at once, where the kernel has not done so yet."""
    with suppress(CommandError):
        ip("link", "delete", network.link)


def ip(*arguments: str) -> str:
    return run(["ip", *arguments])
