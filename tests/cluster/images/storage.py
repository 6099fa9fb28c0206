"""Buildah with a store of its own: nothing that another user of this machine built is seen or touched."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.cluster.machine import packages, places
from tests.cluster.machine.errors import Unavailable


class BuildError(Exception):
    """Buildah said no: what it was to do, and its last line."""


class Storage:
    """Images and cached layers in `directory`, which may be deleted when nothing is being built."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def open(cls) -> "Storage":
        """The one that all clusters on this machine share.

        Raises:
            Unavailable: images cannot be built here.
        """
        if os.geteuid() != 0:
            raise Unavailable("images are built by root only")
        packages.ensure({"buildah": "buildah", "mmdebstrap": "mmdebstrap"})
        return cls(places.cache() / "images")

    def run(self, *arguments: str, show: bool = False) -> str:
        """The standard output of one buildah command; `show` sends it to standard error as it comes.

        Raises:
            BuildError: it failed.
        """
        temporary = self.directory / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [*self._command, *arguments],
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=sys.stderr if show else subprocess.PIPE,
            stderr=None if show else subprocess.PIPE,
            text=True,
        )
        if done.returncode != 0:
            why = "see above" if show else (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise BuildError(f"buildah {' '.join(arguments)}: {why}")
        return "" if show else done.stdout.strip()

    def identity(self, image: str) -> str | None:
        """The digest of the image's configuration, without its algorithm; None if there is no such image."""
        found: list[dict[str, Any]] = json.loads(self.run("images", "--json") or "[]")
        return next((each["id"] for each in found if image in (each.get("names") or [])), None)

    def forget(self, image: str) -> None:
        """Remove an image that has lost its name, with what below it no other image is made of.

        It stays if a container is made of it.
        """
        with suppress(BuildError):
            self.run("rmi", image)

    def layers(self, image: str) -> list[str]:
        """The digests of its layers, the base's first."""
        layers: list[str] = self.inspect(image)["rootfs"]["diff_ids"]
        return layers

    def inspect(self, image: str) -> dict[str, Any]:
        """The image's configuration, as the OCI image specification has it."""
        configuration: dict[str, Any] = json.loads(self.run("inspect", "--type", "image", image))["OCIv1"]
        return configuration

    @cached_property
    def _command(self) -> list[str]:
        roots = ["--root", str(self.directory / "storage"), "--runroot", str(self.directory / "run")]
        return ["buildah", *roots, "--storage-driver", "overlay"]
