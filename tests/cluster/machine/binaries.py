"""The programs of a cluster: named by the user, built before, or built now from their Go modules."""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.machine import commands, packages, places
from tests.cluster.machine.commands import CommandError
from tests.cluster.machine.errors import Unavailable

KUBERNETES, KWOK, HELM = "1.36.3", "0.8.0", "3.22.0"
CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl")
ETCD = "go.etcd.io/etcd/server/v3"
"""In the version that Kubernetes itself requires: an older one cannot serve all of its watches."""

LINKED = "-s -w"  # without symbols
PAUSE_SOURCE = Path(__file__).with_name("pause.c")
STAGES = (
    "kustomize/crd/bases/kwok.x-k8s.io_stages.yaml",
    "kustomize/stage/node/fast/node-initialize.yaml",
    "kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "kustomize/stage/pod/fast/pod-ready.yaml",
    "kustomize/stage/pod/fast/pod-complete.yaml",
    "kustomize/stage/pod/fast/pod-delete.yaml",
)
"""Files of kwok's module: the kind Stage, and the stages that its nodes and pods go through."""


class Binaries:
    """A folder of programs; `kwok`, `helm` and the stages are always those of the build."""

    def __init__(self, build: Path, control_plane: Path) -> None:
        self.build = build
        self.control_plane = control_plane

    def __getitem__(self, name: str) -> Path:
        return (self.control_plane if name in CONTROL_PLANE else self.build) / name

    @property
    def stages(self) -> Path:
        return self.build / "stages"


def find() -> Binaries:
    """The binaries to run a cluster with, built first where they are not there (minutes, with progress).

    Raises:
        Unavailable: they are not there and cannot be built.
    """
    named = os.environ.get("KUBEBUILDER_ASSETS")
    if named:
        missing = [name for name in CONTROL_PLANE if not (Path(named) / name).is_file()]
        if missing:
            raise Unavailable(f"KUBEBUILDER_ASSETS={named} lacks {', '.join(missing)}: unset it, or add them")
    build = built(() if named else CONTROL_PLANE)
    return Binaries(build, Path(named) if named else build)


def built(control_plane: Sequence[str]) -> Path:
    target = places.cache() / key(control_plane) / "bin"
    if target.is_dir():
        return target
    with places.locked("build"):
        if not target.is_dir():
            build(control_plane, target)
    return target


def key(control_plane: Sequence[str]) -> str:
    """Names the versions, and tells apart builds made in different ways."""
    recipe = repr((control_plane, STAGES, LINKED)).encode() + PAUSE_SOURCE.read_bytes()
    return f"kubernetes-{KUBERNETES}_kwok-{KWOK}_helm-{HELM}_{hashlib.sha256(recipe).hexdigest()[:8]}"


def build(control_plane: Sequence[str], target: Path) -> None:
    if shutil.which("go") is None:
        raise Unavailable(
            "no cluster binaries are cached and Go (1.26 or later) is not on the PATH to build them"
        )
    packages.ensure(packages.TO_BUILD)
    begun = time.monotonic()
    for left in target.parent.parent.glob(".building-*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=places.cache()) as folder:
        out = Path(folder) / "bin"
        out.mkdir()
        if control_plane:
            build_kubernetes(control_plane, Path(folder), out)
        install(f"sigs.k8s.io/kwok/cmd/kwok@v{KWOK}", "kwok (2 of 4)", out)
        copy_stages(out / "stages")
        install(f"helm.sh/helm/v3/cmd/helm@v{HELM}", "helm (3 of 4)", out)
        with progress("pause (4 of 4)"):
            run(["gcc", "-static", "-Os", "-s", "-o", str(out / "pause"), str(PAUSE_SOURCE)], out)
        target.parent.mkdir(exist_ok=True)
        out.rename(target)
    say(f"built in {time.monotonic() - begun:.0f} s: {target}")


def build_kubernetes(names: Sequence[str], work: Path, out: Path) -> None:
    module = download(f"k8s.io/kubernetes@v{KUBERNETES}", work)
    (work / "go.mod").write_text(module_file(Path(module["GoMod"]).read_text()))
    version = {"gitVersion": f"v{KUBERNETES}", "gitMajor": "1", "gitMinor": KUBERNETES.split(".")[1]}
    stamps = [
        f"-X k8s.io/{package}/version.{name}={value}"
        for package in ("component-base", "client-go/pkg")
        for name, value in version.items()
    ]
    flags = ["-trimpath", "-ldflags", " ".join([LINKED, *stamps])]
    sources = [ETCD if name == "etcd" else f"k8s.io/kubernetes/cmd/{name}" for name in names]
    with progress(f"{', '.join(names)} (1 of 4)"):
        run(["go", "build", "-mod=mod", *flags, "-o", f"{out}/", *sources], work)
    (out / "server").rename(out / "etcd")


def module_file(upstream: str) -> str:
    """A go.mod that requires Kubernetes; its own replaces staging modules by folders, this by releases."""
    staging = [line.split()[0] for line in upstream.splitlines() if "=> ./staging/" in line]
    release = "v0." + KUBERNETES.split(".", 1)[1]
    kept = [line for line in upstream.splitlines() if line.startswith(("go ", "godebug "))]
    replaced = [f"replace {name} => {name} {release}" for name in staging]
    return "\n".join(
        ["module tunewright.dev/cluster", *kept, f"require k8s.io/kubernetes v{KUBERNETES}", *replaced, ""]
    )


def install(package: str, what: str, out: Path) -> None:
    with progress(what):
        run(["go", "install", "-trimpath", "-ldflags", LINKED, package], out, {"GOBIN": str(out)})


def copy_stages(to: Path) -> None:
    source = Path(download(f"sigs.k8s.io/kwok@v{KWOK}", to.parent)["Dir"])
    to.mkdir()
    for number, name in enumerate(STAGES):
        (to / f"{number}-{Path(name).name}").write_bytes((source / name).read_bytes())


def download(module: str, folder: Path) -> dict[str, str]:
    run(["go", "mod", "download", module], folder)
    return dict(json.loads(run(["go", "list", "-m", "-json", module], folder)))


def run(command: Sequence[str], folder: Path, more: Mapping[str, str] | None = None) -> str:
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-buildvcs=false",
        "GOWORK": "off",
        **(more or {}),
    }
    try:
        return commands.run(command, folder=folder, environment=environment)
    except CommandError as failed:
        why = str(failed).splitlines()[-1]
        raise Unavailable(f"the cluster's binaries could not be built: {why}") from None


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say what is built, every ten seconds for how long, and when it is done."""
    begun = time.monotonic()
    done = threading.Event()

    def repeat() -> None:
        while not done.wait(10):
            say(f"building {what}: {time.monotonic() - begun:.0f} s")

    say(f"building {what}")
    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        say(f"{what}: {time.monotonic() - begun:.0f} s")


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
