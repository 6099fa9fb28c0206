"""The chart as the real helm renders it."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from tests.cluster.machine import binaries, places

CHARTS = Path(__file__).parents[3] / "charts"
Object = dict[str, Any]


class NoHelmError(Exception):
    """There is no helm here; the message is one line that says how to get one."""


class RefusedError(Exception):
    """helm refused the chart or its values; the message is its own."""


def find_helm() -> Path:
    """The helm that a cluster was built with, or the one on the PATH; none is built.

    Raises:
        NoHelmError: there is neither.
    """
    built = sorted(places.cache().glob(f"*helm-{binaries.HELM}_*/bin/helm"))
    on_path = shutil.which("helm")
    if built:
        return built[0]
    if on_path is None:
        raise NoHelmError("no helm: put one on the PATH, or run `make cluster` once, which builds one")
    return Path(on_path)


class Chart:
    """The chart `tunewright`, rendered for the version of Kubernetes that the tests' clusters have."""

    def __init__(self, helm: Path) -> None:
        self._helm = helm
        self._rendered: dict[str, str] = {}

    def text(
        self,
        values: Mapping[str, Any] | None = None,
        *flags: str,
        release: str = "tunewright",
        namespace: str = "tunewright",
    ) -> str:
        """What `helm template` prints.

        Raises:
            RefusedError: by the chart's schema, or by the chart.
        """
        version = f"--kube-version={binaries.KUBERNETES}"
        return self._run(
            ["template", release, str(CHARTS / "tunewright"), f"--namespace={namespace}", version, *flags],
            values or {},
        )

    def objects(
        self,
        values: Mapping[str, Any] | None = None,
        *flags: str,
        release: str = "tunewright",
        namespace: str = "tunewright",
    ) -> "Objects":
        """The same, parsed."""
        return Objects(self.text(values, *flags, release=release, namespace=namespace))

    def lint(self, values: Mapping[str, Any]) -> str:
        version = f"--kube-version={binaries.KUBERNETES}"
        return self._run(["lint", "--strict", str(CHARTS / "tunewright"), version], values)

    def _run(self, arguments: list[str], values: Mapping[str, Any]) -> str:
        key = json.dumps([arguments, values])
        if key not in self._rendered:
            self._rendered[key] = self._fresh(arguments, values)
        return self._rendered[key]

    def _fresh(self, arguments: list[str], values: Mapping[str, Any]) -> str:
        with tempfile.TemporaryDirectory() as home:
            own = {f"HELM_{kind}_HOME": f"{home}/{kind}" for kind in ("CACHE", "CONFIG", "DATA")}
            done = subprocess.run(
                [str(self._helm), *arguments, "--values=-"],
                input=yaml.safe_dump(dict(values)),
                env={"HOME": home, **own},
                capture_output=True,
                text=True,
            )
        if done.returncode != 0:
            raise RefusedError(f"{done.stdout}{done.stderr}")
        return done.stdout


class Objects(list[Object]):
    """The Kubernetes objects of a text."""

    def __init__(self, text: str) -> None:
        super().__init__(document for document in yaml.safe_load_all(text) if document)

    def of(self, kind: str) -> list[Object]:
        return [found for found in self if found["kind"] == kind]

    def one(self, kind: str, name: str | None = None) -> Object:
        """The only one of a kind, or of a kind and a name."""
        [found] = [each for each in self.of(kind) if name in (None, each["metadata"]["name"])]
        return found

    def kinds(self) -> set[str]:
        return {found["kind"] for found in self}
