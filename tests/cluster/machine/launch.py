"""Start one detached process inside a cluster's namespaces and print its pid as this machine counts it.

Run as a script of its own (`python launch.py JSON`): a process can enter a mount namespace only while it has
one thread, and a pid namespace holds only for children. Keys of the JSON: `argv`, `log` (appended to),
`groups` (`cgroup.procs` files to enter), `join` (the pid whose namespaces to enter; none: new ones).
"""

import ctypes
import json
import os
import sys

NEW_MOUNTS, NEW_NETWORK, NEW_PIDS = 0x00020000, 0x40000000, 0x20000000


def checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def main() -> None:
    order = json.loads(sys.argv[1])
    libc = ctypes.CDLL(None, use_errno=True)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for path in order[
        "groups"
    ]:  # before the fork, so that nothing is ever started that belongs to no cluster
        group = os.open(path, os.O_WRONLY)
        os.write(group, b"0")
        os.close(group)
    if order["join"] is None:
        checked(libc.unshare(NEW_MOUNTS | NEW_NETWORK | NEW_PIDS))
    else:
        # All are opened first: inside the other mount namespace /proc counts differently.
        for space in [
            os.open(f"/proc/{order['join']}/ns/{kind}", os.O_RDONLY) for kind in ("pid", "net", "mnt")
        ]:
            checked(libc.setns(space, 0))
            os.close(space)
    child = os.fork()
    if child:
        print(child)
        return
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.execvp(order["argv"][0], order["argv"])


main()
