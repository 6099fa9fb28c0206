"""Images as files that a cluster's node takes.

What is below Tunewright's own code is an archive by itself, as large as it is seldom a new one; a node that
has it needs of the image only the last layer. So a change of the code is in a cluster in seconds.
"""

import tarfile
import time
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cluster.images import targets
from tests.cluster.images.storage import Storage
from tests.cluster.machine import places

_KEPT = 3600.0
"""Seconds for which an archive outlives its successor: somebody else may be about to load it."""


def directory() -> Path:
    """Where archives are kept."""
    return places.cache() / "archives"


def make(target: str, storage: Storage, out: Path) -> list[Path]:
    """Build a target, and answer its archives in `out`, in the order in which they must be loaded.

    One that is there already is taken as it is. Layers are not compressed: here that would only cost time.

    Raises:
        BuildError: it cannot be built.
        Unavailable: there is no base image, and none can be made here.
    """
    out.mkdir(parents=True, exist_ok=True)
    with places.locked(f"image-{target}"):
        before = storage.identity(targets.NAMES[target])
        name = targets.build(target, storage)
        layers = storage.layers(name)
        if target == "shell":
            return [_whole(target, name, layers, storage, out)]
        dependencies = f"{target}-dependencies"
        below = out / _file(dependencies, layers[:-1])
        if not below.exists():
            bottom = targets.build_dependencies(target, storage)
            _whole(dependencies, bottom, storage.layers(bottom), storage, out)
        if before not in (None, storage.identity(name)):
            storage.forget(before)
        return [below, _top(target, name, layers, below, storage, out)]


def _whole(stem: str, name: str, layers: list[str], storage: Storage, out: Path) -> Path:
    archive = out / _file(stem, layers)
    if not archive.exists():
        partial = archive.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        storage.run("push", name, f"docker-archive:{partial}:{name}")
        _replace(stem, partial, archive)
    return archive


def _top(target: str, name: str, layers: list[str], below: Path, storage: Storage, out: Path) -> Path:
    """An archive without the layers that are in `below`."""
    archive = out / _file(target, [*layers, storage.identity(name) or ""])
    if archive.exists():
        return archive
    with TemporaryDirectory(dir=out) as temporary:
        layout = Path(temporary)
        blobs = layout / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        # Buildah leaves a layer alone that it finds in its place: an empty file of the same size will do.
        present = _sizes(below)
        for digest, size in present.items():
            with (blobs / digest).open("wb") as placeholder:
                placeholder.truncate(size)
        storage.run("push", name, f"oci:{layout}:{name}")
        partial = archive.with_suffix(".partial")
        with tarfile.open(partial, "w") as whole:
            for file in sorted(layout.rglob("*")):
                if file.is_file() and file.name not in present:
                    whole.add(file, file.relative_to(layout))
    _replace(target, partial, archive)
    return archive


def _sizes(archive: Path) -> dict[str, int]:
    """The layers in an archive that buildah wrote: the digest of each, and its bytes."""
    with tarfile.open(archive) as whole:
        entries = [(Path(entry.name), entry.size) for entry in whole if entry.isfile()]
    return {path.stem: size for path, size in entries if path.suffix == ".tar"}


def _replace(stem: str, partial: Path, archive: Path) -> None:
    partial.rename(archive)
    for older in archive.parent.glob(f"{stem}-{'?' * 12}.tar"):
        if older.stat().st_mtime < time.time() - _KEPT:
            older.unlink()


def _file(stem: str, content: list[str]) -> str:
    return f"{stem}-{blake2b(' '.join(content).encode(), digest_size=6).hexdigest()}.tar"
