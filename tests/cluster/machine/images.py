"""Images of a single static program, made without a builder."""

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path

from tests.cluster.machine.commands import run

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def of_program(name: str, program: Path, archive: Path) -> Path:
    """Write an image archive whose only file is `program`, run as the user 65534."""
    layer = tar({program.name: (program.read_bytes(), 0o755)})
    configuration = json.dumps(
        {
            "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "config": {"Entrypoint": [f"/{program.name}"], "User": "65534:65534"},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        }
    ).encode()
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    files = {"config.json": configuration, "layer.tar": layer, "manifest.json": json.dumps(manifest).encode()}
    archive.write_bytes(tar({file: (content, 0o644) for file, content in files.items()}))
    return archive


def compiled(source: str, to: Path) -> Path:
    """Compile a C program that needs no library at run time."""
    command = ["gcc", "-static", "-Os", "-s", "-x", "c", "-o", str(to), "-"]
    run(command, input=source)
    return to


def tar(files: dict[str, tuple[bytes, int]]) -> bytes:
    """The same files make the same bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()
