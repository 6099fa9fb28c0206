"""A program in a container of an image, as confined as in a pod of the restricted Pod Security Standard."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from tests.cluster.images.storage import Storage


class Container:
    """The root file system is read-only, with an empty /tmp in memory; there is no right and no network."""

    def __init__(self, root: Path, configuration: Mapping[str, Any]) -> None:
        self._root = root
        self._configuration = configuration

    def run(
        self,
        *arguments: str,
        entrypoint: Sequence[str] | None = None,
        variables: Mapping[str, str] | None = None,
        files: Mapping[str, Path] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run the image's entrypoint, or another; `files` are writable, each at its path in the container."""
        with TemporaryDirectory() as bundle:
            command = [*(self._configuration["Entrypoint"] if entrypoint is None else entrypoint), *arguments]
            specification = self._specification(command, variables or {}, files or {})
            Path(bundle, "config.json").write_text(json.dumps(specification))
            name = f"tunewright-{uuid4().hex}"
            return subprocess.run(
                ["runc", "--root", f"{bundle}/runc", "run", "--bundle", bundle, name],
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
            )

    def _specification(
        self, command: Sequence[str], variables: Mapping[str, str], files: Mapping[str, Path]
    ) -> dict[str, Any]:
        user, group = map(int, self._configuration["User"].split(":"))
        with TemporaryDirectory() as directory:
            subprocess.run(["runc", "spec"], cwd=directory, check=True)
            specification: dict[str, Any] = json.loads(Path(directory, "config.json").read_text())
        specification["root"] = {"path": str(self._root), "readonly": True}
        specification["process"] |= {
            "terminal": False,
            "user": {"uid": user, "gid": group},
            "args": list(command),
            "env": [*self._configuration["Env"], *(f"{name}={value}" for name, value in variables.items())],
            "cwd": "/",
            "capabilities": {},
            "noNewPrivileges": True,
        }
        specification["mounts"] += [
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]},
            *(
                {"destination": inside, "type": "bind", "source": str(outside), "options": ["bind", "rw"]}
                for inside, outside in files.items()
            ),
        ]
        return specification


@contextmanager
def container_of(image: str, storage: Storage) -> Iterator[Container]:
    working = storage.run("from", "--pull-never", image)
    try:
        yield Container(Path(storage.run("mount", working)), storage.inspect(image)["config"])
    finally:
        storage.run("rm", working)
