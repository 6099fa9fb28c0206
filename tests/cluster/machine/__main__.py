"""`python -m tests.cluster.machine`: a cluster on a bare machine, by hand."""

import argparse
import sys
import time
from pathlib import Path

from tests.cluster.machine import binaries, cgroups, kind, lifecycle, places, resolve
from tests.cluster.machine.errors import Unavailable


def main() -> None:
    commands = {"up": up, "down": down, "load": load, "status": status, "build": build}
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.machine", description=__doc__)
    parser.add_argument("command", choices=commands)
    parser.add_argument("archive", nargs="*", type=Path, help="load: image archives for the cluster's node")
    parser.add_argument("--name", default="dev", help="which cluster, where several run (default: dev)")
    parser.add_argument(
        "--kwok", type=int, default=0, metavar="N", help="up: with N nodes that only pretend to run pods"
    )
    arguments = parser.parse_args()
    try:
        commands[arguments.command](arguments)
    except (Unavailable, ValueError, TimeoutError) as failed:
        sys.exit(str(failed))


def up(arguments: argparse.Namespace) -> None:
    begun = time.monotonic()
    cluster = resolve.up(arguments.name)
    if arguments.kwok:
        there = cluster.kubectl("get", "nodes", "-l", "type=kwok", "-o", "name").split()
        cluster.add_kwok_nodes(arguments.kwok - len(there))
    print(f"cluster {cluster.name} is up ({time.monotonic() - begun:.1f} s)\n")
    print(f"export KUBECONFIG={cluster.kubeconfig}")
    print(f"export PATH={cluster.kubectl_path.parent}:$PATH   # kubectl, helm")
    if isinstance(cluster, lifecycle.MachineCluster):
        print(f"# audit log: {cluster.audit_log}; logs of the parts: {cluster.record.state}/*.log")


def down(arguments: argparse.Namespace) -> None:
    if resolve.down(arguments.name):
        print(f"cluster {arguments.name} is gone; binaries and images are kept: rm -r {places.cache()}")
    else:
        print(f"there is no cluster {arguments.name}")


def load(arguments: argparse.Namespace) -> None:
    cluster = resolve.up(arguments.name)
    for archive in arguments.archive:
        cluster.load_image(archive)


def status(arguments: argparse.Namespace) -> None:
    names = lifecycle.names()
    if not names:
        print("there is no cluster")
    for name in names:
        if kind.there(name):
            print(f"{name}: a cluster of kind")
            continue
        record = lifecycle.Record.read(name)
        if record is None or not record.init.alive():
            print(
                f"{name}: dead; `up --name {name}` starts it anew, `down --name {name}` removes what is left"
            )
            continue
        dead = record.dead()
        parts = f"dead: {', '.join(dead)}" if dead else "all parts run"
        print(f"{name}: up, {parts}, {cgroups.memory(name) / 2**20:.0f} MiB, {record.network.node}")


def build(arguments: argparse.Namespace) -> None:
    print(binaries.find().build)


main()
