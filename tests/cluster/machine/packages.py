"""What a cluster needs of Debian: installed where that can be done, named where it cannot."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.machine.errors import Unavailable

TO_BUILD: Mapping[str, str] = {"gcc": "gcc", "/usr/include/stdlib.h": "libc6-dev"}
TO_RUN: Mapping[str, str] = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "mount": "mount",
    "iptables": "iptables",
    "openssl": "openssl",
}
"""Program on the PATH (or file) -> the package that has it."""


def ensure(needed: Mapping[str, str]) -> None:
    """Install what is missing, saying so.

    Raises:
        Unavailable: something is missing and cannot be installed here; the message names the packages.
    """
    missing = sorted({package for file, package in needed.items() if not present(file)})
    if not missing:
        return
    names = " ".join(missing)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Unavailable(f"these Debian packages are missing: {names}")
    print(f"installing Debian packages: {names}", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["install", "-y", "-q", "--no-install-recommends", *missing]
    for arguments in (["update", "-q"], install):  # a new machine has no lists of packages, or old ones
        done = subprocess.run(["apt-get", *arguments], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            why = (done.stderr.strip().splitlines() or ["apt-get failed"])[-1]
            raise Unavailable(f"these Debian packages could not be installed: {names} ({why})")


def present(file: str) -> bool:
    return Path(file).exists() if file.startswith("/") else shutil.which(file) is not None
