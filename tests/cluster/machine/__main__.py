"""`python -m tests.cluster.machine`: a cluster on a bare machine, by hand."""

import argparse
import sys
import time
from pathlib import Path

from tests.cluster.machine import binaries, cgroups, kind, lifecycle, places, resolve
from tests.cluster.machine.bare import MachineCluster
from tests.cluster.machine.commands import CommandError
from tests.cluster.machine.errors import Unavailable
from tests.cluster.machine.record import Record


def main() -> None:
    arguments = parser().parse_args()
    try:
        arguments.run(arguments)
    except (Unavailable, ValueError, TimeoutError, CommandError) as failed:
        sys.exit(str(failed))


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="python -m tests.cluster.machine", description=__doc__)
    commands = whole.add_subparsers(required=True)
    for run in (up, down, load, status, build):
        command = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        if run in (up, down, load):
            command.add_argument(
                "--name", default="dev", help="which cluster, where several run (default: dev)"
            )
        if run is up:
            command.add_argument(
                "--kwok", type=int, default=0, metavar="N", help="with N nodes that only pretend"
            )
        if run is load:
            command.add_argument(
                "archive", nargs="+", type=Path, help="as `docker save` or an OCI tool wrote it"
            )
    return whole


def up(arguments: argparse.Namespace) -> None:
    """Start a cluster, or mend it, and print how to use it."""
    begun = time.monotonic()
    cluster = resolve.up(arguments.name)
    if arguments.kwok:
        there = cluster.kubectl("get", "nodes", "-l", "type=kwok", "-o", "name").split()
        cluster.add_kwok_nodes(arguments.kwok - len(there))
    print(f"cluster {cluster.name} is up ({time.monotonic() - begun:.1f} s)\n")
    print(f"export KUBECONFIG={cluster.kubeconfig}")
    if isinstance(cluster, MachineCluster):
        print(f"export PATH={cluster.kubectl_path.parent}:$PATH   # kubectl, helm")
        print(f"# audit log: {cluster.audit_log}; logs of the parts: {cluster.record.state}/*.log")


def down(arguments: argparse.Namespace) -> None:
    """Remove every trace of a cluster."""
    if resolve.down(arguments.name):
        print(f"cluster {arguments.name} is gone; binaries and images are kept: rm -r {places.cache()}")
    else:
        print(f"there is no cluster {arguments.name}")


def load(arguments: argparse.Namespace) -> None:
    """Give a cluster's node the images of archives."""
    cluster = resolve.up(arguments.name)
    for archive in arguments.archive:
        cluster.load_image(archive)


def status(arguments: argparse.Namespace) -> None:
    """Say which clusters there are, and what they hold of memory."""
    names = lifecycle.names()
    if not names:
        print("there is no cluster")
    for name in names:
        if kind.there(name):
            print(f"{name}: a cluster of kind")
            continue
        record = Record.read(name)
        if record is None or not record.init.alive():
            print(
                f"{name}: dead; `up --name {name}` starts it anew, `down --name {name}` removes what is left"
            )
            continue
        dead = record.dead()
        parts = f"dead: {', '.join(dead)}" if dead else "all parts run"
        print(f"{name}: up, {parts}, {cgroups.memory(name) / 2**20:.0f} MiB, {record.network.node}")


def build(arguments: argparse.Namespace) -> None:
    """Build the binaries of a cluster, where they are not built."""
    print(binaries.find().build)


main()
