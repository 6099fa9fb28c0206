"""The cluster's containerd: its configuration and its images."""

import hashlib
import json
import time
from pathlib import Path

from tests.cluster.machine.commands import CommandError, run
from tests.cluster.machine.namespaces import enter
from tests.cluster.machine.processes import Process

PAUSE_IMAGE = "localhost/pause:1"
SOCKET = "/run/containerd/containerd.sock"

CONFIGURATION = """
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{cni}"
"""


def configure(state: Path) -> None:
    text = CONFIGURATION.format(pause=PAUSE_IMAGE, cni=state / "net.d")
    (state / "containerd.toml").write_text(text)


def argv(state: Path) -> list[str]:
    return ["containerd", f"--config={state / 'containerd.toml'}"]


def ctr(init: Process, *arguments: str) -> list[str]:
    return enter(init, "ctr", "-n", "k8s.io", *arguments)


def wait_until_ready(init: Process, within: float = 20.0) -> None:
    until = time.monotonic() + within
    while True:
        try:
            run(enter(init, "ctr", "version"))
        except CommandError as failed:
            if time.monotonic() > until:
                raise TimeoutError(str(failed)) from None
            time.sleep(0.1)
        else:
            return


def images(init: Process) -> dict[str, str]:
    """Image name -> digest, of what the node has."""
    rows = run(ctr(init, "images", "ls")).splitlines()[1:]
    return {row.split()[0]: row.split()[2] for row in rows}


def load_once(init: Process, store: Path, archive: Path) -> None:
    """Import an archive, unless this very file is what its images' names stand for already.

    Raises:
        CommandError: containerd does not take it.
    """
    file = archive.stat()
    identity = f"{archive.resolve()} {file.st_size} {file.st_mtime_ns}"
    note = store / "loaded" / hashlib.sha256(identity.encode()).hexdigest()
    if note.exists() and json.loads(note.read_text()).items() <= images(init).items():
        return
    named = load(init, archive)
    there = images(init)
    note.parent.mkdir(exist_ok=True)
    note.write_text(json.dumps({name: there[name] for name in named}))


def load(init: Process, archive: Path) -> list[str]:
    """Import an image archive, as `docker save` or an OCI tool wrote it; answers the names of its images."""
    with archive.open("rb") as file:
        said = run(ctr(init, "images", "import", "-"), input=file)
    prune(init)
    return [line.split()[1] for line in said.splitlines() if line.startswith("unpacking ")]


def prune(init: Process) -> None:
    """Let go of images that have lost their name to a newer one: the kubelet is told to remove none."""
    there = images(init)
    named = {digest for name, digest in there.items() if not name.startswith("sha256:")}
    nameless = [name for name, digest in there.items() if digest not in named]
    if nameless:
        run(ctr(init, "images", "rm", *nameless))


def forget_containers(init: Process) -> bool:
    """Remove what a killed cluster left in the container store, images aside; says whether there was any."""
    left = run(ctr(init, "containers", "ls", "-q")).split()
    if left:
        run(ctr(init, "containers", "rm", *left))
    return bool(left)
