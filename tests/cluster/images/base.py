"""The base image, made of Debian packages: no registry is needed, and the Dockerfile is built as it is."""

from hashlib import blake2b
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory

from tests.cluster.images.storage import Storage
from tests.cluster.machine import places
from tests.cluster.machine.errors import Unavailable

_SUITE = "bookworm"  # its python3 is 3.11, as in the Dockerfile's own base
_OPTIONS = (
    "--variant=minbase",
    "--include=ca-certificates,python3,python3-venv",
    # Left out as Debian's slim images leave it out.
    *(f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in ("doc", "groff", "info", "locale", "man")),
)
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))


def ensure(storage: Storage) -> str:
    """The name of the base image, made first where it is not there yet (half a minute).

    Packages come from where this machine takes its own, if it is a Debian; else from Debian's own servers.

    Raises:
        Unavailable: the packages cannot be had.
    """
    recipe = blake2b(repr((_SUITE, _OPTIONS, _PATH)).encode(), digest_size=4).hexdigest()
    name = f"localhost/tunewright-tests/base:{recipe}"
    with places.locked("image-base"):
        if storage.identity(name) is None:
            _make(name, storage)
    return name


def _make(name: str, storage: Storage) -> None:
    with TemporaryDirectory() as directory:
        files = Path(directory) / "base.tar"
        _bootstrap(files)
        container = storage.run("from", "scratch")
        storage.run("add", container, str(files), "/")
        storage.run("config", "--env", _PATH, "--cmd", "/bin/sh", container)
        storage.run("commit", "--rm", container, name)


def _bootstrap(archive: Path) -> None:
    sources = [str(path) for path in _SOURCES if _is_debian(path)]
    done = run(["mmdebstrap", *_OPTIONS, _SUITE, str(archive), *sources], stderr=PIPE, text=True)
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise Unavailable(f"mmdebstrap failed: {why}")


def _is_debian(sources: Path) -> bool:
    return sources.is_file() and _SUITE in sources.read_text()
